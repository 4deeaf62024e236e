"""Dialers that the provider runs at its own pace: made, told, switched on and off, given numbers, and their calls read.

Ids of dialers and of what they play are whole numbers. Times of day are of the account's clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import Any, Protocol, runtime_checkable

from dialer.providers.cleaning import checked_number, plain
from dialer.providers.questions import Question
from dialer.providers.reports import CallReport
from dialer.providers.vocabulary import AccountConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class DialerSettings:
    """What a dialer is told. ``did`` is E.164; ``opens`` and ``closes`` are whole minutes; see ``script``."""

    did: str
    concurrent_calls: int
    opens: time
    closes: time
    script_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DialerState:
    """A dialer as the provider lists it; None where it does not say. ``pending_numbers`` have not been called yet."""

    id: int | None = None
    name: str | None = None
    is_on: bool | None = None
    total_numbers: int | None = None
    pending_numbers: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DialerNumber:
    """One number (E.164) for a dialer, with its variables by the provider's names; empty ones are not sent.

    Variables have blanks for control characters. Raises ValueError for a number that holds anything but digits.
    """

    number: str
    variables: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        checked_number(self.number, name="number")
        object.__setattr__(self, "variables", plain(self.variables))


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """How many numbers a dialer took; None where the reply does not say."""

    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedCall:
    """A call of a dialer. ``tries``: how often the number was called with it, None where the provider says nothing."""

    report: CallReport
    tries: int | None = None


@runtime_checkable
class HostedDialers(Protocol):
    """The provider's own dialers. ``Capabilities.hosted_actions`` are what they can do."""

    @property
    def most_numbers(self) -> int:
        """The most numbers that one request hands over."""

    @property
    def variables(self) -> tuple[str, ...]:
        """The names under which a number's variables are taken."""

    def tries(self, *, account: AccountConfig) -> int:
        """Return how often the account's dialers call a number that does not answer."""

    def script_of(self, *, options: Mapping[str, Any]) -> str:
        """Return the name of what a dialer plays, by a template's options; empty: they name nothing."""

    def script(self, *, account: AccountConfig, name: str) -> Question[int]:
        """Return the question for the id of what is played; refused where calls may not play it."""

    def dialers(self, *, account: AccountConfig) -> Question[tuple[DialerState, ...]]:
        """Return the question for the account's dialers."""

    def create(self, *, account: AccountConfig, name: str, settings: DialerSettings) -> Question[int]:
        """Return the request that makes a dialer, off and empty; its answer is the dialer's id.

        Nobody repeats it on a guess: ``dialers`` finds it by its name.
        """

    def edit(self, *, account: AccountConfig, dialer_id: int, settings: DialerSettings) -> Question[object]:
        """Return the request that tells a dialer its settings."""

    def switch(self, *, account: AccountConfig, dialer_id: int, is_on: bool) -> Question[object]:
        """Return the request that switches a dialer. Doing it twice changes nothing."""

    def add(self, *, account: AccountConfig, dialer_id: int, numbers: Sequence[DialerNumber]) -> Question[Taken]:
        """Return the request that hands numbers over, sent once and never repeated on a guess. Raises ValueError."""

    def calls(self, *, account: AccountConfig, dialer_id: int) -> Question[tuple[HostedCall, ...]]:
        """Return the question for the calls of a dialer, newest first. Raises ValueError."""
