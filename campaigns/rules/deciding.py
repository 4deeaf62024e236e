"""May this lead be called at this instant, and if not, when? One pure answer, with the rule that decided.

Fails closed: what cannot be worked out, a zone, an expression or a calendar that cannot be read allows no call.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from campaigns.rules.caps import NO_CAPS, Caps
from campaigns.rules.hours import Hours, Requirement, is_open, next_open
from campaigns.rules.walls import BrokenRule, zone_of
from dialer.numbering.zones import zones as zones_of_number


class Rule(enum.StrEnum):
    """What decided."""

    ALLOWED = "ALLOWED"
    BROKEN = "BROKEN"
    REQUIRED_FIELDS = "REQUIRED_FIELDS"
    NUMBER_SERIES = "NUMBER_SERIES"
    UNKNOWN_ZONE = "UNKNOWN_ZONE"
    CAMPAIGN_START = "CAMPAIGN_START"
    CAMPAIGN_END = "CAMPAIGN_END"
    CAMPAIGN_HOURS = "CAMPAIGN_HOURS"
    PROFILE_HOURS = "PROFILE_HOURS"
    CAPS = "CAPS"
    DID = "DID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a campaign calls. ``time_zone`` None: by the clock of the contact. ``ends_at`` itself is closed."""

    hours: Hours
    time_zone: str | None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Calling rules of a country. ``hours`` follow the contact's clock, also where the campaign's follow another."""

    slug: str
    version: int
    hours: Hours | None = None
    caps: Caps = NO_CAPS
    series: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    required_fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.slug} v{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadFacts:
    """What the rules look at in a lead: its number (E.164), and of its contact an explicit zone and the variables."""

    number: str
    time_zone: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DIDFacts:
    """What the rules look at in a DID: its number, and from when its caps and its rest let it call, with the reason."""

    number: str
    purpose: str = ""
    free_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CapFacts:
    """Every cap that holds for a person, and the person's dials of all campaigns, in any order."""

    caps: Caps = NO_CAPS
    calls: Sequence[datetime] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """``next_allowed_at`` (UTC) is the instant asked about when allowed, None when no instant ever is."""

    allowed: bool
    next_allowed_at: datetime | None
    rule: Rule
    detail: str = ""


def decide(
    *,
    lead: LeadFacts,
    did: DIDFacts | None,
    schedule: Schedule,
    profile: Profile | None,
    caps: CapFacts,
    at: datetime,
) -> Decision:
    """Return whether a call may start at ``at`` (aware), else when next, and the first rule that refuses."""
    if at.tzinfo is None:
        return _never(Rule.BROKEN, "An instant without a time zone.")
    try:
        return _decide(lead, did, schedule, profile, caps, at.astimezone(UTC))
    except BrokenRule as error:
        return _never(Rule.BROKEN, str(error))


def _decide(
    lead: LeadFacts, did: DIDFacts | None, schedule: Schedule, profile: Profile | None, caps: CapFacts, at: datetime
) -> Decision:
    barred = missing_fields(lead=lead, profile=profile) or series_problem(did=did, profile=profile)
    if barred:
        return barred
    zones = contact_zones(lead) if schedule.time_zone is None or (profile and profile.hours) else ()
    if schedule.time_zone is None and not zones:
        return _never(Rule.UNKNOWN_ZONE, "The contact names no time zone and its number tells none.")
    if profile and profile.hours and not zones:
        return _never(Rule.UNKNOWN_ZONE, f"{profile} goes by the contact's time zone, and none is known.")
    campaign = tuple((schedule.hours, zone) for zone in ([schedule.time_zone] if schedule.time_zone else zones))
    legal = tuple((profile.hours, zone) for zone in zones) if profile and profile.hours else ()
    capped_until, cap = caps.caps.free_at(calls=caps.calls, at=at)
    waits = [schedule.starts_at or at, capped_until, (did.free_at if did else None) or at]
    found = next_open(requirements=(*legal, *campaign), at=max(at, *waits))
    refusals = _refusals(at, schedule=schedule, profile=profile, did=did, legal=legal, campaign=campaign)
    rule, detail = next(refusals, (Rule.CAPS, cap) if cap else (Rule.ALLOWED, ""))
    if found is None and rule in {Rule.ALLOWED, Rule.CAMPAIGN_HOURS, Rule.PROFILE_HOURS}:
        rule = Rule.CAMPAIGN_HOURS if rule == Rule.ALLOWED else rule
        detail = _never_open([zone for _, zone in (legal or campaign)])
    if found is not None and schedule.ends_at is not None and found >= schedule.ends_at:
        return _never(
            Rule.CAMPAIGN_END, f"The campaign ends {_text(schedule.ends_at)}, before calls are allowed again."
        )
    return Decision(allowed=found == at, next_allowed_at=found, rule=rule, detail=detail)


