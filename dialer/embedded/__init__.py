"""Real PostgreSQL and Valkey servers from wheels, and the project's processes, for use without any installation."""

from __future__ import annotations

from dialer.embedded.postgres import PostgresServer, ServerError
from dialer.embedded.processes import NotReadyError, Supervisor
from dialer.embedded.sharing import Services, services
from dialer.embedded.valkey import ValkeyServer

__all__ = ["NotReadyError", "PostgresServer", "ServerError", "Services", "Supervisor", "ValkeyServer", "services"]
