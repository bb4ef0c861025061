"""The scheduler: which node each pod goes to, as kube-scheduler decides it.

`scheduler` is the loop, `queue` what waits, `framework` what a plugin is, `choosing` how filters and scores make a
choice, `cache` and `counts` what need not be worked out anew, `preemption` and `snapshot` what would be if pods were
not there; `views` is what plugins may see.
"""
