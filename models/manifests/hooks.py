"""Lifecycle hooks of containers: how long they take, as far as the manifest tells.

A sleep tells, wherever it stands in a command or a shell line; what else such a line does is taken to be quick. Loops
and conditions tell nothing, nor do requests and other programs.
"""

import math
import re
import shlex
from collections.abc import Iterator, Mapping

from models.manifests.manifest import Field

_SHELLS = {"sh", "bash", "dash", "ash", "zsh", "ksh"}
_BEFORE = {"exec", "time", "command", "nohup", "env", "sudo", "busybox"}
"""Words that run the command behind them."""
_UNTOLD = {"while", "until", "for", "if", "case", "function", "select"}
"""Words after which nobody knows how often a command is run."""
_OPENING = {"{", "(", "!", "then", "do", "else"}
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)(?::?-([^}$]*))?\}|([A-Za-z_][A-Za-z0-9_]*))")
_REDIRECTION = re.compile(r"[0-9]*[<>]&[0-9-]+|&>+")
"""An ampersand that puts nothing into the background."""
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([smhd]?)")
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def hook(field: Field, grace_period: float, variables: Mapping[str, str]) -> float | None:
    """Seconds that a hook takes; 0 without one, None if the manifest does not tell. `variables` are the container's."""
    sleep = field["sleep"]
    if sleep.present:
        seconds = sleep["seconds"].integer(0)
        if seconds > grace_period:
            sleep["seconds"].problem(
                f"must be non-negative and less than terminationGracePeriodSeconds ({grace_period:g}) (got {seconds})"
            )
        return float(seconds)
    if field["exec"].present:
        return seconds_slept(list(field["exec"]["command"].texts()), variables)
    for handler in ("httpGet", "tcpSocket"):
        if field[handler].present:
            field[handler].read_all()
            return None
    return 0.0


def withdraw(field: Field) -> None:
    """Nobody says how long the hook takes: what is written of it decides nothing."""
    for handler in ("exec", "httpGet", "tcpSocket"):
        field[handler].withdraw()


def seconds_slept(words: list[str], variables: Mapping[str, str]) -> float | None:
    """How long a command sleeps in all; None if it is not seen to sleep."""
    while words and (_program(words) in _BEFORE or words[0] in _OPENING or _ASSIGNMENT.fullmatch(words[0])):
        words = words[1:]
    if not words:
        return None
    program = _program(words)
    if program == "sleep":
        return _total(words[1:], variables)
    if program == "timeout" and len(words) > 2:
        limit, seconds = _total(words[1:2], variables), seconds_slept(words[2:], variables)
        return None if limit is None or seconds is None else min(limit, seconds)
    if len(words) == 1 and " " in words[0]:
        return seconds_slept(words[0].split(), variables)
    line = _shell_line(words) if program in _SHELLS else None
    return None if line is None else _seconds_of_line(line, variables)


def _program(words: list[str]) -> str:
    return words[0].rpartition("/")[2]


def _shell_line(words: list[str]) -> str | None:
    """What stands behind -c."""
    for i, word in enumerate(words[1:-1], start=1):
        if re.fullmatch(r"-[a-z]*c[a-z]*", word):
            return words[i + 1]
    return None


def _seconds_of_line(line: str, variables: Mapping[str, str]) -> float | None:
    """How long the line sleeps; what it puts into the background counts from there to a `wait`."""
    try:
        commands = list(_commands(line))
    except ValueError:  # a quotation that does not end
        return None
    now, slept = 0.0, False
    background: list[float] = []
    for words, in_background in commands:
        if any(word in _UNTOLD for word in words[:2]):
            return None
        if words[0] == "wait":
            awaited = background[-1:] if "$!" in words else background
            now, slept = max([now, *awaited]), slept or bool(awaited)
            continue
        seconds = seconds_slept(words, variables)
        if seconds is None:
            continue
        if in_background:
            background.append(now + seconds)
        else:
            now, slept = now + seconds, True
    return now if slept else None


def _commands(line: str) -> Iterator[tuple[list[str], bool]]:
    """(words, whether it is put into the background) of each simple command."""
    lines = [text for text in line.replace("\\\n", " ").splitlines() if not text.lstrip().startswith("#")]
    lexer = shlex.shlex(_REDIRECTION.sub(" >", " ; ".join(lines)), posix=True, punctuation_chars=";&|()")
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    for token in lexer:
        if token and set(token) <= set(";&|()"):
            if words:
                yield words, token == "&"
            words = []
        else:
            words.append(token)
    if words:
        yield words, False


def _total(arguments: list[str], variables: Mapping[str, str]) -> float | None:
    """The durations of a sleep, which add up."""
    total = 0.0
    for written in arguments:
        if written.startswith(("#", "}", "2>", ">")):
            break
        argument = _VARIABLE.sub(lambda found: variables.get(found[1] or found[3], found[2] or ""), written)
        duration = _DURATION.fullmatch(argument)
        if duration is None:
            return math.inf if argument in ("inf", "infinity") else None
        total += float(duration[1]) * _UNITS[duration[2]]
    return total if arguments else None
