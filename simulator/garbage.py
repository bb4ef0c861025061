"""When the garbage collector stays away: from a simulation, for as long as it lives."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def left_alone() -> Iterator[None]:
    """No garbage is collected meanwhile, except by reference counts. Also a decorator.

    While a simulation lives, the collector would only walk over it, again and again. As a decorator it has the
    collector come when what the function made is gone for good: it is dropped at once, before it counts as old, and
    the old is hardly ever walked over.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
