"""Compiled functions where numba is installed (the extra `fast`), the same functions in plain Python elsewhere.

numba is imported when something is first compiled. Its cache lies in `__pycache__` beside the source as Python's own
does, or in the user's cache directory where that cannot be written; where neither can be, nothing is cached.
The cache of a function is renewed when its own file changes, not when a file does from which it calls something: after
such a change delete `simulator/traffic/__pycache__`.
"""

import functools
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


@functools.cache
def numba() -> ModuleType | None:
    """The compiler, or None if it is not installed."""
    try:
        import numba
    except ImportError:
        return None
    return numba


def compiled(
    function: F,
    signature: Any,
    frequent: Sequence[Callable[..., Any]] = (),
    rare: Sequence[Callable[..., Any]] = (),
) -> F:
    """`function` as machine code for arguments of these types, with what it calls, frequently (inlined) or rarely.

    It must not make arrays.

    Floating point keeps to IEEE 754, so that compiled and plain Python give the same bytes.
    """
    compiler = numba()
    if compiler is None:
        return function
    from numba.extending import register_jitable

    for helper in frequent:
        register_jitable(forceinline=True)(helper)
    for helper in rare:
        register_jitable(helper)
    # Without numba's run-time there is no counting of references, which would take four fifths of the time; nothing is
    # allocated, so nothing needs to be counted.
    options = {"_nrt": False}
    try:
        result: F = compiler.njit(signature, cache=True, **options)(function)
    except RuntimeError as error:
        if "cannot cache" not in str(error):
            raise
        result = compiler.njit(signature, **options)(function)
    return result
