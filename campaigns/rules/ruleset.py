"""All rules of one campaign as one value, made of its row. Pure: ``rules.campaign`` reads the row."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from campaigns.rules.caps import NO_CAPS, Caps
from campaigns.rules.deciding import (
    CapFacts,
    Decision,
    DIDFacts,
    LeadFacts,
    Profile,
    Rule,
    Schedule,
    decide,
    schedule_problem,
)
from campaigns.rules.did_rotation import Rotation
from campaigns.rules.hours import Hours, is_open
from campaigns.rules.retry import Matrix, matrix_of
from campaigns.rules.stored import caps_of, hours_of, profile_of
from campaigns.rules.walls import BrokenRule


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRules:
    """All rules of one campaign. ``problem``: why it may call nobody at all; empty if it may."""

    state: str
    schedule: Schedule
    profile: Profile | None
    profile_id: int | None
    caps: Caps
    purpose: str
    rotation: Rotation
    max_attempts: int
    matrix: Matrix
    # The campaign's own clock, whichever its hours follow.
    zone: str = "UTC"
    # The campaign's id where its calls are rehearsed: they count for it alone, and those of others not for it.
    rehearsal: int | None = None
    problem: str = ""
    # All of them as JSON, whatever the campaign's state, and the digest by which versions are told apart.
    text: str = ""
    digest: str = ""

    @property
    def judges_leads(self) -> bool:
        """Whether its leads have to be looked at one by one; else the campaign's own hours say it all."""
        legal = self.profile is not None and (self.profile.hours is not None or self.profile.required_fields)
        return self.schedule.time_zone is None or bool(legal) or bool(self.caps)

    @property
    def needs_contact(self) -> bool:
        """Whether an instant is permitted or not by the contact's time zone."""
        return self.schedule.time_zone is None or (self.profile is not None and self.profile.hours is not None)

    def is_surely_closed(self, at: datetime) -> bool:
        """Return whether the campaign calls nobody at all at ``at``; ``closed_by`` says why."""
        schedule = self.schedule
        if self.problem or (schedule.starts_at is not None and at < schedule.starts_at):
            return True
        if schedule.ends_at is not None and at >= schedule.ends_at:
            return True
        if schedule.time_zone is None:
            return False
        try:
            return not is_open(requirements=((schedule.hours, schedule.time_zone),), at=at)
        except BrokenRule:
            return True

    def closed_by(self, at: datetime) -> Decision | None:
        """Return why the campaign calls nobody at ``at``, or None where that depends on the lead or it is open."""
        if self.problem:
            return Decision(allowed=False, next_allowed_at=None, rule=Rule.BROKEN, detail=self.problem)
        found = self.decide(lead=_ANYBODY, at=at) if self.schedule.time_zone is not None else self._dates(at)
        return None if found.allowed else found

    def _dates(self, at: datetime) -> Decision:
        """Decide by start and end alone, as the hours are the contacts' own."""
        always = Schedule(
            hours=_ALWAYS, time_zone="UTC", starts_at=self.schedule.starts_at, ends_at=self.schedule.ends_at
        )
        return decide(lead=_ANYBODY, did=None, schedule=always, profile=None, caps=CapFacts(), at=at)

    def decide(
        self, *, lead: LeadFacts, at: datetime, calls: Sequence[datetime] = (), did: DIDFacts | None = None
    ) -> Decision:
        """Decide on a lead, ``_ANYBODY`` by the campaign's own schedule. See ``rules.deciding.decide``."""
        if lead is _ANYBODY:
            return decide(lead=lead, did=None, schedule=self.schedule, profile=None, caps=CapFacts(), at=at)
        facts = CapFacts(caps=self.caps, calls=calls)
        return decide(lead=lead, did=did, schedule=self.schedule, profile=self.profile, caps=facts, at=at)


