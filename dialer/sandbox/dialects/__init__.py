"""One module per provider: its API as its documents define it. The module's name is the slug of the provider."""

from __future__ import annotations

import importlib
import pkgutil

from dialer.sandbox.contract import Dialect


def load_dialects() -> dict[str, Dialect]:
    """Return every dialect by its slug; a module here without a class ``Api`` is an error."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    dialects: dict[str, Dialect] = {}
    for name in names:
        dialect: Dialect = importlib.import_module(f"{__name__}.{name}").Api()
        dialects[name] = dialect
    return dialects
