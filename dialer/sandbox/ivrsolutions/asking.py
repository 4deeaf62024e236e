"""One request for an operation that places no call of its own, and the table of such operations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from dialer.sandbox.accounts import Account
from dialer.sandbox.exchange import Exchange
from dialer.sandbox.ivrsolutions.settings import Settings, settings_of
from dialer.sandbox.ivrsolutions.state import State

Handler = Callable[["Ask"], web.Response | Awaitable[web.StreamResponse]]

#: Handlers and the fields they need, by method and path.
OPERATIONS: dict[tuple[str, str], tuple[Handler, tuple[str, ...]]] = {}


@dataclass(slots=True, kw_only=True)
class Ask:
    """A request whose token was right, with all its fields."""

    exchange: Exchange
    account: Account
    request: web.BaseRequest
    fields: dict[str, Any]

    @property
    def state(self) -> State:
        """Return what the dialect keeps of the account."""
        state: State = self.account.state
        return state

    @property
    def settings(self) -> Settings:
        """Return the account's settings."""
        return settings_of(self.account)

    def text(self, name: str, default: str = "") -> str:
        """Return a field as text."""
        return str(self.fields.get(name, default))


def operation(route: str, *required: str) -> Callable[[Handler], Handler]:
    """Return a decorator that registers a handler; ``route`` is ``METHOD /path``, ``required`` the fields it needs."""
    method, path = route.split(" ")

    def register(handler: Handler) -> Handler:
        OPERATIONS[method, path] = handler, required
        return handler

    return register
