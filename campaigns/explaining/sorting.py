"""Sorts the people of a campaign by what would become of each, as claiming would: for one reason each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from campaigns.explaining.forecasting import Cohort
from campaigns.explaining.population import Group
from campaigns.rules.deciding import LeadFacts, contact_zones
from campaigns.rules.ruleset import CampaignRules
from dialer.numbering.zones import telling_part

HOUR = timedelta(hours=1)


@dataclass(slots=True)
class SortedOut:
    """How many are what. ``callable``: by a number that stands for their zone, their zone, and from when on.

    Those who are suppressed for now, or held, may be called later and are among the callable.
    """

    callable: Counter[tuple[str, str, datetime | None]] = field(default_factory=Counter)
    suppressed: int = 0
    suppressed_for_now: int = 0
    held: int = 0
    invalid: int = 0
    lacking_required: int = 0
    never: Counter[str] = field(default_factory=Counter)

    def cohorts(self, rules: CampaignRules) -> list[Cohort]:
        """Return the callable for the plan."""
        return [
            Cohort(facts=_facts(number, time_zone, rules), size=size, free_at=free_at)
            for (number, time_zone, free_at), size in self.callable.items()
        ]

    def by_zones(self, rules: CampaignRules) -> Counter[tuple[str, ...]]:
        """Return how many of the callable may be in which zones, where their zones matter."""
        found: Counter[tuple[str, ...]] = Counter()
        if rules.needs_contact:
            for (number, time_zone, _), size in self.callable.items():
                found[contact_zones(_facts(number, time_zone, rules))] += size
        return found


def sort_out(*, groups: Sequence[Group], rules: CampaignRules, now: datetime) -> SortedOut:
    """Return what would become of each of ``groups`` at ``now``."""
    found = SortedOut()
    standing_for: dict[tuple[str, str], str] = {}
    for group in groups:
        if group.is_invalid:
            found.invalid += group.size
        elif group.is_suppressed and (group.suppressed_until is None or group.lacks_required):
            found.suppressed += group.size
        elif group.lacks_required:
            found.lacking_required += group.size
        else:
            zone = (group.time_zone, "" if group.time_zone else telling_part(group.number))
            _add(found, group, number=standing_for.setdefault(zone, group.number), rules=rules, now=now)
    return found


def _add(found: SortedOut, group: Group, *, number: str, rules: CampaignRules, now: datetime) -> None:
    """Count people who are free, now or once their suppression ends."""
    until = group.suppressed_until
    decided = rules.decide(lead=_facts(number, group.time_zone, rules), at=until or now)
    if not rules.problem and decided.next_allowed_at is not None:
        found.callable[number, group.time_zone, _next_hour(until) if until else None] += group.size
        found.suppressed_for_now += group.size if until else 0
        found.held += group.size if group.is_held else 0
    elif until is not None:
        found.suppressed += group.size
    else:
        found.never[rules.problem or decided.detail] += group.size


def _facts(number: str, time_zone: str, rules: CampaignRules) -> LeadFacts:
    """Return the facts of people who have what the profile requires."""
    required = dict.fromkeys(rules.profile.required_fields, "given") if rules.profile else {}
    return LeadFacts(number=number, time_zone=time_zone, variables=required)


def _next_hour(at: datetime) -> datetime:
    """Return the full hour that is not before ``at``: the plan needs no more, and so many go together."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    return hour if hour == at else hour + HOUR
