"""Who acts at this moment, in this thread: said once, where a request, a command or a job begins.

What writes an entry is often far below: in the transaction that pauses a campaign, or changes a row. Handed down as an
argument, who acts would pass through every function of the project between.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

ADMIN, REST, COMMAND, JOB, DIALER = "ADMIN", "REST", "COMMAND", "JOB", "DIALER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: a user by name, with the API key that he used, a command or a job; nobody: the dialer itself."""

    by: str
    face: str
    key: str = ""


THE_DIALER = Actor(by="", face=DIALER)


class Acting:
    """A request, command or job under way; ``is_told``: its entry is written, or it is known that none is needed."""

    def __init__(self, who: Callable[[], Actor]) -> None:
        self._who = who
        self.is_told = False

    @property
    def actor(self) -> Actor:
        """Who acts; asked when it matters, as the user of a request is known late."""
        return self._who()


_current: ContextVar[Acting | None] = ContextVar("acting", default=None)


def current() -> Acting | None:
    """Return what is under way here; None: the dialer acts by itself."""
    return _current.get()


@contextmanager
def acting(who: Actor | Callable[[], Actor]) -> Iterator[Acting]:
    """Have everything that is recorded inside be done by ``who``."""
    now = Acting(who if callable(who) else lambda: who)
    token = _current.set(now)
    try:
        yield now
    finally:
        _current.reset(token)


def command_actor() -> Actor:
    """Return who runs a command: the user of the operating system, or its number where it has no name."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = f"uid {os.getuid()}"
    return Actor(by=name, face=COMMAND)


class NamesWhoActs:
    """Middleware: what is recorded while a request is answered was done by its user, or, of a push, by the dialer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Hand the request on."""
        with acting(lambda: actor_of(request)):
            return self._get_response(request)


def actor_of(request: Any) -> Actor:
    """Return who asks, by a page or over REST."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return THE_DIALER
    key = getattr(request, "auth", None)
    face = REST if request.path.startswith("/api/") else ADMIN
    return Actor(by=user.get_username(), face=face, key="" if key is None else str(key)[:120])
