"""How long servers and clients take to tell each other something.

Source: nomad client/client.go (allocSyncIntv), nomad/plan_apply.go and blocking queries; the sum of a placement is the
"less than a second" that operators see.
"""

EVALUATION = 0.25
"""Seconds from what wakes a job's evaluation to its plan (updates are batched for so long)."""
ASSIGNMENT = 0.25
"""Seconds from a plan to what the client does about it."""
ALLOC_SYNC = 0.2
"""Seconds from what becomes of an allocation on its client to the servers' knowing."""
HEALTH_POLL = 0.5
"""Seconds between two looks at the checks of an allocation that is to be healthy."""
CHECK_POLL = 1.0
"""Seconds between two looks at the checks of a task that check_restart may restart."""
