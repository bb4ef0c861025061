"""What made each outage."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from experiments.attribution.losses import Loss, mode_of


def main_causes(losses: Iterable[Loss], outages: int, strikes: Mapping[str, int]) -> list[str]:
    """The failure mode or operation that most seconds of each outage are due to: a name for each of `outages` outages.

    Empty if nothing broke. Of causes that share alike, the one that struck most often: so rarer causes keep those
    outages that they made on their own.
    """
    seconds: list[defaultdict[str, float]] = [defaultdict(float) for _ in range(outages)]
    for loss in losses:
        seconds[loss.outage][mode_of(loss.cause)] += loss.seconds
    return [_most(found, strikes) for found in seconds]


def _most(seconds: Mapping[str, float], strikes: Mapping[str, int]) -> str:
    most = max(seconds.values()) * (1 - 1e-9)
    return min((-strikes.get(cause, 0), cause) for cause, lost in seconds.items() if lost >= most)[1]
