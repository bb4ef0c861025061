"""`kubenines verify`: simulates systems whose exact answers are known, and holds the estimates against them.

Every study builds a cluster and failures as a user would, and calls `simulate`. The standard errors come from the known
variance of each system, not from the sample, so a check cannot pass by being noisy.
"""

from experiments.verify.check import Check, Study, main, studies, verify

__all__ = ["Check", "Study", "main", "studies", "verify"]
