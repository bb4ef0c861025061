"""What is kept of replications made for rare outages: the columns of two tables."""

from experiments.metrics.column import Column, columns

EXCURSIONS = columns(
    Column("phase", str, "What the replication is for: scales, pilot, trial or main; only main counts."),
    Column(
        "begun", str, "From where: settled (nothing was under way), running, otherwise (no failure clock began it)."
    ),
    Column(
        "mode",
        str,
        "Failure mode that was made to strike, *2 if it takes 2 endpoints away, ! if that is an outage at once; empty "
        "if it began otherwise.",
    ),
    Column(
        "struck",
        str,
        "What struck in it, and in the sojourn after it, until the first outage, a comma between: how many endpoints "
        "answered, a colon, the failure mode, ! if it was an outage at once.",
    ),
    Column("layout", str, "How many endpoints each failure clock would take away when it began; empty if unknown."),
    Column("fatal", str, "Failure modes that would have been an outage at once when it began, a comma between."),
    Column("stands_for", float, "How many moments it stands for, of those that were looked at."),
    Column("multiplier", float, "What its weighted downtime, in seconds, counts for as a share of the window's time."),
    Column(
        "weight", float, "Likelihood ratio: how much less likely what happened was than as it was drawn: mostly tilted."
    ),
    Column("downtime_s", float, "Seconds without availability in it."),
    Column("outages", int, "Outages in it."),
    Column("lasted_s", float, "Seconds for which it lasted."),
    Column(
        "repair_s",
        float,
        "Seconds that the repair of what was made to strike took, as far as it was followed; 0 if there was none.",
    ),
    Column(
        "scale_s",
        float,
        "Seconds that it may be taken to last: time scale times failures; 0 if nothing was tilted.",
    ),
    Column("sojourn_layout", str, "The layout that it left behind, if a sojourn begins there."),
    Column("sojourn_s", float, "Seconds for which that lasted; 0 if there was none."),
    Column("sojourn_weight", float, "Likelihood ratio of what happened in it, and in the degraded period before."),
    Column("sojourn_downtime_s", float, "Seconds without availability in it."),
    Column("sojourn_outages", int, "Outages in it."),
    Column("transitions", int, "State changes that both took."),
)
"""Columns of `excursions`, beside policy, replication and Service: a row for each degraded period begun on purpose."""

RARE = columns(
    Column("phase", str, "What the replication is for: scales, pilot, trial or main; only main counts."),
    Column("unavailability", float, "Expected share of the window without availability, as this replication has it."),
    Column("outages_per_s", float, "Expected outages per second, as this replication has it."),
    Column("degraded", float, "Seconds out of sojourns at which not all endpoints answered, over the window's."),
    Column("degraded_begun", float, "The same by the weighted degraded periods; only chance tells them apart."),
    Column("missing", float, "Share of the replicas that was missing on average, as seen."),
    Column("replicas", float, "Replicas that answer when all is well; NaN if more or fewer were desired at times."),
    Column("needed", float, "So many of them have to answer for the Service to be available; NaN likewise."),
    Column("looks", int, "Moments that were looked at."),
    Column("full", int, "Of these, those at which all endpoints answered."),
    Column("running", int, "Of these again, those at which something was under way."),
    Column("otherwise", int, "Degraded periods that began otherwise than by a failure clock."),
    Column("transitions", int, "State changes of the run itself, without the degraded periods begun on purpose."),
)
"""Columns of `rare`, beside policy, replication and Service: a row for each replication made for rare outages."""
