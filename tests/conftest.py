"""What collecting all tests makes lives to the end: millions of objects that the garbage collector need not visit."""

import gc


def pytest_configure() -> None:
    gc.disable()


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.enable()
