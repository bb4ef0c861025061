"""Finding what registers itself when its file is imported."""

import importlib
import pkgutil


def import_files(package: str) -> None:
    """Imports every file of a package, in the order of their names."""
    folder = importlib.import_module(package)
    for name in sorted(info.name for info in pkgutil.iter_modules(folder.__path__)):
        importlib.import_module(f"{package}.{name}")