_ANYBODY = LeadFacts(number="")
_ALWAYS = hours_of([{"days": "1234567", "opens": "00:00", "closes": "12:00"}, {"opens": "12:00", "closes": "00:00"}])


class RulesRow(NamedTuple):
    """What a campaign and its profile say, as it is stored: see ``rules.campaign``. JSON is text."""

    state: str
    time_zone: str
    hours_follow: str
    window_opens: time
    window_closes: time
    windows: str
    country: str
    subdivision: str
    blackout_dates: str
    open_dates: str
    starts_at: datetime | None
    ends_at: datetime | None
    caps: str
    minimum_gap_seconds: int
    purpose: str
    rotation: str
    max_attempts: int
    retry_rules: str
    profile_id: int | None
    slug: str | None
    version: int | None
    profile_rules: str | None
    rehearsal: int | None = None


def rules_of_row(row: Iterable[Any]) -> CampaignRules:
    """Return the rules of a row. Never raises: a rule that cannot be read becomes the ``problem``."""
    return _rules(RulesRow(*row))


@lru_cache(maxsize=512)
def _rules(row: RulesRow) -> CampaignRules:
    windows = _windows(row)
    text = _text(row, windows)
    hours, profile, own, problem = Hours(windows=()), None, NO_CAPS, ""
    try:
        hours = hours_of(
            windows,
            country=row.country,
            subdivision=row.subdivision,
            own=orjson.loads(row.blackout_dates),
            opened=orjson.loads(row.open_dates),
        )
        own = caps_of(orjson.loads(row.caps), minimum_gap_seconds=row.minimum_gap_seconds)
        if row.slug is not None:
            profile = profile_of(slug=row.slug, version=row.version or 0, rules=orjson.loads(row.profile_rules or "{}"))
    except BrokenRule as error:
        problem = str(error)
    return CampaignRules(
        state=row.state,
        schedule=Schedule(
            hours=hours,
            time_zone=None if row.hours_follow == "CONTACT" else row.time_zone,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
        ),
        profile=profile,
        profile_id=row.profile_id,
        caps=own.with_those_of(profile.caps) if profile else own,
        purpose=row.purpose,
        rotation=Rotation(row.rotation) if row.rotation in set(Rotation) else Rotation.MOST_ROOM,
        max_attempts=row.max_attempts,
        matrix=matrix_of(row.retry_rules),
        zone=row.time_zone,
        rehearsal=row.rehearsal,
        problem=problem,
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )


def _windows(row: RulesRow) -> list[dict[str, Any]]:
    """Return the windows as they are stored; a campaign without any has its two times."""
    if row.windows:
        found: list[dict[str, Any]] = orjson.loads(row.windows)
        return found
    return [{"opens": row.window_opens.isoformat(), "closes": row.window_closes.isoformat()}]


def _text(row: RulesRow, windows: list[dict[str, Any]]) -> str:
    """Return all rules as JSON, equal for equal rules."""
    opened = orjson.loads(row.open_dates)
    said = {
        "time_zone": row.time_zone,
        "hours_follow": row.hours_follow,
        "windows": windows,
        "holidays": [row.country, row.subdivision],
        "blackout_dates": orjson.loads(row.blackout_dates),
        **({"open_dates": opened} if opened else {}),
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "caps": orjson.loads(row.caps),
        "minimum_gap_seconds": row.minimum_gap_seconds,
        "purpose": row.purpose,
        "did_rotation": row.rotation,
        "max_attempts": row.max_attempts,
        "retry_rules": orjson.loads(row.retry_rules),
        "profile": {"slug": row.slug, "version": row.version, "rules": orjson.loads(row.profile_rules or "{}")},
    }
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode()


def never_open(*, rules: CampaignRules, at: datetime) -> str:
    """Return why the campaign can never call anybody from ``at`` on, or an empty text."""
    return rules.problem or schedule_problem(schedule=rules.schedule, profile=rules.profile, at=at)
