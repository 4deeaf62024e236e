"""What the retry matrix asks about leads whose attempts end, read only where a campaign's rules ask for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from campaigns.rules.campaign import calls_of
from campaigns.rules.deciding import LeadFacts
from campaigns.rules.other_numbers import other_numbers
from campaigns.rules.ruleset import CampaignRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Of a lead: what the rules look at, its numbers, its earlier attempts by outcome and disposition, its dials."""

    facts: LeadFacts
    numbers: Sequence[str] = ()
    before: Mapping[tuple[str, str], int] = field(default_factory=dict)
    calls: Sequence[datetime] = ()


class Called(NamedTuple):
    """An attempt, of whose person is asked, and the rules that ask."""

    attempt_id: int
    lead_id: int
    number: str
    rules: CampaignRules


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contact:
    own_number: str
    time_zone: str
    variables: Mapping[str, Any]
    region: str
    further_numbers: Sequence[str]


_CONTACTS = """
SELECT l.id, l.number, c.time_zone, COALESCE(c.variables || l.variables, c.variables), cl.default_region,
       c.further_numbers
  FROM campaigns_lead l
  JOIN campaigns_contact c ON c.id = l.contact_id
  JOIN campaigns_contactlist cl ON cl.id = c.contact_list_id
 WHERE l.id = ANY(%s)
"""
_BEFORE = """
SELECT lead_id, outcome, lower(disposition), count(*) FROM campaigns_attempt
 WHERE lead_id = ANY(%s) AND is_burned AND id <> ALL(%s) GROUP BY 1, 2, 3
"""


def read_people(cursor: Any, *, called: Sequence[Called], now: datetime) -> dict[int, Person]:
    """Return the persons of attempts by attempt id.

    No query where no rule asks for anything: then a person is its number.
    """
    contacts = _contacts(cursor, _leads(called, lambda rules: rules.needs_contact or rules.matrix.needs_contact))
    before = _before(cursor, called)
    theirs = {
        one.attempt_id: _numbers(contacts[one.lead_id], one.rules.matrix.other_numbers)
        if one.lead_id in contacts
        else [one.number]
        for one in called
    }
    dials = _dials(cursor, called, theirs, now)
    people = {}
    for one in called:
        contact = contacts.get(one.lead_id)
        people[one.attempt_id] = Person(
            facts=LeadFacts(
                number=one.number,
                time_zone=contact.time_zone if contact else "",
                variables=contact.variables if contact else {},
            ),
            numbers=theirs[one.attempt_id],
            before=before.get(one.lead_id, {}),
            calls=[
                dial
                for number in dict.fromkeys([one.number, *theirs[one.attempt_id]])
                for dial in dials[one.rules.rehearsal].get(number, ())
            ],
        )
    return people


def _dials(
    cursor: Any, called: Sequence[Called], theirs: Mapping[int, Sequence[str]], now: datetime
) -> Mapping[int | None, Mapping[str, Sequence[datetime]]]:
    """Return the dials of numbers; those of each rehearsal by themselves, under its campaign's id."""
    numbers: dict[int | None, dict[str, None]] = defaultdict(dict)
    rules = {id(one.rules): one.rules for one in called}
    for one in called:
        numbers[one.rules.rehearsal].update(dict.fromkeys((one.number, *theirs[one.attempt_id])))
    return {
        rehearsal: calls_of(
            cursor,
            numbers=list(asked),
            seconds=max(each.caps.longest_seconds for each in rules.values() if each.rehearsal == rehearsal),
            now=now,
            rehearsal=rehearsal,
        )
        for rehearsal, asked in numbers.items()
    }


def _leads(called: Sequence[Called], asks: Callable[[CampaignRules], bool]) -> list[int]:
    return [one.lead_id for one in called if asks(one.rules)]


def _contacts(cursor: Any, lead_ids: list[int]) -> dict[int, _Contact]:
    if not lead_ids:
        return {}
    cursor.execute(_CONTACTS, [lead_ids])
    return {
        lead_id: _Contact(
            own_number=number,
            time_zone=time_zone,
            variables=_loaded(variables),
            region=region,
            further_numbers=_loaded(further_numbers),
        )
        for lead_id, number, time_zone, variables, region, further_numbers in cursor.fetchall()
    }


def _before(cursor: Any, called: Sequence[Called]) -> dict[int, dict[tuple[str, str], int]]:
    lead_ids = _leads(called, lambda rules: rules.matrix.needs_history)
    found: dict[int, dict[tuple[str, str], int]] = defaultdict(dict)
    if lead_ids:
        cursor.execute(_BEFORE, [lead_ids, [one.attempt_id for one in called]])
        for lead_id, outcome, disposition, times in cursor.fetchall():
            found[lead_id][outcome, disposition] = times
    return found


def _numbers(contact: _Contact, names: Sequence[str]) -> list[str]:
    """Return the contact's number and, in the order of ``names``, its others."""
    others = other_numbers(
        names=names, variables=contact.variables, further_numbers=contact.further_numbers, region=contact.region
    )
    return list(dict.fromkeys([contact.own_number, *others]))


def _loaded(value: Any) -> Any:
    loaded: Any = orjson.loads(value) if isinstance(value, str | bytes) else value
    return loaded
