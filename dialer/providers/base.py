"""The contract between Dialer and a telephony company: build a request, parse what comes back.

A provider module is pure: no ORM, no settings, no clock, no I/O. It turns values of this module into bytes and
bytes into values of this module; everything that decides (reserving, retrying, settling) lives in ``campaigns``.
An unknown value is UNKNOWN, never guessed, and the raw payload is always kept by the caller.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any, ClassVar

import orjson

from dialer.json_limits import dumped, is_too_deep
from dialer.providers.capabilities import Capabilities
from dialer.providers.notes import Note, NoteWay
from dialer.providers.parsing import word
from dialer.providers.parts import (
    HostedDialers,
    KeyMap,
    Lists,
    NumbersForSale,
    Prefetch,
    PushRegistration,
    Staff,
    Texts,
)
from dialer.providers.questions import Answer, Question, Rows
from dialer.providers.reports import CallReport, Capacity, Leg, LogPage, LogQuery
from dialer.providers.vocabulary import (
    UNBURNED_REFUSALS,
    Accepted,
    AccountConfig,
    Action,
    AgentAddress,
    AgentKind,
    Correlation,
    Field,
    Outcome,
    Phase,
    Placement,
    PlaceResult,
    ProviderReply,
    ProviderRequest,
    Push,
    PushDoubt,
    Refusal,
    Refused,
    Unclear,
)

__all__ = [
    "UNBURNED_REFUSALS",
    "Accepted",
    "AccountConfig",
    "Action",
    "AgentAddress",
    "AgentKind",
    "Answer",
    "CallReport",
    "Capabilities",
    "Capacity",
    "Correlation",
    "Field",
    "Leg",
    "LogPage",
    "LogQuery",
    "Malformed",
    "Note",
    "NoteWay",
    "Outcome",
    "Phase",
    "PlaceResult",
    "Placement",
    "Provider",
    "ProviderReply",
    "ProviderRequest",
    "Push",
    "PushDoubt",
    "Question",
    "Refusal",
    "Refused",
    "Rows",
    "Unclear",
    "json_body",
    "load_object",
    "same_secret",
]


class Malformed(ValueError):
    """The payload is not what the provider's documents define."""


