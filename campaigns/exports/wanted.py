"""What somebody asks an export for, and why that cannot be had. Pure."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Literal

from campaigns.exports.columns import TABLES, VARIABLE, Column, Table

What = Literal["attempts", "leads", "contacts"]
Form = Literal["csv", "jsonl", "xlsx", "parquet"]
Left = Literal["true", "false", "all"]
#: Forms with their media types and what people call them.
FORMS: dict[str, tuple[str, str]] = {
    "csv": ("text/csv; charset=utf-8", "CSV, for a spreadsheet"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel workbook"),
    "jsonl": ("application/x-ndjson", "JSON lines, for a program"),
    "parquet": ("application/vnd.apache.parquet", "Parquet, for analysis"),
}
#: Instead of names of variables: every one that there is.
EVERY = "*"
#: So many variables are columns at most: where there are more, those that are wanted are named.
MOST_VARIABLES = 500


class UnableToExport(Exception):
    """It cannot be had; ``field`` is what of the request is wrong."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to export.

    ``of_ids`` are campaigns, or lists of contacts. ``columns`` empty: the usual ones. ``variables`` are those of the
    contact and of the lead, each a column; ``("*",)``: all. ``time_zone``: in which instants are written. ``left``:
    calls that left us, those that never did, or both. ``since`` (inclusive) and ``until`` (exclusive) are of the end of
    a call or lead, and of the making of a contact. ``lead_ids``: of these leads alone, and their calls.
    """

    what: What = "attempts"
    form: Form = "csv"
    of_ids: tuple[int, ...]
    columns: tuple[str, ...] = ()
    variables: tuple[str, ...] | None = None
    time_zone: str = "UTC"
    left: Left = "true"
    since: datetime | None = None
    until: datetime | None = None
    lead_ids: tuple[int, ...] | None = None

    @property
    def table(self) -> Table:
        """Return what there is of such rows."""
        return TABLES[self.what]

    @property
    def zone(self) -> tzinfo:
        """Return the zone of the file's instants."""
        return UTC if self.time_zone == "UTC" else zoneinfo.ZoneInfo(self.time_zone)

    @property
    def wanted_variables(self) -> tuple[str, ...]:
        """Return the variables that are asked for; contacts come with all of theirs unless others are named."""
        if self.variables is None:
            return (EVERY,) if self.table.has_variables and not self.columns else ()
        return self.variables

    def chosen(self, variables: tuple[str, ...]) -> dict[str, Column]:
        """Return the columns of the file in their order, those of ``variables`` behind.

        Raises UnableToExport for one that there is not.
        """
        known, names = self.table.columns, self.columns or self.table.usual
        unknown = [name for name in names if name not in known]
        if unknown:
            raise UnableToExport(
                f"There is no column {unknown[0]!r} of {self.what}. There are: {', '.join(known)}; variables are named "
                "apart.",
                field="columns",
            )
        if len(variables) > MOST_VARIABLES:
            raise UnableToExport(
                f"There are {len(variables):,} variables; at most {MOST_VARIABLES} are columns: name those you want.",
                field="variables",
            )
        own = {name: known[name] for name in names}
        return own | {f"{VARIABLE}{name}": Column(name, "json") for name in variables}

    def as_json(self) -> dict[str, Any]:
        """Return it in words that JSON has, as it is written down."""
        return {
            "what": self.what,
            "form": self.form,
            "of": list(self.of_ids),
            "columns": list(self.columns),
            "variables": list(self.wanted_variables),
            "time_zone": self.time_zone,
            "left": self.left if self.what == "attempts" else None,
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "leads_chosen": len(self.lead_ids) if self.lead_ids is not None else None,
        }
