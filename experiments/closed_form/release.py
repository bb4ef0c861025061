"""What bad releases cost: the law that holds for every strategy."""


def bad_release_loss(probability: float, exposed: float, detection: float, rollback: float) -> float:
    """Expected loss of a release, in seconds of the whole Service; any laws, their means are enough.

    `exposed`: the share that a bad one takes while it is there (of the replicas, or of the requests); `detection` and
    `rollback`: mean seconds from the release to its being noticed, and from then until the old one serves again.
    """
    return probability * exposed * (detection + rollback)


def bad_release_variance(
    probability: float, exposed: float, mean: float, variance: float, others: float = 0.0, others_variance: float = 0.0
) -> float:
    """Variance of that loss in seconds squared, if a bad one is there for a time of this mean and variance.

    `others`, `others_variance`: mean and variance of what a good one costs.
    """
    bad, good = exposed * mean, others
    mixed = probability * (exposed**2 * variance + bad**2) + (1 - probability) * (others_variance + good**2)
    return mixed - (probability * bad + (1 - probability) * good) ** 2


def alert_delay(exposed: float, objective: float, burn_rate: float, window: float) -> float:
    """Seconds of this share of errors until a burn-rate alert fires, if nothing was lost before; infinity if never.

    Source: Site Reliability Workbook, chapter 5: (1 - objective) / error share x window x burn rate.
    """
    limit = burn_rate * (1 - objective)
    return limit * window / exposed if exposed > limit else float("inf")
