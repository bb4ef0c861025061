"""`kubenines verify`: simulates systems whose exact answers are known, and holds the estimates against them.

Every study builds a cluster and failures as a user would, and calls `simulate`. Wherever the variance of a system is
known, the standard errors come from it and not from the sample, so a check cannot pass by being noisy.

Of the listed cases these are not simulated: too rare to be seen, or with answers of 0 or 1 (e1_2-2-2_k1, e1_2-2-2_k3,
e1_3-3_k1, e1_4-1-1_k1, h0, h1_99.9%, h1_99.95%, h2_99.9%, h6_99.9%, h6_99.95%); limits for infinitely many servers
(five of g9); breakdowns after which a queue goes on (f7); arithmetic (x6, x7, x8); what the simulator is given
(v_VLC_reaction, v_VLC_repair, v_VLC_recovery).
"""

from experiments.verify.check import QUICK, Basis, Check, Study
from experiments.verify.suite import main, passed, studies, table, verdict, verify

__all__ = ["QUICK", "Basis", "Check", "Study", "main", "passed", "studies", "table", "verdict", "verify"]
