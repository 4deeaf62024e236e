"""The words of the contract with telephony companies: what is asked of a provider, and what it can answer.

``dialer.providers.base`` gives them all again, beside the class that uses them: import from there.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode


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
        """The outcome as people write it."""
        return in_words(self)


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
    """

    name: str
    label: str
    required: bool = False
    secret: bool = False
    help: str = ""
    default: Any = None
    choices: tuple[str, ...] = ()
    picks: str = ""


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
    """One call to be placed. Numbers are E.164 with the plus; ``options`` are the template's, e.g. a bot's id."""

    reference: str
    to_number: str
    from_number: str | None
    action: Action
    options: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    agent: AgentAddress | None = None
    max_ring_seconds: int = 30
    record: bool = True


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a provider can do, declared; docs, admin and checks are generated from this."""

    correlation: Correlation
    actions: frozenset[Action]
    #: Fields of a report that this provider's results can hold, beside how the call ended: names of CallReport's.
    tells: frozenset[str] = frozenset()
    pushes: bool = True
    polls_call: bool = False
    pulls_logs: bool = False
    #: ``next_cursor`` of a pull (no number, not ``whole``) is for the next pull; else it is for the next page.
    log_cursor_lasts: bool = False
    #: Actions of which the log lists every call that reached its customer once it is over, answered or not.
    logs_every_call_of: frozenset[Action] = frozenset()
    #: An agent who is rung first and does not answer leaves no row that names the customer.
    hides_unanswered_agents: bool = False
    caller_id: bool = True
    #: Actions whose request has no field for a caller ID, although the others have one.
    actions_without_caller_id: frozenset[Action] = frozenset()
    needs_agent: bool = False
    hangs_up: bool = False
    reports_capacity: bool = False
    #: Another party can be rung into a live call, and the parties of a call can be asked for.
    adds_participants: bool = False
    #: A note can be written on the provider's own record of a call, in the way that the account's settings choose.
    takes_notes: bool = False
    #: The account's numbers can be asked for.
    lists_numbers: bool = False
    signs_pushes: bool = False
    #: How the provider addresses human agents; empty where none take part.
    agent_kinds: frozenset[AgentKind] = frozenset()
    # Optional parts, see ``dialer.providers.parts``: each is there under the same name at the provider.
    #: What an account has can be read list by list: flows, bots, texts, agents, numbers, labels.
    lists: bool = False
    #: Agents and extensions can be added, switched and let expire.
    staff: bool = False
    #: Numbers can be bought.
    numbers_for_sale: bool = False
    #: Texts can be handed in to be approved.
    texts: bool = False
    #: The push address can be registered.
    push_registration: bool = False
    #: A text has to be pasted at the provider so that its pushes carry our names.
    key_map: bool = False
    #: The provider can ask us for a call's variables when the call begins.
    prefetch: bool = False
    #: Actions that the provider's own dialer can run for a whole campaign; empty where it has none.
    hosted_actions: frozenset[Action] = frozenset()
    #: The rate of requests that the provider documents, or None where it names none.
    requests_per_second: float | None = None

    @property
    def hosted(self) -> bool:
        """Whether the provider's own dialer can run campaigns."""
        return bool(self.hosted_actions)

    def wants_caller_id(self, action: str) -> bool:
        """Return whether a request for ``action``, an Action or a stored word, names the number it is called from."""
        return self.caller_id and action not in self.actions_without_caller_id

    def logs_every_call(self, action: str) -> bool:
        """Return whether the log lists every call with ``action``, an Action or a stored word, that was one."""
        return self.pulls_logs and action in self.logs_every_call_of

    def rings_agent(self, action: str) -> bool:
        """Return whether a call with ``action``, an Action or a stored word, needs a free human agent."""
        return self.needs_agent or action == Action.CONNECT_AGENT
