"""The command `kubenines`. The result goes to stdout, everything else to stderr.

Exit codes: 0 done and objectives met; 1 an objective missed, an error found by lint, or a way to break a Service
by attack; 2 bad input; 3 failed runs, a lost engine or an internal error; 4 inconclusive; 130 interrupted. Nothing
heavy is imported here: every command imports what it needs.
"""

import errno
import io
import os
import sys
from collections.abc import Sequence

import click

from experiments.commands import COMMANDS
from experiments.commands.console import BAD_INPUT, FAILED, INTERRUPTED, say

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""Why something cannot be written: of a file its name is known, so without a name it is stdout."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("-v", "--verbose", is_flag=True, help="Show the traceback of an internal error.")
@click.version_option(package_name="kubenines", message="%(prog)s %(version)s")
def cli(verbose: bool) -> None:
    """How many nines will this application have on this cluster? Offline, with error bars."""
    if verbose:
        os.environ["KUBENINES_DEBUG"] = "1"


for command in COMMANDS:
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; never raises."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # None if closed: `>&-`
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # there are none; looking for them takes 30 ms
    try:
        code = cli.main(given, prog_name="kubenines", standalone_mode=False, obj=given)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        say(shown.getvalue())  # fitted to the terminal
        return BAD_INPUT
    except (click.Abort, KeyboardInterrupt):
        say("interrupted")
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):  # the reader of a pipe has enough (`show x | head`); rich exits then
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _explain_failure(error)


def _explain_failure(error: Exception) -> int:
    """One line for how work ended, for what is the user's to mend, or for what is ours."""
    from experiments.runner.endings import BrokenOff, Interrupted, NothingRan
    from experiments.runner.engines import EngineLost
    from models.input.problems import InputError, Refusal

    if isinstance(error, InputError):
        say(str(error))
        return BAD_INPUT
    if isinstance(error, Refusal):
        say(f"kubenines: {error}")
        return BAD_INPUT
    if isinstance(error, BrokenOff | EngineLost | NothingRan):
        say(f"kubenines: {error}")
        return FAILED
    if isinstance(error, Interrupted):
        say(str(error))
        return INTERRUPTED
    if isinstance(error, OSError) and error.filename is not None:
        say(f"kubenines: {error.filename}: {error.strerror}")
        return BAD_INPUT
    if isinstance(error, OSError) and error.errno in FULL:
        say(f"kubenines: stdout: {error.strerror}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python tries again at its end
        return BAD_INPUT
    if os.environ.get("KUBENINES_DEBUG"):
        import traceback

        traceback.print_exception(error)
    say(f"kubenines: internal error: {type(error).__name__}: {error} (KUBENINES_DEBUG=1 shows where)")
    return FAILED


if __name__ == "__main__":
    sys.exit(main())
