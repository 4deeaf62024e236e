"""The words of the contract with telephony companies: what is asked of a provider, and what it can answer.

``dialer.providers.base`` gives them all again, beside the class that uses them: import from there.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from dialer.providers.cleaning import checked_address, checked_number, plain


def in_words(name: str) -> str:
    """Return a name in capitals as people write it: NO_ANSWER becomes "No answer"."""
    return name.replace("_", " ").capitalize()


class Outcome(enum.StrEnum):
    """What the network says of an attempt that is over."""

    ANSWERED = "ANSWERED"
    NO_ANSWER = "NO_ANSWER"
    BUSY = "BUSY"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    MACHINE = "MACHINE"
    REFUSED = "REFUSED"
    UNCERTAIN = "UNCERTAIN"
    LOST = "LOST"

    @property
    def label(self) -> str:
        """The outcome as people write it: what stops a reader is said plainly, with its name beside."""
        return _PLAIN_OUTCOMES.get(self) or in_words(self)


_PLAIN_OUTCOMES = {Outcome.UNCERTAIN: "May have rung (uncertain)", Outcome.LOST: "No result came (lost)"}


class Phase(enum.StrEnum):
    """How far a call has come. UNKNOWN: the provider used a word that its documents do not define."""

    PLACED = "PLACED"
    RINGING = "RINGING"
    ANSWERED = "ANSWERED"
    ENDED = "ENDED"
    UNKNOWN = "UNKNOWN"


class Action(enum.StrEnum):
    """What a call does once the customer answers."""

    VOICE_BOT = "VOICE_BOT"
    AI_AGENT = "AI_AGENT"
    CONNECT_AGENT = "CONNECT_AGENT"
    PLAY_FLOW = "PLAY_FLOW"
    SPEAK_TEXT = "SPEAK_TEXT"
    CONNECT_TARGET = "CONNECT_TARGET"


class Correlation(enum.StrEnum):
    """How a result finds its attempt."""

    REFERENCE = "REFERENCE"  # our own id comes back
    EXTERNAL_ID = "EXTERNAL_ID"  # the id in the provider's reply comes back
    NUMBER_AND_TIME = "NUMBER_AND_TIME"  # only the numbers and the time come back


class AgentKind(enum.StrEnum):
    """How a human agent is addressed."""

    USERNAME = "USERNAME"
    NUMBER = "NUMBER"
    EXTENSION = "EXTENSION"


class Refusal(enum.StrEnum):
    """Why a provider said no. Nothing rang, whatever the reason."""

    NO_CAPACITY = "NO_CAPACITY"  # full, or too fast: back off, burn nothing
    OUTSIDE_ACTIVE_HOURS = "OUTSIDE_ACTIVE_HOURS"  # the provider's own hours: back off, burn nothing
    CREDENTIALS = "CREDENTIALS"  # key missing, wrong or expired
    ADDRESS_NOT_ALLOWED = "ADDRESS_NOT_ALLOWED"  # our IP address is not permitted
    TARGET_AWAY = "TARGET_AWAY"  # the phone of the agent or target is not registered now: burn nothing, let it rest
    UNKNOWN_TARGET = "UNKNOWN_TARGET"  # no such bot, flow, agent, caller ID: a setting of ours is wrong
    INVALID_REQUEST = "INVALID_REQUEST"  # this request can never be accepted as it is
    OTHER = "OTHER"

    @property
    def label(self) -> str:
        """The reason as people write it."""
        return in_words(self)


#: Refusals that are no fault of the lead: they count against no maximum of attempts.
UNBURNED_REFUSALS = frozenset(
    {
        Refusal.NO_CAPACITY,
        Refusal.OUTSIDE_ACTIVE_HOURS,
        Refusal.CREDENTIALS,
        Refusal.ADDRESS_NOT_ALLOWED,
        Refusal.TARGET_AWAY,
        Refusal.UNKNOWN_TARGET,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One value that an account, a template or a provider asks of a manager.

    ``picks``: the kind of things at the provider that it names one of, in the words of ``dialer.models.ItemKind``.
    ``between``: it is a whole number, not less than the first and not more than the second.
    """

    name: str
    label: str
    required: bool = False
    secret: bool = False
    help: str = ""
    default: Any = None
    choices: tuple[str, ...] = ()
    picks: str = ""
    between: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountConfig:
    """What a provider module may know of an account. ``base_url`` keeps its path prefix and has no trailing slash."""

    base_url: str
    credentials: Mapping[str, str]
    settings: Mapping[str, Any] = field(default_factory=dict)
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentAddress:
    """A human agent as the provider addresses one."""

    kind: AgentKind
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One call to be placed. Numbers are E.164 with the plus; ``options`` are the template's, e.g. a bot's id.

    It never holds a control character: options and variables have blanks for them. Raises ValueError for a
    number that holds anything but digits, and for an agent's address that holds a control character.
    """

    reference: str
    to_number: str
    from_number: str | None
    action: Action
    options: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    agent: AgentAddress | None = None
    max_ring_seconds: int = 30
    record: bool = True

    def __post_init__(self) -> None:
        checked_number(self.to_number, name="to_number")
        if self.from_number:
            checked_number(self.from_number, name="from_number")
        if self.agent is not None and self.agent.value:
            check = checked_number if self.agent.kind is AgentKind.NUMBER else checked_address
            check(self.agent.value, name="agent")
        object.__setattr__(self, "options", plain(self.options))
        object.__setattr__(self, "variables", plain(self.variables))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRequest:
    """An HTTP request to a provider. ``path`` is joined to the account's base URL; bodies are bytes already."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    query: Mapping[str, str] = field(default_factory=dict)

    def url(self, base_url: str) -> str:
        """Return the whole URL under ``base_url``, whose path prefix is kept."""
        url = base_url.rstrip("/") + "/" + self.path.lstrip("/")
        return f"{url}?{urlencode(self.query)}" if self.query else url


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderReply:
    """A whole HTTP reply. Header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The provider took the call. ``external_id`` is None where the provider gives no id."""

    external_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The provider said no and nothing rang. ``detail`` is fit for a manager to read: no secret, no whole number."""

    reason: Refusal
    detail: str
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """The reply does not say whether a phone rang: keep the slot, find out, never redial on a guess."""

    detail: str


PlaceResult = Accepted | Refused | Unclear


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A request that a provider sent us. Header names are lower case; ``body`` is as it came."""

    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)


class PushDoubt(enum.StrEnum):
    """Why the pushes of an account are not what they could be, although the provider signs them."""

    UNCHECKED = "UNCHECKED"  # believed without a look at their signature
    REFUSED = "REFUSED"  # none can prove its sender
