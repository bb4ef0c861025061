"""Of all tests: none of hypothesis' examples fails for the time that it takes.

What collecting them makes lives to the end: millions of objects that the garbage collector need not visit.
"""

import gc
from collections.abc import Generator

import pytest
from hypothesis import settings

settings.register_profile("untimed", settings.default, deadline=None)
settings.load_profile("untimed")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()
