"""Backtests: laws fitted to one half of a log of outages foretell the other half, and are scored by what happened.

An interval from one law with fixed parameters, each node renewed independently, is too narrow on real logs. What the
forecast adds, and where:

- few failures say little of the law: it is fitted anew to resampled nodes (`bootstrap`), chosen anew each time;
- nodes differ: each has a rate of its own, gamma-distributed, learnt from its own outages (`unequal_nodes`);
- fleets change, and outages come together: the rate of all nodes, and the length of repairs, follow levels that wander
  from one stretch of time to the next and scatter within, by as much as the first half shows (`levels`);
- the rest is the luck of the second half, simulated with all of these (`second_half`).
"""
