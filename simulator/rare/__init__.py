"""Rare outages: degraded periods begun on purpose, and followed under tilted failure clocks with their weights.

A Service is degraded while fewer of its endpoints answer than when all is well. Every outage lies in a degraded period,
and those are frequent; so what is rare is only what follows. Between degraded periods a clock that would begin one does
so at its hazard rate. Hence, exactly and for any law with a rate,

    E[downtime] = E[integral over the time in which all answer of sum over clocks i of h_i(t) Y_i(t)] + E[sum of Y],

h_i the rate of clock i at its age, Y_i(t) the expected downtime in the degraded period that begins if it fires at t,
and the last sum over degraded periods that begin otherwise (a rollout, a step of a burst). The Y are estimated by
following such a period under tilted clocks: measure-specific dynamic importance sampling (Goyal, Shahabuddin,
Heidelberger, Nicola, Glynn, IEEE Transactions on Computers 41(1), 1992), with the likelihood ratio of that period.
"""
