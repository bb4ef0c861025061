"""Windowed availability: the worst availability in any window of a given length."""

import numpy as np

from models.arrays import Floats


def worst_window(outages: Floats, period: float, windows: Floats) -> Floats:
    """Least share of availability over all windows of a length within [0, period], exactly, for each of `windows`.

    `outages`: shape (n, 2), start and end in seconds, in order and apart. Between breakpoints the lost time is linear
    in the window's start, so the minimum is at a start s with s or s + window a breakpoint (Hauer et al., NSDI 2020).
    """
    if windows.min() <= 0 or windows.max() > period:
        raise ValueError(f"a window must be positive and no longer than the period of {period:g} s (got {windows})")
    after = np.cumsum(outages[:, 1] - outages[:, 0])
    before = after - (outages[:, 1] - outages[:, 0])
    edges = np.concatenate(([0.0], outages.ravel(), [period]))
    lost = np.concatenate(([0.0], np.column_stack((before, after)).ravel(), after[-1:] if len(outages) else [0.0]))
    lengths = windows[:, np.newaxis]
    starts = np.concatenate((np.broadcast_to(edges, (len(windows), len(edges))), edges - lengths), axis=1)
    starts = np.clip(starts, 0.0, period - lengths)
    most = (np.interp(starts + lengths, edges, lost) - np.interp(starts, edges, lost)).max(axis=1)
    worst: Floats = 1.0 - most / windows
    return worst


def mean_in_windows(outages: Floats, period: float, windows: int) -> Floats:
    """Share of availability in each of `windows` equal, adjoining windows of [0, period]."""
    edges = np.linspace(0.0, period, windows + 1)
    if len(outages) == 0:
        return np.ones(windows)
    overlap = np.minimum(outages[:, 1:], edges[1:]) - np.maximum(outages[:, :1], edges[:-1])
    lost: Floats = np.maximum(overlap, 0.0).sum(axis=0)
    return 1.0 - lost / (period / windows)
