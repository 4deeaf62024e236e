"""Real PostgreSQL and Valkey servers from wheels, and the project's processes, for use without any installation."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dialer.embedded.postgres import PostgresServer, ServerError
    from dialer.embedded.processes import NotReadyError, Supervisor
    from dialer.embedded.sharing import Services, services
    from dialer.embedded.valkey import ValkeyServer

__all__ = ["NotReadyError", "PostgresServer", "ServerError", "Services", "Supervisor", "ValkeyServer", "services"]

#: Where each is, imported when it is asked for: the nursery and who waits beside a server need none of them.
_PLACES = {
    **dict.fromkeys(("PostgresServer", "ServerError"), "postgres"),
    **dict.fromkeys(("NotReadyError", "Supervisor"), "processes"),
    **dict.fromkeys(("Services", "services"), "sharing"),
    "ValkeyServer": "valkey",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(name)
    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
