"""Every rule that bears on a lead, with its values: what ``deciding.decide`` sums up in one answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from campaigns.rules.deciding import (
    CapFacts,
    DIDFacts,
    LeadFacts,
    Profile,
    Rule,
    Schedule,
    contact_zones,
    missing_fields,
    series_problem,
)
from campaigns.rules.hours import Hours, Requirement, is_open, next_open
from campaigns.rules.walls import BrokenRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one rule says at an instant. ``value``: the rule as it stands and what it was held against.

    ``next_allowed_at`` (UTC): from when this rule alone allows the call, None if it never does. ``version``: of the
    profile that the rule comes from, empty for a campaign's own.
    """

    rule: Rule
    allowed: bool
    value: str
    next_allowed_at: datetime | None
    version: str = ""


def findings(
    *,
    lead: LeadFacts,
    did: DIDFacts | None,
    schedule: Schedule,
    profile: Profile | None,
    caps: CapFacts,
    at: datetime,
) -> tuple[Finding, ...]:
    """Return what each rule that there is says at ``at`` (aware), the strongest first."""
    instant = at.astimezone(UTC)
    return (
        *_fields(lead, did, profile, instant),
        *_dates(schedule, instant),
        *_hours(lead, schedule, profile, instant),
        *_caps(caps, instant),
        *_did(did, instant),
    )


def _fields(lead: LeadFacts, did: DIDFacts | None, profile: Profile | None, at: datetime) -> Iterator[Finding]:
    if profile is not None and profile.required_fields:
        yield _fixed(
            Rule.REQUIRED_FIELDS,
            missing_fields(lead=lead, profile=profile) is None,
            f"Required of the contact: {', '.join(profile.required_fields)}",
            at,
            str(profile),
        )
    if profile is not None and did is not None and did.purpose and profile.series.get(did.purpose):
        yield _fixed(
            Rule.NUMBER_SERIES,
            series_problem(did=did, profile=profile) is None,
            f"{did.number} for {did.purpose.lower()} calls; asked for: {', '.join(profile.series[did.purpose])}…",
            at,
            str(profile),
        )


def _fixed(rule: Rule, allowed: bool, value: str, at: datetime, version: str = "") -> Finding:
    """Return what a rule says that no time changes."""
    return Finding(rule=rule, allowed=allowed, value=value, next_allowed_at=at if allowed else None, version=version)


def _dates(schedule: Schedule, at: datetime) -> Iterator[Finding]:
    if schedule.starts_at is not None:
        yield Finding(
            rule=Rule.CAMPAIGN_START,
            allowed=at >= schedule.starts_at,
            value=f"Starts {_text(schedule.starts_at)}",
            next_allowed_at=max(at, schedule.starts_at.astimezone(UTC)),
        )
    if schedule.ends_at is not None:
        yield _fixed(Rule.CAMPAIGN_END, at < schedule.ends_at, f"Ends {_text(schedule.ends_at)}", at)


def _hours(lead: LeadFacts, schedule: Schedule, profile: Profile | None, at: datetime) -> Iterator[Finding]:
    legal = profile.hours if profile is not None else None
    zones = contact_zones(lead) if schedule.time_zone is None or legal is not None else ()
    if not zones and (schedule.time_zone is None or legal is not None):
        yield _fixed(Rule.UNKNOWN_ZONE, False, "The contact names no time zone and its number tells none", at)
    if legal is not None and zones:
        yield _open(Rule.PROFILE_HOURS, tuple((legal, zone) for zone in zones), at, str(profile))
    own = (schedule.time_zone,) if schedule.time_zone is not None else zones
    if own:
        yield _open(Rule.CAMPAIGN_HOURS, tuple((schedule.hours, zone) for zone in own), at)


def _open(rule: Rule, required: tuple[Requirement, ...], at: datetime, version: str = "") -> Finding:
    zones = ", ".join(zone for _, zone in required)
    value = f"{describe(required[0][0])} in {zones}"
    try:
        return Finding(
            rule=rule,
            allowed=is_open(requirements=required, at=at),
            value=value,
            next_allowed_at=next_open(requirements=required, at=at),
            version=version,
        )
    except BrokenRule as error:
        return _fixed(Rule.BROKEN, False, f"{value}: {error}", at, version)


def describe(hours: Hours) -> str:
    """Return hours in words: the windows, and the days on which there are none."""
    calendar = hours.calendar
    place = "-".join(part for part in (calendar.country, calendar.subdivision) if part)
    off = [f"holidays of {place}"] if place else []
    off += [f"{first}" if first == last else f"{first} to {last}" for first, last in calendar.own[:5]]
    windows = ", ".join(str(window) for window in hours.windows) or "never"
    return windows + (f", not on {', '.join(off)}" if off else "")


def _caps(caps: CapFacts, at: datetime) -> Iterator[Finding]:
    for one in caps.caps.each():
        free, _ = one.free_at(calls=caps.calls, at=at)
        yield Finding(
            rule=Rule.CAPS, allowed=free <= at, value=one.describe(calls=caps.calls, at=at), next_allowed_at=free
        )


def _did(did: DIDFacts | None, at: datetime) -> Iterator[Finding]:
    if did is not None and did.free_at is not None:
        free = did.free_at.astimezone(UTC)
        yield Finding(
            rule=Rule.DID, allowed=free <= at, value=f"{did.number} {did.reason}".strip(), next_allowed_at=max(at, free)
        )


def _text(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
