"""Writes of what reports say of a call besides its state: by themselves, or in the statement that ends the attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, Protocol

#: The facts that a report of the end overrules, each with a bit of ``Attempt.end_facts``.
BITS: Mapping[str, int] = {
    name: 1 << n
    for n, name in enumerate(
        (
            "disposition",
            "talk_seconds",
            "duration_seconds",
            "disconnected_by",
            "recording_url",
            "answered_at",
            "digits",
            "cost",
            "transcript",
            "analysis",
        )
    )
}
#: A further bit of ``Attempt.end_facts``: nobody has told when the call was answered, we only saw that it was.
SEEN = 1 << len(BITS)
NUMBERS = frozenset({"talk_seconds", "duration_seconds"})
JSON = frozenset({"transcript", "analysis"})


class Said(Protocol):
    """What reports say of an attempt: each of BITS, None where nothing is said; ``of_end``: bits that its end says."""

    @property
    def attempt_id(self) -> int: ...

    @property
    def external_id(self) -> str | None: ...

    @property
    def of_end(self) -> int: ...


def _chosen(name: str) -> str:
    """Return the expression for what an attempt knows of ``name`` after a report: as ``Facts.merged`` decides."""
    known, given, bit = f"a.{name}", f"v.{name}", BITS[name]
    # Written out where it is used: a transcript is read as JSON once.
    said = f"{given}::jsonb" if name in JSON else given
    nothing = "IS NULL"
    if name == "answered_at":
        nothing = f"IS NULL OR (a.end_facts & {SEEN}) <> 0"
    if name not in NUMBERS | JSON | {"answered_at"}:
        nothing = "= ''"
    fuller = {
        "disposition": known,
        "answered_at": f"LEAST({known}, {said})",
        **{number: f"GREATEST(a.{number}, v.{number})" for number in NUMBERS},
    }.get(
        name,
        f"""CASE WHEN {known} = {said} OR (length({known}::text), {known}::text COLLATE "C")
                        >= (length({said}::text), {said}::text COLLATE "C") THEN {known} ELSE {said} END""",
    )
    return f"""CASE WHEN {given} IS NULL THEN {known}
           WHEN {known} {nothing} OR (v.of_end & ~a.end_facts & {bit}) <> 0 THEN {said}
           WHEN (a.end_facts & ~v.of_end & {bit}) <> 0 THEN {known}
           ELSE {fuller} END"""


#: Facts in the order of their values, with the type of each.
COLUMNS: Mapping[str, str] = {
    "external_id": "text",
    **{name: "float8" if name in NUMBERS else "text" for name in BITS},
    "answered_at": "timestamptz",
    "of_end": "int",
}
_row = attrgetter(*COLUMNS)
_NOTHING = (None,) * len(COLUMNS)
#: What an UPDATE of attempts ``a`` sets by rows ``v`` with COLUMNS; NULL says nothing.
SET = f"""external_id = COALESCE(a.external_id, v.external_id),
       end_facts = (a.end_facts & ~CASE WHEN v.answered_at IS NULL THEN 0 ELSE {SEEN} END) | COALESCE(v.of_end, 0),
       {", ".join(f"{name} = {_chosen(name)}" for name in BITS)}"""
#: The arrays of such rows, as ``values`` gives them.
UNNEST = ", ".join(f"%(fact_{name})s::{kind}[]" for name, kind in COLUMNS.items())

_ADD_FACTS = f"""
UPDATE campaigns_attempt a SET {SET}
  FROM unnest(%(attempts)s::bigint[], {UNNEST}) AS v(attempt_id, {", ".join(COLUMNS)})
 WHERE a.id = v.attempt_id
"""  # noqa: S608


def values(said: Sequence[Said | None]) -> dict[str, list[Any]]:
    """Return the values of UNNEST: a row for each, without any fact for None."""
    columns = list(zip(*(_row(one) if one else _NOTHING for one in said), strict=True)) or [()] * len(COLUMNS)
    return {f"fact_{name}": list(column) for name, column in zip(COLUMNS, columns, strict=True)}


def add_facts(cursor: Any, *, facts: Sequence[Said]) -> int:
    """Fill in what reports say of calls; return how many of them are known. No state changes."""
    cursor.execute(_ADD_FACTS, {"attempts": [fact.attempt_id for fact in facts], **values(facts)})
    return int(cursor.rowcount)
