"""That a result folder says `running` only while something runs there."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from experiments.runner import provenance
from experiments.runner.endings import ending
from experiments.store.folder import ResultFolder
from models.input.problems import Refusal


@contextmanager
def under_way(folder: ResultFolder | None) -> Iterator[None]:
    """While this lasts the manifest may say `running`; if an error ends it that nobody told of there, it says how.

    Only a process that is killed has no time for it. None: there is no folder, and so nothing to say.
    """
    try:
        yield
    except BaseException as error:
        if folder is not None:
            with suppress(OSError, Refusal):  # what is to be heard of is the error that ended it
                manifest = folder.manifest()
                if manifest is not None and manifest.status == "running":
                    folder.write_manifest(replace(manifest, status=ending(error), ended=provenance.now()))
        raise