def _refusals(
    at: datetime,
    *,
    schedule: Schedule,
    profile: Profile | None,
    did: DIDFacts | None,
    legal: tuple[Requirement, ...],
    campaign: tuple[Requirement, ...],
) -> Iterator[tuple[Rule, str]]:
    """Yield the rules other than caps that refuse a call at ``at``, the strongest first."""
    if schedule.starts_at is not None and at < schedule.starts_at:
        yield Rule.CAMPAIGN_START, f"The campaign starts {_text(schedule.starts_at)}."
    if schedule.ends_at is not None and at >= schedule.ends_at:
        yield Rule.CAMPAIGN_END, f"The campaign ended {_text(schedule.ends_at)}."
    if legal and not is_open(requirements=legal, at=at):
        yield Rule.PROFILE_HOURS, f"Outside the hours of {profile} in {_closed(legal, at)}."
    if not is_open(requirements=campaign, at=at):
        yield Rule.CAMPAIGN_HOURS, f"Outside the campaign's hours in {_closed(campaign, at)}."
    if did is not None and did.free_at is not None and at < did.free_at:
        yield Rule.DID, did.reason


def missing_fields(*, lead: LeadFacts, profile: Profile | None) -> Decision | None:
    """Return the refusal of a contact that lacks what the profile requires, or None."""
    missing = [name for name in (profile.required_fields if profile else ()) if lead.variables.get(name) in (None, "")]
    if not missing:
        return None
    return _never(Rule.REQUIRED_FIELDS, f"{profile} requires {', '.join(missing)} of the contact.")


def series_problem(*, did: DIDFacts | None, profile: Profile | None) -> Decision | None:
    """Return the refusal of a DID outside the series that the profile asks for this purpose, or None."""
    series = profile.series.get(did.purpose) if did and profile else None
    if did is None or not series or did.number.startswith(series):
        return None
    return _never(Rule.NUMBER_SERIES, f"{profile} asks for {did.purpose.lower()} calls from {', '.join(series)}….")


def contact_zones(lead: LeadFacts) -> tuple[str, ...]:
    """Return the zones in which the contact may be: the one that it names, else all of its number."""
    return (lead.time_zone,) if lead.time_zone else zones_of_number(lead.number)


def schedule_problem(*, schedule: Schedule, profile: Profile | None, at: datetime) -> str:
    """Return why no call can be made by this schedule for any lead, or an empty text."""
    try:
        if schedule.time_zone is not None:
            zone_of(schedule.time_zone)
        for hours in (schedule.hours, profile.hours if profile else None):
            if hours is not None and next_open(requirements=((hours, schedule.time_zone or "UTC"),), at=at) is None:
                return "Its calling hours are never open."
    except BrokenRule as error:
        return str(error)
    return ""


def _never(rule: Rule, detail: str) -> Decision:
    return Decision(allowed=False, next_allowed_at=None, rule=rule, detail=detail)


def _closed(requirements: Sequence[Requirement], at: datetime) -> str:
    """Return in which of the zones it is closed at ``at``, and of how many where others are open."""
    closed = [required[1] for required in requirements if not is_open(requirements=(required,), at=at)]
    others = len(requirements) - len(closed)
    return _names(closed) + (f", one of {len(requirements)} zones in which the contact may be" if others else "")


def _never_open(zones: Sequence[str]) -> str:
    if len(zones) < 2:
        return "The hours are never open."
    return f"The hours are never open in {_names(zones)} at once, and the contact may be in any: name its time zone."


def _names(zones: Sequence[str]) -> str:
    return ", ".join(zones[:3]) + (f" and {len(zones) - 3} more" if len(zones) > 3 else "")


def _text(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
