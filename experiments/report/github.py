"""Annotations of GitHub: what a step of a workflow prints so that its findings stand beside the lines of a change.

Source: docs.github.com, workflow commands for GitHub Actions.
"""

from typing import Literal

from models.input.problems import Location, printable

Command = Literal["error", "warning", "notice"]


def annotation(command: Command, location: Location, title: str, message: str) -> str:
    """The line that has a message shown at a place of a file."""
    properties = {"file": location.file, "line": location.line, "col": location.column, "title": title}
    told = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value)
    return f"::{command} {told}::{_escaped(printable(message))}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
