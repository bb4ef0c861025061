"""How work ends without results, other than by a mistake: it was interrupted, its engine was lost, all of it failed."""

from experiments.runner.engines import EngineLost


class Interrupted(Exception):
    """Ctrl-C: what ran was finished and kept; `command` resumes (empty if nothing was kept)."""

    def __init__(self, done: int, total: int, command: str, why: str = "interrupted") -> None:
        self.done, self.total, self.command, self.why = done, total, command, why
        super().__init__(f"{why} after {done} of {total} replications" + (f"; resume: {command}" if command else ""))


class BrokenOff(Interrupted):
    """The engine was lost, as `why` says: what had come back was kept; `command` resumes."""


class NothingRan(Exception):
    """Every replication failed: there is no number to show."""

    def __init__(self, total: int, error: str) -> None:
        super().__init__(f"all {total} replications failed, the first by {error}")


def ending(error: BaseException) -> str:
    """What a folder says of work that this ended: `interrupted` if only time was missing, else `failed`."""
    mistaken = isinstance(error, Exception) and not isinstance(error, Interrupted | EngineLost)
    return "failed" if mistaken else "interrupted"
