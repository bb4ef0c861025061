"""Functions of numbers and arrays as machine code, by numba.

It is imported when something is first compiled; with NUMBA_DISABLE_JIT=1 the same functions run as plain Python and
give the same bytes, a hundred times slower. What was compiled is kept in the user's cache directory, by a digest
of these sources: nothing is written beside them, and no change of them is missed. Where that directory cannot be
written, every process compiles for itself.
"""

import functools
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from simulator.traffic.balancing import Choose, Pick
from simulator.traffic.keys import draw
from simulator.traffic.requests import allocation, loop

F = TypeVar("F", bound=Callable[..., Any])


@functools.cache
def serving() -> Callable[..., int]:
    """`loop.serve`, compiled once a process."""
    import numba

    whole, real = numba.int64, numba.float64
    choice = numba.types.FunctionType(_choice_signature())
    signature = whole(choice, *(numba.typeof(part) for part in allocation.smallest()), real, whole, whole)
    return _compiled(loop.serve, signature, loop.FREQUENT, loop.RARE)


@functools.cache
def choosing(choose: Choose) -> Choose:
    """The choice of a policy, compiled once a process."""
    return _compiled(choose, _choice_signature(), (draw,))


def _choice_signature() -> Any:
    import numba

    wholes, reals = np.zeros(1, np.int64), np.zeros(1)
    return numba.int64(numba.typeof(Pick(wholes, 1, wholes, reals, reals, wholes, reals, 0.0, 0, 0)))


def _compiled(
    function: F,
    signature: Any,
    frequent: Sequence[Callable[..., Any]] = (),
    rare: Sequence[Callable[..., Any]] = (),
) -> F:
    """`function` as machine code for arguments of these types, with what it calls, frequently (inlined) or rarely.

    It must not make arrays. Floating point keeps to IEEE 754, so that compiled and plain Python give the same bytes.
    """
    import numba
    from numba.extending import register_jitable

    for helper in frequent:
        register_jitable(forceinline=True)(helper)
    for helper in rare:
        register_jitable(helper)
    with _cached() as cached:
        try:
            # Without numba's run-time there is no counting of references, which would take four fifths of the time;
            # nothing is allocated, so nothing needs to be counted. It is an option that numba does not promise to keep.
            result: F = numba.njit(signature, cache=cached, _nrt=False)(function)
        except (KeyError, TypeError):
            result = numba.njit(signature, cache=cached)(function)
    return result


@contextmanager
def _cached() -> Iterator[bool]:
    """While this lasts, the compiler keeps its results in a directory of ours, if there can be one."""
    import numba

    before = numba.config.CACHE_DIR
    home = before or os.path.join(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "kubenines")
    folder = Path(home, f"traffic-{_digest()}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        yield False
        return
    numba.config.CACHE_DIR = str(folder)
    try:
        yield os.access(folder, os.W_OK)
    finally:
        numba.config.CACHE_DIR = before


@functools.cache
def _digest() -> str:
    """A digest of the sources that are compiled, and of all around them."""
    here = Path(__file__).parents[1]
    found = hashlib.sha256()
    for path in sorted(here.rglob("*.py")):
        found.update(path.relative_to(here).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:16]
