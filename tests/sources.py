"""What source files import, read without importing them."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("models", "simulator", "experiments")
"""From the ground up: each may import those below it, and so may its tests."""


class Import(NamedTuple):
    name: str
    """Dotted, with the thing imported: "simulator.kernel.Story"."""
    when_loaded: bool
    """Imported when the module is: not inside a function, not for type checkers only."""


@functools.cache
def tree(path: str) -> ast.Module:
    """The syntax tree of a file, parsed once for all that ask."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


@functools.cache
def imports(path: str) -> tuple[Import, ...]:
    package = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__").split(".")
    return tuple(_imports(tree(path), package, True))


def _imports(tree: ast.AST, package: list[str], loaded: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(tree):
        match child:
            case ast.Import(names):
                yield from (Import(alias.name, loaded) for alias in names)
            case ast.ImportFrom(module, names, level):
                home = [*(package[:-level] if level else []), *([module] if module else [])]
                yield from (Import(".".join([*home, alias.name]), loaded) for alias in names)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                yield from _imports(child, package, False)
            case ast.If(test=ast.Name("TYPE_CHECKING")):
                yield from _imports(child, package, False)
            case _:
                yield from _imports(child, package, loaded)
