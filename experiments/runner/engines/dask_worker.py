"""What a Dask worker does for `DaskEngine`: it says how it differs from us, and works on chunks if it does not."""

import pickle
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from experiments.runner.engines.chunks import results
from experiments.runner.provenance import versions
from experiments.store.files import digest

_PACKAGES = ("models", "simulator", "experiments")
_ROOT = Path(__file__).resolve().parents[3]


class Unlike(Exception):
    """The worker would not compute what we would."""


@cache
def versions_and_code() -> dict[str, str]:
    """What results depend on beside what is sent: versions, and a checksum of our own code."""
    import distributed

    texts = (
        f"{path.relative_to(_ROOT).as_posix()}\n{path.read_text('utf-8')}"
        for package in _PACKAGES
        for path in sorted((_ROOT / package).rglob("*.py"))
    )
    return versions() | {"distributed": distributed.__version__, "code of kubenines": digest("\n".join(texts))}


def differences(wanted: Mapping[str, str], dask_worker: Any) -> str:
    """Why a worker would not compute what somebody of these `versions_and_code` would; empty if it would."""
    here = versions_and_code()
    wrong = [
        f"{name} {here.get(name, 'absent')} there, {wanted.get(name, 'absent')} here"
        for name in sorted(wanted.keys() | here.keys())
        if here.get(name) != wanted.get(name)
    ]
    if (threads := dask_worker.state.nthreads) != 1:
        wrong.append(f"{threads} threads, where each core needs a process: start it with --nthreads 1")
    return "; ".join(wrong)


def work(wanted: Mapping[str, str], sent: bytes) -> bytes:
    """What `chunks.results` returns, pickled, for its arguments, pickled. Raises `Unlike`, and nothing else."""
    from distributed import get_worker

    if wrong := differences(wanted, get_worker()):
        raise Unlike(wrong)
    try:
        function, specs = pickle.loads(sent)
        return pickle.dumps(results(function, specs))
    except Exception as error:  # something cannot be unpickled here, or not be pickled
        return pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))
