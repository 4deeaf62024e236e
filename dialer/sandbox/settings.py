"""The settings of one sandbox account, as the control API takes them; docs/sandbox.md lists them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar, get_type_hints

from dialer.sandbox.converting import (
    Count,
    FaultList,
    Flag,
    Limits,
    MaybeCount,
    MaybeHours,
    MaybeSecondsList,
    MaybeTextList,
    MaybeTexts,
    OutcomeShares,
    Range,
    Ratios,
    Seconds,
    Shares,
    Text,
    TextList,
    Texts,
)

DEFAULT_OUTCOMES = {"ANSWERED": 0.6, "NO_ANSWER": 0.25, "BUSY": 0.1, "FAILED": 0.05}
DEFAULT_DISPOSITIONS = {"INTERESTED": 0.3, "NOT_INTERESTED": 0.5, "NO_DECISION": 0.2}


class BadSetting(ValueError):
    """The setting is unknown or has a value that it cannot have."""


@dataclass(slots=True, kw_only=True)
class AccountSettings:
    """Everything that can be set for an account. Seconds are simulated ones unless docs/sandbox.md says otherwise.

    A dialect adds its own by a subclass.
    """

    # The API as a customer sees it
    api_key: Text = "sandbox-key"
    push_url: Text = ""
    push_method: Text = "POST"
    push_token: Text = ""
    push_secret: Text = ""
    push_headers: Texts = field(default_factory=dict)
    push_form: Text = ""
    push_retry_seconds: MaybeSecondsList = None
    key_map: MaybeTexts = None
    reference_variable: Text = "dialer_reference"
    bots: MaybeTextList = None
    key_bots: MaybeTextList = None
    agents: MaybeTextList = None
    caller_ids: MaybeTextList = None
    origin_forbidden: Flag = False
    active_hours: MaybeHours = None
    fleet_max: Count = 1000
    fleet_taken_by_others: Count = 0
    full_status: Count = 503
    analysis: Texts = field(default_factory=dict)
    enforce_rate: Flag = False
    rate_per_second: MaybeCount = None
    # How calls go
    suffixes: Flag = True
    answering_numbers: TextList = field(default_factory=list)
    outcomes: OutcomeShares = field(default_factory=DEFAULT_OUTCOMES.copy)
    dispositions: Shares = field(default_factory=DEFAULT_DISPOSITIONS.copy)
    agent_ring_seconds: Range = (1.0, 3.0)
    ring_seconds: Range = (5.0, 20.0)
    talk_seconds: Range = (20.0, 90.0)
    push_delay_seconds: Range = (0.0, 0.0)
    reply_delay_seconds: Range = (0.0, 0.0)
    # What goes wrong
    faults: Ratios = field(default_factory=dict)
    first_faults: FaultList = field(default_factory=list)
    garbage_kind: Text = ""
    late_seconds: Seconds = 60.0
    slow_reply_seconds: Seconds = 4.0
    timeout_seconds: Seconds = 60.0
    capacity_delay_seconds: Seconds = 5.0
    # What the ledger judges by
    limits: Limits = field(default_factory=dict)
    allowed_hours: MaybeHours = None
    forbidden_numbers: TextList = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the settings as the control API shows them."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


S = TypeVar("S", bound=AccountSettings)

_CONVERTERS: dict[type[AccountSettings], dict[str, Callable[[Any], Any]]] = {}


def _converters(kind: type[AccountSettings]) -> dict[str, Callable[[Any], Any]]:
    if kind not in _CONVERTERS:
        hints = get_type_hints(kind, include_extras=True)
        _CONVERTERS[kind] = {name: hint.__metadata__[0] for name, hint in hints.items()}
    return _CONVERTERS[kind]


def parse_settings(kind: type[S], given: Mapping[str, Any]) -> S:
    """Return the settings in ``given``, defaults for the rest; raises BadSetting naming the culprit."""
    converters = _converters(kind)
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in converters:
            raise BadSetting(f"Unknown setting {name!r}.")
        try:
            values[name] = converters[name](value)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise BadSetting(f"Setting {name!r}: {error}") from error
    return kind(**values)