class Provider:
    """Base of every provider. Subclasses override what their API has; the rest says so by its capabilities."""

    slug: ClassVar[str]
    name: ClassVar[str]
    capabilities: ClassVar[Capabilities]
    credential_fields: ClassVar[tuple[Field, ...]]
    setting_fields: ClassVar[tuple[Field, ...]] = ()
    #: The options a template must or may give, by action.
    option_fields: ClassVar[Mapping[Action, tuple[Field, ...]]]
    default_base_url: ClassVar[str] = ""
    #: Headers of a push, in lower case, that ``parse_push`` reads or that are worth keeping beside the body.
    push_headers: ClassVar[tuple[str, ...]] = ()
    #: What a manager must know when pushes that used to come stay away; empty where there is nothing special.
    silence_hint: ClassVar[str] = ""
    #: What becomes of calls beyond ``capabilities.usual_live_calls``, a sentence; empty where nothing special.
    limit_hint: ClassVar[str] = ""
    #: The setting that holds by how many minutes the times of the call log are ahead of the true ones (behind: less
    #: than 0); empty where the log's clock can be believed. ``build_log`` and ``parse_log`` make up for it.
    log_clock_setting: ClassVar[str] = ""

    # Optional parts: each is there exactly where ``capabilities`` declares it.
    lists: ClassVar[Lists | None] = None
    staff: ClassVar[Staff | None] = None
    numbers_for_sale: ClassVar[NumbersForSale | None] = None
    texts: ClassVar[Texts | None] = None
    push_registration: ClassVar[PushRegistration | None] = None
    key_map: ClassVar[KeyMap | None] = None
    prefetch: ClassVar[Prefetch | None] = None
    hosted: ClassVar[HostedDialers | None] = None

    def build_place(self, *, account: AccountConfig, placement: Placement) -> ProviderRequest:
        """Return the request that places one call. Raises ValueError naming the option that is missing."""
        raise NotImplementedError

    def parse_place(self, *, reply: ProviderReply) -> PlaceResult:
        """Return what a reply to ``build_place`` means; never raises: what is not understood is Unclear."""
        raise NotImplementedError

    def build_poll(self, *, account: AccountConfig, external_id: str) -> ProviderRequest:
        """Return the request that asks for one call's state (only if ``capabilities.polls_call``)."""
        raise NotImplementedError

    def parse_poll(self, *, account: AccountConfig, reply: ProviderReply) -> CallReport | None:
        """Return what a reply to ``build_poll`` says, or None if it says nothing of the call. Never raises."""
        raise NotImplementedError

    def build_log(self, *, account: AccountConfig, query: LogQuery) -> ProviderRequest:
        """Return the request for one page of the call log (only if ``capabilities.pulls_logs``)."""
        raise NotImplementedError

    def parse_log(self, *, account: AccountConfig, query: LogQuery, reply: ProviderReply) -> LogPage | None:
        """Return the page in a reply to ``build_log``, or None when the reply is no log. Never raises."""
        raise NotImplementedError

    def build_log_again(
        self, *, account: AccountConfig, query: LogQuery, reply: ProviderReply
    ) -> ProviderRequest | None:
        """Return the same page's request in another documented form, where ``reply`` refuses the first; else None."""
        return None

    def logs_beside(self, *, account: AccountConfig, query: LogQuery) -> tuple[str, ...]:
        """Return the cursors of further logs that answer the same question; each is read whatever became of others."""
        return ()

    def build_recording(self, *, account: AccountConfig, url: str, token: str = "") -> ProviderRequest | None:
        """Return the request for a recording at the ``url`` of a report, or None where none of ours is needed.

        ``token``: the answer to ``recording_token``, where that is a question. Raises ValueError when the URL is not
        under the account's base URL: a key is never sent to another host.
        """
        return None

    def recording_token(self, *, account: AccountConfig) -> Question[str] | None:
        """Return the question for a token that recordings are fetched with in place of the key; None where none is.

        It is kept by the process for some hours, and asked for anew when the provider refuses it (401).
        """
        return None

    def build_capacity(self, *, account: AccountConfig) -> ProviderRequest:
        """Return the request for the provider's free room (only if ``capabilities.reports_capacity``)."""
        raise NotImplementedError

    def parse_capacity(self, *, reply: ProviderReply) -> Capacity | None:
        """Return the free room, or None when the reply does not prove a healthy provider. Never raises."""
        raise NotImplementedError

    def may_transfer(self, *, options: Mapping[str, Any]) -> bool:
        """Return whether calls with a template's ``options`` may leave the fleet's count and go on elsewhere."""
        return False

    def build_add_leg(
        self, *, account: AccountConfig, external_id: str, number: str, max_ring_seconds: int = 30
    ) -> ProviderRequest:
        """Return the request that rings ``number`` (E.164) into a live call (only if ``adds_participants``)."""
        raise NotImplementedError

    def parse_add_leg(self, *, reply: ProviderReply) -> PlaceResult:
        """Return what the reply means, as for a call: Unclear may have rung. Never raises."""
        raise NotImplementedError

    def parse_legs(self, *, reply: ProviderReply) -> tuple[Leg, ...]:
        """Return the parties in a reply to ``build_poll``, none where it names none. Never raises."""
        raise NotImplementedError

    def note_way(self, *, account: AccountConfig) -> NoteWay | None:
        """Return how the account takes notes on calls, or None where it takes none."""
        return None

    def label_of(self, *, account: AccountConfig, disposition: str, labels: Mapping[str, str]) -> str:
        """Return the id of the provider's label that a disposition is, empty for none; ``labels``: names by id.

        Raises ValueError where the account's settings cannot be read.
        """
        return next((key for key, name in labels.items() if word(name) == word(disposition)), "")

    def build_note(self, *, account: AccountConfig, note: Note) -> ProviderRequest:
        """Return the request that writes a note on a call (only where ``note_way`` is one). Raises ValueError."""
        raise NotImplementedError

    def parse_note(self, *, reply: ProviderReply) -> Refused | Unclear | None:
        """Return what a reply to ``build_note`` has against the note, None once it is written. Never raises."""
        raise NotImplementedError

    def build_check(self, *, account: AccountConfig) -> ProviderRequest | None:
        """Return a harmless request that shows whether the account can be reached, or None where there is none."""
        return None

    def parse_check(self, *, reply: ProviderReply) -> Refused | Unclear | None:
        """Return what a reply to ``build_check`` has against the account, None for nothing. Never raises."""
        raise NotImplementedError

    def build_key_check(self, *, account: AccountConfig) -> ProviderRequest | None:
        """Return a request that can ring nobody and needs the key, where ``build_check`` needs none; else None."""
        return None

    def parse_key_check(self, *, reply: ProviderReply) -> Refused | Unclear | None:
        """Return what a reply to ``build_key_check`` has against the key, None for nothing. Never raises."""
        raise NotImplementedError

    def build_numbers(self, *, account: AccountConfig) -> ProviderRequest:
        """Return the request for the account's own numbers (only if ``capabilities.lists_numbers``)."""
        raise NotImplementedError

    def parse_numbers(self, *, reply: ProviderReply) -> Rows[str] | Refused | Unclear:
        """Return the numbers in E.164, or why there are none to read. Never raises."""
        raise NotImplementedError

    def authenticate_push(self, *, account: AccountConfig, push: Push) -> bool:
        """Return whether the push proves its sender, beyond the secret in its URL. Constant time."""
        return True

    def push_doubt(self, *, account: AccountConfig) -> PushDoubt | None:
        """Return what the account lacks for its signed pushes to be checked and believed, None for nothing."""
        return None

    def parse_push(self, *, account: AccountConfig, push: Push) -> list[CallReport]:
        """Return what a push says; an empty list for events that are not ours. Raises Malformed."""
        raise NotImplementedError

    def is_decided(self, *, account: AccountConfig, payload: Mapping[str, Any]) -> bool:
        """Return whether the outcome in an object whose end was cut off is that of the whole: nothing missing turns it.

        ``payload``: what is whole of a push or of a polled call.
        """
        return True

    def dedupe_key(self, *, push: Push) -> str | None:
        """Return a key that is equal for repeats of one event, or None where there is none."""
        return None


def json_body(value: Any) -> bytes:
    """Return ``value`` as compact UTF-8 JSON."""
    return dumped(value)


def load_object(body: bytes) -> dict[str, Any] | None:
    """Return the JSON object in ``body``, or None if there is none (HTML, truncated, another type, nested too deep)."""
    if is_too_deep(body):
        return None
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def same_secret(given: str, expected: str) -> bool:
    """Return whether two secrets are equal, in constant time; an empty expected secret matches nothing."""
    return bool(expected) and hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass")
    )
