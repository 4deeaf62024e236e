"""What claiming reads of leads: those that are due, in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from campaigns.rules.other_numbers import other_numbers


class DueLead(NamedTuple):
    """A lead that is due, with its contact."""

    id: int
    number: str
    contact_id: int
    name: str
    external_reference: str
    variables: Mapping[str, Any]
    turned_away: int = 0
    time_zone: str = ""
    avoid_did_id: int | None = None
    contact_list_id: int | None = None
    # Attempts that count, made before.
    attempts_made: int = 0
    # The contact's own number where another one of the person is rung now, and the others: those that are kept with the
    # contact, and those in variables that the campaign may ring.
    own_number: str = ""
    further_numbers: Sequence[str] = ()
    # All numbers of the person that are known, the one that is rung now first: a claim asks for them several times.
    numbers: tuple[str, ...] = ()


#: What placing knows of a lead ``l`` and its contact ``c``, as ``leads_of`` takes it.
LEAD_COLUMNS = """l.id, COALESCE(l.other_number, l.number), c.id, c.name, c.external_reference,
       COALESCE(c.variables || l.variables, c.variables), l.turned_away, c.time_zone, l.avoid_did_id, c.contact_list_id,
       l.attempts_made, l.number, c.further_numbers"""


class _Row(NamedTuple):
    """A row of LEAD_COLUMNS; variables and further numbers as JSON."""

    id: int
    number: str
    contact_id: int
    name: str
    external_reference: str
    variables: str
    turned_away: int
    time_zone: str
    avoid_did_id: int | None
    contact_list_id: int | None
    attempts_made: int
    own_number: str
    further_numbers: str


LEAD_WIDTH = len(_Row._fields)
_VARIABLES = _Row._fields.index("variables")

#: A second account takes no lead whose last call may have rung.
MAY_HAVE_RUNG = ("UNCERTAIN", "LOST")


# One look-up per rank (there are at most thirty): leads of a rank that are due later are never walked over. One of each
# contact as well: a plan that is kept knows no LIMIT, takes the leads for a tenth of all, and reads all contacts first.
_DUE = f"""
WITH RECURSIVE ranks AS (
    (SELECT rank FROM campaigns_lead WHERE campaign_id = %(campaign)s AND state = 'PENDING' ORDER BY rank LIMIT 1)
    UNION ALL
    SELECT (SELECT l.rank FROM campaigns_lead l
             WHERE l.campaign_id = %(campaign)s AND l.state = 'PENDING' AND l.rank > r.rank
             ORDER BY l.rank LIMIT 1)
      FROM ranks r WHERE r.rank IS NOT NULL
), due AS MATERIALIZED (
    SELECT l.*, r.rank
      FROM ranks r
     CROSS JOIN LATERAL (
           SELECT p.id, p.number, p.other_number, p.contact_id, p.next_attempt_at, p.turned_away, p.avoid_did_id,
                  p.variables, p.attempts_made
             FROM campaigns_lead p
            WHERE p.campaign_id = %(campaign)s AND p.state = 'PENDING' AND p.rank = r.rank
              AND p.next_attempt_at <= %(now)s
              AND (NOT %(standing_in)s::boolean OR p.last_outcome NOT IN {MAY_HAVE_RUNG})
            ORDER BY p.next_attempt_at, p.id LIMIT %(limit)s
            FOR UPDATE SKIP LOCKED) l
     WHERE r.rank IS NOT NULL
     ORDER BY r.rank, l.next_attempt_at, l.id
     LIMIT %(limit)s
)
SELECT {LEAD_COLUMNS}
  FROM due l
 CROSS JOIN LATERAL (SELECT * FROM campaigns_contact WHERE id = l.contact_id LIMIT 1) c
 ORDER BY l.rank, l.next_attempt_at, l.id
"""  # noqa: S608


def due_leads(
    cursor: Any,
    *,
    campaign_id: int,
    now: datetime,
    limit: int,
    number_names: Sequence[str] = (),
    standing_in: bool = False,
) -> list[DueLead]:
    """Return the first due leads of a campaign in their order, locked; leads that somebody holds are passed over.

    ``number_names``: what the campaign's retry matrix rings besides. ``standing_in``: without those whose last call may
    have rung, for an account that only stands in.
    """
    cursor.execute(_DUE, {"campaign": campaign_id, "now": now, "limit": limit, "standing_in": standing_in})
    return leads_of(cursor, cursor.fetchall(), number_names=number_names)


_REGIONS = "SELECT id, default_region FROM campaigns_contactlist WHERE id = ANY(%s)"


def leads_of(cursor: Any, rows: Sequence[Sequence[Any]], *, number_names: Sequence[str]) -> list[DueLead]:
    """Return the leads of rows that begin with LEAD_COLUMNS.

    ``number_names``: what their campaign's retry matrix rings besides.
    """
    leads = [_Row(*row[:LEAD_WIDTH]) for row in rows]
    if not number_names:
        return [_lead_of(row, variables=orjson.loads(row.variables), further=_further(row)) for row in leads]
    cursor.execute(_REGIONS, [list({row.contact_list_id for row in leads})])
    regions = dict(cursor.fetchall())
    return [_with_variables_numbers(row, number_names, regions[row.contact_list_id]) for row in leads]


def _further(row: _Row) -> list[str]:
    return orjson.loads(row.further_numbers) if row.further_numbers != "[]" else []


def _with_variables_numbers(row: _Row, number_names: Sequence[str], region: str) -> DueLead:
    kept, variables = _further(row), orjson.loads(row.variables)
    others = other_numbers(names=number_names, variables=variables, further_numbers=kept, region=region)
    return _lead_of(row, variables=variables, further=[*kept, *others])


def _lead_of(row: _Row, *, variables: Mapping[str, Any], further: Sequence[str]) -> DueLead:
    numbers = tuple(dict.fromkeys((row.number, row.own_number, *further)))
    return DueLead._make((*row[:_VARIABLES], variables, *row[_VARIABLES + 1 : -1], further, numbers))
