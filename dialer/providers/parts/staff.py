"""Agents and extensions that are added, enabled, disabled and let expire by the provider's API."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, runtime_checkable

from dialer.providers.questions import Question
from dialer.providers.vocabulary import AccountConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRecord:
    """An agent or extension as the provider lists it. ``extension`` is what calls name it by, None: it has none."""

    extension: str | None = None
    name: str | None = None
    phone: str | None = None
    is_active: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAgent:
    """An agent with a login. ``phone`` is E.164; ``password`` is a secret."""

    name: str
    email: str
    phone: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExtension:
    """A group extension with its user. ``did`` and ``phone`` are E.164; ``password`` is a secret.

    ``expires_on`` is the last day on which it takes calls, by the account's clock.
    """

    extension: str
    name: str
    did: str
    password: str = field(repr=False)
    recording_id: str
    call_forwarding: bool = False
    connection: bool = True
    expires_on: date | None = None
    email: str | None = None
    phone: str | None = None


@runtime_checkable
class Staff(Protocol):
    """The agents and extensions of an account. An extension is named as calls name it."""

    @property
    def password_rule(self) -> str:
        """What a password needs, as a sentence."""

    def is_strong(self, *, password: str) -> bool:
        """Return whether the provider takes the password."""

    def input_of(self, *, said: str) -> str:
        """Return which input of an addition the provider's words are about, a field's name; empty for none."""

    def agents(self, *, account: AccountConfig) -> Question[tuple[StaffRecord, ...]]:
        """Return the question for the agents that there are."""

    def extensions(self, *, account: AccountConfig) -> Question[tuple[StaffRecord, ...]]:
        """Return the question for the extensions that there are."""

    def add_agent(self, *, account: AccountConfig, agent: NewAgent) -> Question[StaffRecord]:
        """Return the request that adds an agent; a record without an extension says nothing of it. Raises ValueError.

        Nobody repeats it on a guess: ``agents`` tells whether it arrived.
        """

    def add_extension(self, *, account: AccountConfig, extension: NewExtension) -> Question[object]:
        """Return the request that adds an extension; ``extensions`` tells whether it arrived. Raises ValueError."""

    def switch(self, *, account: AccountConfig, extension: str, is_enabled: bool) -> Question[object]:
        """Return the request that enables or disables an extension. Doing it twice changes nothing."""

    def expire(self, *, account: AccountConfig, extension: str, last_day: date) -> Question[object]:
        """Return the request that switches an extension off after a day. Doing it twice changes nothing."""
