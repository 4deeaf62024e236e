"""Explanations in a manager's words: limits and rules by their names in the field, and values as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.explaining.checks import Check, Limit
from campaigns.explaining.why_not_now import Explanation
from campaigns.rules.deciding import Rule
from dialer.providers.vocabulary import in_words

LIMITS: Mapping[Limit, str] = {
    Limit.LEAD_STATE: "Lead",
    Limit.CAMPAIGN_STATE: "Campaign",
    Limit.READINESS: "Readiness",
    Limit.PROVIDER_DIALER: "Provider's dialer",
    Limit.HOME: "Home of the database",
    Limit.KILL_SWITCH: "Switchboard",
    Limit.CLOCK: "Workers' clocks",
    Limit.RESULTS: "Results",
    Limit.ACCOUNT: "Account",
    Limit.BACK_OFF: "Refusals by the provider",
    Limit.PROBE: "Trial call",
    Limit.FLEET: "Provider's capacity",
    Limit.ACCOUNT_LIMIT: "Account's limit",
    Limit.RATE: "Calls per second",
    Limit.CAMPAIGN_LIMIT: "Campaign's limit",
    Limit.DID: "DIDs",
    Limit.AGENT: "Agents",
    Limit.HOURS: "Calling hours",
    Limit.DUE: "Due time",
    Limit.STANDING_IN: "Second account",
    Limit.SUPPRESSION: "Suppression",
    Limit.HELD: "To decide",
    Limit.ON_THE_LINE: "Person on the line",
    Limit.RULES: "Person's rules",
    Limit.RETRY: "Attempts",
    Limit.NOTHING_DUE: "Nothing due",
    Limit.NONE: "Nothing holds it back",
}
RULES: Mapping[Rule, str] = {
    Rule.ALLOWED: "Allowed",
    Rule.BROKEN: "Rules that cannot be read",
    Rule.REQUIRED_FIELDS: "Required fields",
    Rule.NUMBER_SERIES: "Number series",
    Rule.UNKNOWN_ZONE: "Unknown time zone",
    Rule.CAMPAIGN_START: "Start of the campaign",
    Rule.CAMPAIGN_END: "End of the campaign",
    Rule.CAMPAIGN_HOURS: "Calling hours",
    Rule.PROFILE_HOURS: "Hours of the profile",
    Rule.CAPS: "Caps",
    Rule.DID: "DIDs",
}
_NAMES: Mapping[str, str] = {str(one): name for names in (LIMITS, RULES) for one, name in names.items()}
#: Values that the sentence beside them has said already.
_SAID = frozenset({"state", "reason"})
_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One check as the page shows it; ``decides``: it is the reason why no call is made now."""

    name: str
    is_ok: bool
    decides: bool
    said: str
    until: datetime | None
    facts: list[tuple[str, str]]


def lines(explanation: Explanation) -> list[Line]:
    """Return the checks of a lead, in their order."""
    return [
        Line(
            name=check_name(check),
            is_ok=check.is_ok,
            decides=check is explanation.decided_by,
            said=check.said,
            until=check.until,
            facts=list(_facts(check.values)),
        )
        for check in explanation.checks
    ]


def check_name(check: Check) -> str:
    """Return what a check is about: the rule where it is one of several."""
    if check.limit == Limit.RULES and not check.is_ok and check.rule:
        return name_of(check.rule)
    return LIMITS[check.limit]


def name_of(limit_or_rule: str) -> str:
    """Return a limit or rule in words, as evidence names it."""
    return _NAMES.get(limit_or_rule) or in_words(limit_or_rule)


def _facts(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if name not in _SAID and value not in (None, "", [], {}) and not (name.endswith("_seconds") and not value):
            yield _label(name), _text(name, value)


def _label(name: str) -> str:
    words = name.removesuffix("_seconds").removesuffix("_at").replace("_", " ")
    return words.replace("did", "DID") if words in ("did", "dids") else words.capitalize()


def _text(name: str, value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%d %b %Y %H:%M:%S} UTC"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        said = ((key, one) for key, one in value.items() if one not in ("", None))
        return ", ".join(f"{_label(key).lower()} {_text(key, one)}" for key, one in said)
    if isinstance(value, list | tuple):
        separator = "; " if any(isinstance(one, Mapping) for one in value) else ", "
        return separator.join(_text(name, one) for one in value)
    if name.endswith("_seconds") and isinstance(value, int | float):
        return duration(value)
    if name in ("last_outcome", "rotation"):
        return in_words(str(value))
    return str(value)


def duration(seconds: float) -> str:
    """Return seconds in the largest unit that leaves no fraction: 5400 is "90 min"."""
    for size, unit in _UNITS:
        if seconds and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
