"""Who a campaign would call, counted: by what the rules treat alike, suppressed, invalid, capped, without variables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.claiming.suppressed import HOLDING, SUPPRESSED
from campaigns.models import CallTemplate, Campaign
from campaigns.rules.campaign import calls_of
from campaigns.rules.ruleset import CampaignRules
from dialer.numbering.zones import telling_part

#: Zones are told by so many characters of a number at most; see telling_part.
_PREFIX = 10
#: So many rows that lack a variable are named.
MOST_NAMED = 10
_COLUMNS = ("name", "external_reference", "number")

#: The people of a campaign: as enrolling makes them, one lead a number, the first contact that has it.
PEOPLE = """
SELECT DISTINCT ON (c.number) c.id, c.number, c.time_zone, c.name, c.external_reference, c.variables
  FROM campaigns_contact c
 WHERE c.contact_list_id IN (SELECT contactlist_id FROM campaigns_campaign_contact_lists
                              WHERE campaign_id = %(campaign)s)
   AND NOT EXISTS (SELECT 1 FROM campaigns_lead l WHERE l.campaign_id = %(campaign)s AND l.number = c.number
                      AND l.state <> 'PENDING')
 ORDER BY c.number, c.id
"""

_GROUPS = f"""
WITH people AS MATERIALIZED ({PEOPLE}),
suppressed AS (
    SELECT s.number, CASE WHEN bool_and(s.until IS NOT NULL) THEN max(s.until) END AS until FROM {SUPPRESSED} GROUP BY 1
),
held AS (SELECT DISTINCT h.number FROM {HOLDING})
SELECT p.time_zone, left(p.number, {_PREFIX}), min(p.number), s.number IS NOT NULL, s.until,
       h.number IS NOT NULL, p.number !~ '^[+][1-9][0-9]{{6,14}}$', <lacks>, count(*)
  FROM people p LEFT JOIN suppressed s ON s.number = p.number LEFT JOIN held h ON h.number = p.number
 GROUP BY 1, 2, 4, 5, 6, 7, 8
"""  # noqa: S608

_CALLED = f"""
SELECT p.number FROM ({PEOPLE}) p
 WHERE EXISTS (SELECT 1 FROM campaigns_attempt a WHERE a.number = p.number
                  AND (NOT a.is_rehearsal OR a.campaign_id = %(campaign)s)
                  AND a.reserved_at > %(now)s::timestamptz - make_interval(secs => %(seconds)s))
"""  # noqa: S608

_LACKING = f"""
WITH people AS MATERIALIZED ({PEOPLE}), lacking AS (
    SELECT v.name, p.id, row_number() OVER (PARTITION BY v.name ORDER BY p.id) AS nth,
           count(*) OVER (PARTITION BY v.name) AS total
      FROM people p CROSS JOIN unnest(%(names)s::text[]) AS v(name)
     WHERE COALESCE(CASE v.name WHEN 'name' THEN p.name WHEN 'external_reference' THEN p.external_reference
                                WHEN 'number' THEN p.number ELSE p.variables ->> v.name END, '') = ''
)
SELECT name, total, array_agg(id ORDER BY id) FROM lacking WHERE nth <= {MOST_NAMED} GROUP BY 1, 2 ORDER BY 1
"""  # noqa: S608


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """People of the same zones, one of whose numbers stands for all. ``suppressed_until`` None: if at all, for ever."""

    time_zone: str
    number: str
    is_suppressed: bool
    suppressed_until: datetime | None
    is_held: bool
    is_invalid: bool
    lacks_required: bool
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """A variable that calls need and contacts have not; ``contact_ids``: the first of them."""

    name: str
    needed_by: str
    contacts: int
    contact_ids: Sequence[int]


def read_groups(cursor: Any, *, campaign: Campaign, rules: CampaignRules, now: datetime) -> list[Group]:
    """Return the people of a campaign's lists who have not been called to an end."""
    required = list(rules.profile.required_fields) if rules.profile else []
    lacks = "FALSE"
    if required:
        lacks = "EXISTS (SELECT 1 FROM unnest(%(required)s::text[]) f WHERE COALESCE(p.variables ->> f, '') = '')"
    cursor.execute(_GROUPS.replace("<lacks>", lacks), {"campaign": campaign.pk, "now": now, "required": required})
    merged: dict[tuple[Any, ...], int] = {}
    examples: dict[tuple[Any, ...], str] = {}
    for time_zone, prefix, number, *kinds, count in cursor.fetchall():
        key = (time_zone, "" if time_zone else telling_part(prefix), *kinds)
        merged[key] = merged.get(key, 0) + count
        examples.setdefault(key, number)
    return [
        Group(
            time_zone=key[0],
            number=examples[key],
            is_suppressed=key[2],
            suppressed_until=key[3],
            is_held=key[4],
            is_invalid=key[5],
            lacks_required=key[6],
            size=size,
        )
        for key, size in merged.items()
    ]


def capped_people(cursor: Any, *, campaign: Campaign, rules: CampaignRules, now: datetime) -> int:
    """Return how many may not be called yet because of calls that other campaigns have made."""
    if not rules.caps:
        return 0
    seconds = rules.caps.longest_seconds
    cursor.execute(_CALLED, {"campaign": campaign.pk, "now": now, "seconds": seconds})
    called = [row[0] for row in cursor.fetchall()]
    calls = calls_of(cursor, numbers=called, seconds=seconds, now=now, rehearsal=rules.rehearsal)
    return sum(1 for dials in calls.values() if rules.caps.free_at(calls=dials, at=now)[1])


_PLACEHOLDER = re.compile(r"\{\{?\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}?\}")


def needed_variables(campaign: Campaign, rules: CampaignRules) -> dict[str, str]:
    """Return the contact's variables that calls need, with what needs each: a template, its text, the profile."""
    template, second = campaign.template, campaign.fallback_template
    if template.problem:
        return {}  # no call can be made with it, for any contact
    needed = _needed_by(template, "the template's")
    if second is not None and campaign.fallback_account_id is not None and not second.problem:
        needed = {**_needed_by(second, "the second account's template's"), **needed}
    for name in rules.profile.required_fields if rules.profile else ():
        needed.setdefault(name, f"the profile {rules.profile}")
    needed.pop("number", None)
    return needed


def _needed_by(template: CallTemplate, whose: str) -> dict[str, str]:
    names: Mapping[str, str] = template.variables
    needed = {ours: f"{whose} variable {theirs}" for theirs, ours in names.items()}
    for option, value in template.options.items():
        for name in _PLACEHOLDER.findall(str(value)):
            # With a map a text speaks the provider's names; one that the map lacks is given by nobody.
            needed.setdefault(names.get(name, name), f"{whose} {option}")
    return needed


def lacking(cursor: Any, *, campaign: Campaign, needed: Mapping[str, str]) -> list[Lacking]:
    """Return the needed variables that contacts lack."""
    if not needed:
        return []
    cursor.execute(_LACKING, {"campaign": campaign.pk, "names": list(needed)})
    return [
        Lacking(name=name, needed_by=needed[name], contacts=total, contact_ids=ids)
        for name, total, ids in cursor.fetchall()
    ]
