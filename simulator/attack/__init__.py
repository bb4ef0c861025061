"""Attacks: failures and operations that strike when and where they are told to, each in a simulation of its own.

The control plane, the stories of failures and of operations are those of any run; only when and what they strike is not
left to chance. A failure clock never fires by itself and is forced; an operation is begun at one subject.
"""
