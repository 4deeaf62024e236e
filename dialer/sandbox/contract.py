"""What a dialect has to bring: reading requests, wording replies and pushes. The simulation does the rest."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from aiohttp import web
from yarl import URL

from dialer.sandbox.accounts import Account
from dialer.sandbox.behaviours import Phase
from dialer.sandbox.calls import Call
from dialer.sandbox.exchange import Exchange
from dialer.sandbox.plans import Asked
from dialer.sandbox.settings import AccountSettings


class Refusal(enum.Enum):
    """Why the platform turns a correct request down; a dialect words each."""

    NUMBER = enum.auto()  # this number can never be called
    FULL = enum.auto()  # no free line
    UNAVAILABLE = enum.auto()  # 503
    TOO_MANY = enum.auto()  # 429
    NOT_QUEUED = enum.auto()  # 502
    BROKEN = enum.auto()  # 500
    OUTSIDE_HOURS = enum.auto()  # outside the platform's own active hours
    WITH_200 = enum.auto()  # an error in a reply with HTTP 200, where a provider does that; else as NUMBER


class Rejected(Exception):
    """The request is not acceptable. ``asked`` is what could be read of it, for the ledger."""

    def __init__(self, reply: web.Response, asked: Asked | None = None) -> None:
        super().__init__(reply.status)
        self.reply = reply
        self.asked = asked or Asked("")


class PushRequest(NamedTuple):
    """One delivery of a push."""

    method: str
    url: URL
    headers: Mapping[str, str]
    body: bytes


class Dialect:
    """Base of every dialect. Subclasses are stateless: what belongs to an account is kept in the account."""

    slug: ClassVar[str]
    #: The phases of a call that are pushed.
    push_phases: ClassVar[frozenset[Phase]] = frozenset({Phase.ENDED})
    #: The settings of its accounts: the common ones and its own.
    settings_class: ClassVar[type[AccountSettings]] = AccountSettings
    #: Requests a second that the provider states; beyond it a 429, when the account's ``enforce_rate`` is on.
    rate_per_second: ClassVar[int | None] = None
    #: Simulated seconds between tries of a push that got no 2xx; empty: it is tried once.
    push_retry_seconds: ClassVar[tuple[float, ...]] = ()

    def prepare(self, settings: AccountSettings) -> Any:
        """Return what should be computed once per change of settings; kept as ``account.prepared``.

        Raises BadSetting for settings that do not fit together.
        """
        return None

    def new_state(self) -> Any:
        """Return what the dialect keeps of an account besides its calls: ``account.state``, new after each reset."""
        return None

    def reached(self, exchange: Exchange, call: Call, phase: Phase) -> None:
        """Take notice that a call has reached a phase, before it is pushed."""

    def told(self, call: Call, phase: Phase) -> tuple[Phase, ...]:
        """Return the phases that are pushed when a call reaches one of ``push_phases``."""
        return (phase,)

    def retry_seconds(self, account: Account) -> tuple[float, ...]:
        """Return the pauses before further tries of a push, as they are after the try that has just failed."""
        return self.push_retry_seconds

    def pushed(self, account: Account, *, accepted: bool) -> None:
        """Take notice of what came of one delivery of a push."""

    def describe(self, account: Account) -> dict[str, Any]:
        """Return figures of an account that only this dialect has, for the summary."""
        return {}

    async def handle(
        self, exchange: Exchange, account: Account, request: web.BaseRequest, path: str
    ) -> web.StreamResponse:
        """Answer any request below the account's base URL; ``path`` starts with a slash."""
        raise NotImplementedError

    def read(self, account: Account, request: web.BaseRequest, body: bytes) -> Asked:
        """Return what a request to place a call asks for; raises Rejected with the documented reply."""
        raise NotImplementedError

    def name_call(self, account: Account, call: Call) -> None:
        """Give the call its ``external_id`` and, if needed, its ``token`` (an unguessable text)."""
        raise NotImplementedError

    def accepted(self, account: Account, call: Call) -> web.Response:
        """Return the reply to a request that was taken."""
        raise NotImplementedError

    def refused(self, account: Account, refusal: Refusal) -> web.Response:
        """Return the reply to a correct request that is turned down."""
        raise NotImplementedError

    def push(self, account: Account, call: Call, phase: Phase, attempt: int) -> PushRequest | None:
        """Return what is pushed of a phase of a call, None for nothing; ``attempt`` counts from 1."""
        raise NotImplementedError
