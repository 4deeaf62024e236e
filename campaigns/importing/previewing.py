"""What an upload would become: its first rows as they will be read; and what became of each JSON object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import orjson

from campaigns.importing.decoding import Pieces
from campaigns.importing.reading import Choices
from campaigns.importing.reporting import DUPLICATE
from campaigns.importing.running import judged_row
from campaigns.importing.sources import file_rows, mapping_rows
from campaigns.leads.numbers import let_through
from campaigns.models import Contact, ContactImport
from campaigns.rows.checking import Candidate
from campaigns.rows.columns import Layout
from campaigns.rows.table import Refused, Row

FIRST_ROWS = 20


def first_rows(pieces: Pieces, *, choices: Choices, region: str) -> list[dict[str, Any]]:
    """Return the first rows of a file as they will be read, each with what was made of its columns.

    ``region`` is the country of the list. Raises ImportProblem.
    """
    return _first(file_rows(pieces, choices=choices), choices.region or region)


def first_objects(rows: Iterable[Mapping[str, Any]], *, choices: Choices, region: str) -> list[dict[str, Any]]:
    """Return the first JSON objects in the same way."""
    return _first(mapping_rows(rows, choices=choices), choices.region or region)


def _first(rows: Iterator[Row | Refused], region: str) -> list[dict[str, Any]]:
    exceptions = let_through()
    return [_shown(judged_row(row, region=region, let_through=exceptions)) for row in islice(rows, FIRST_ROWS)]


def _shown(row: Candidate | Refused) -> dict[str, Any]:
    if isinstance(row, Refused):
        return {"row_number": row.row_number, "field": row.field, "code": row.code, "message": row.message}
    return {
        "row_number": row.row_number,
        "number": row.number,
        "further_numbers": orjson.loads(row.further_numbers or "[]"),
        "name": row.name or "",
        "external_reference": row.external_reference or "",
        "time_zone": row.time_zone or "",
        "variables": orjson.loads(row.variables),
        "columns": meanings(row.layout),
    }


def meanings(layout: Layout) -> dict[str, str]:
    """Return what each column is taken for, as ``column_map`` takes it."""
    found = {place: f"variables.{name}" for name, place in layout.variables}
    found.update(dict.fromkeys(layout.ignored, "ignore"))
    found.update(dict.fromkeys(layout.phones[1:], "further_number"))
    found[layout.phones[0]] = "phone"
    if len(layout.names) == 1:
        found[layout.names[0]] = "name"
    own = ((layout.external_reference, "external_reference"), (layout.time_zone, "time_zone"))
    found.update({place: name for place, name in own if place is not None})
    return {column: found[place] for place, column in enumerate(layout.columns) if place in found}


def row_results(
    contact_import: ContactImport, *, rows: Sequence[Mapping[str, Any]], choices: Choices
) -> list[dict[str, Any]]:
    """Return what became of each JSON object: ACCEPTED, DUPLICATE or REFUSED, with its contact or the reason."""
    region, exceptions = choices.region or contact_import.contact_list.default_region, let_through()
    judged = [judged_row(row, region=region, let_through=exceptions) for row in mapping_rows(rows, choices=choices)]
    refused = {one.row_number: one for one in contact_import.refusals.all()}
    numbers = [row.number for row in judged if isinstance(row, Candidate)]
    contacts = dict(
        Contact.objects.filter(contact_list=contact_import.contact_list_id, number__in=numbers).values_list(
            "number", "id"
        )
    )
    results = []
    for row in judged:
        why = refused.get(row.row_number)
        result = "ACCEPTED" if why is None else "DUPLICATE" if why.code in DUPLICATE else "REFUSED"
        number = row.number if isinstance(row, Candidate) else ""
        results.append(
            {
                "row_number": row.row_number,
                "result": result,
                "number": number,
                "contact": contacts.get(number),
                "field": why.field if why else "",
                "code": why.code if why else "",
                "message": why.message if why else "",
            }
        )
    return results
