"""`kubenines verify`: simulates systems whose exact answers are known, and holds the estimates against them.

Every study builds a cluster and failures as a user would, and calls `simulate`. Wherever the variance of a system is
known, the standard errors come from it and not from the sample, so a check cannot pass by being noisy.
"""

from experiments.verify.check import Basis, Check, Study
from experiments.verify.suite import main, passed, studies, table, verdict, verify

__all__ = ["Basis", "Check", "Study", "main", "passed", "studies", "table", "verdict", "verify"]
