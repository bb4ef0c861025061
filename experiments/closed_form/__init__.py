"""Exact answers, for checking the simulator and for whatever part of a question needs no simulation.

Pure functions of numbers: times in seconds, a year is 365 days, probabilities in [0, 1]. `mttf` is a mean time to
failure, `mttr` a mean time to repair. Where a formula holds for any law with these means, the docstring says so; else
"exponential" or "fixed" is part of the statement. Small probabilities are summed from positive terms, never as 1 - x.
"""

from experiments.closed_form.chains import (
    Chain,
    units_down,
)
from experiments.closed_form.configuration import (
    bad_rollout_loss,
    certificate_unavailability,
    certificate_variance_rate,
    hot_outage_variance,
    mean_hot_outage,
    mean_sync,
    sync_variance,
)
from experiments.closed_form.job import (
    job_failure,
    job_lateness,
    waits,
)
from experiments.closed_form.k_of_n import (
    fewer_than,
    k_of_n_mean_outage,
    k_of_n_outages_per_year,
    k_of_n_unavailability,
    k_of_n_unavailability_with_crews,
    mean_regeneration_cycle,
    mean_time_to_first_outage,
    probability_of_an_outage,
)
from experiments.closed_form.layouts import (
    any_down,
    common_cause_unavailability,
    mean_capacity,
    packed_unavailability,
    spread_unavailability,
    zones_unavailability,
)
from experiments.closed_form.node_provisioning import (
    batch_length,
    cluster_autoscaler_wait,
    karpenter_wait,
    reclaimed_drained,
    reclaimed_shut_down,
    reclaimed_unheard,
)
from experiments.closed_form.pod_on_node import (
    mean_downtime_of_a_node_outage,
    mean_reaction_time,
    mean_time_to_eviction,
    mean_time_to_eviction_before_taints,
    pod_on_node_unavailability,
    pod_on_node_unavailability_fixed_restart,
    reaction_time_variance,
)
from experiments.closed_form.quota import retries, wait_for_room
from experiments.closed_form.rollout import (
    mean_rollout_duration,
    mean_rollout_loss,
    rollout_duration,
    rollout_duration_variance,
    rollout_loss,
    rollout_loss_variance,
)
from experiments.closed_form.units import (
    downtime_variance_rate,
    interval_unavailability,
    lognormal_mean,
    lognormal_variance,
    outages_per_year,
    point_unavailability,
    replica_unavailability,
    unavailability,
    weibull_variance,
)
from experiments.closed_form.volumes import (
    dependent_unavailability,
    mean_downtime_until_force_detach,
    mean_downtime_until_out_of_service,
    mean_downtime_until_return,
)
from experiments.closed_form.windows import (
    crash_loop_downtime,
    error_budget,
    worst_window_of_one_outage,
    worst_window_of_periodic_outages,
)
from experiments.closed_form.yearly_downtime import (
    downtime_deviation,
    downtime_quantile,
    mean_downtime,
    probability_downtime_above,
    probability_downtime_at_most,
    probability_downtime_at_most_fixed_repair,
    probability_of_no_downtime,
)
from models.units import YEAR

__all__ = [
    "YEAR",
    "Chain",
    "any_down",
    "bad_rollout_loss",
    "batch_length",
    "certificate_unavailability",
    "certificate_variance_rate",
    "cluster_autoscaler_wait",
    "common_cause_unavailability",
    "crash_loop_downtime",
    "dependent_unavailability",
    "downtime_deviation",
    "downtime_quantile",
    "downtime_variance_rate",
    "error_budget",
    "fewer_than",
    "hot_outage_variance",
    "interval_unavailability",
    "job_failure",
    "job_lateness",
    "k_of_n_mean_outage",
    "k_of_n_outages_per_year",
    "k_of_n_unavailability",
    "k_of_n_unavailability_with_crews",
    "karpenter_wait",
    "lognormal_mean",
    "lognormal_variance",
    "mean_capacity",
    "mean_downtime",
    "mean_downtime_of_a_node_outage",
    "mean_downtime_until_force_detach",
    "mean_downtime_until_out_of_service",
    "mean_downtime_until_return",
    "mean_hot_outage",
    "mean_reaction_time",
    "mean_regeneration_cycle",
    "mean_rollout_duration",
    "mean_rollout_loss",
    "mean_sync",
    "mean_time_to_eviction",
    "mean_time_to_eviction_before_taints",
    "mean_time_to_first_outage",
    "outages_per_year",
    "packed_unavailability",
    "pod_on_node_unavailability",
    "pod_on_node_unavailability_fixed_restart",
    "point_unavailability",
    "probability_downtime_above",
    "probability_downtime_at_most",
    "probability_downtime_at_most_fixed_repair",
    "probability_of_an_outage",
    "probability_of_no_downtime",
    "reaction_time_variance",
    "reclaimed_drained",
    "reclaimed_shut_down",
    "reclaimed_unheard",
    "replica_unavailability",
    "retries",
    "rollout_duration",
    "rollout_duration_variance",
    "rollout_loss",
    "rollout_loss_variance",
    "spread_unavailability",
    "sync_variance",
    "unavailability",
    "units_down",
    "wait_for_room",
    "waits",
    "weibull_variance",
    "worst_window_of_one_outage",
    "worst_window_of_periodic_outages",
    "zones_unavailability",
]
