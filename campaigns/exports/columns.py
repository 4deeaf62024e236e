"""What the columns of exports are called, where their values come from, and of what kind they are. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from campaigns.rows.columns import FURTHER, VARIABLE

__all__ = ["BETWEEN_NUMBERS", "TABLES", "VARIABLE", "Column", "Kind", "Table"]

Kind = Literal["integer", "number", "text", "truth", "instant", "json"]
#: Between several numbers in one cell, as uploads read them.
BETWEEN_NUMBERS = " ::: "


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the path of its value from the row's table, its kind, and whether it is there without being named."""

    path: str
    kind: Kind = "text"
    is_usual: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """What can be exported of one kind of rows."""

    words: str
    columns: Mapping[str, Column]
    #: Where variables are, those that go before first; and by what rows are chosen: a campaign or a list, and time.
    variables: tuple[str, ...]
    scope: str
    time: str
    #: Whether all variables are there without being named.
    has_variables: bool = False

    @property
    def usual(self) -> tuple[str, ...]:
        """Return the columns that are there without being named."""
        return tuple(name for name, column in self.columns.items() if column.is_usual)


_ATTEMPTS = {
    "attempt_id": Column("id", "integer"),
    "campaign_id": Column("campaign_id", "integer"),
    "lead_id": Column("lead_id", "integer"),
    "number": Column("number"),
    "external_reference": Column("lead__contact__external_reference"),
    "name": Column("lead__contact__name"),
    "outcome": Column("outcome"),
    "disposition": Column("disposition"),
    "reserved_at": Column("reserved_at", "instant"),
    "answered_at": Column("answered_at", "instant"),
    "ended_at": Column("ended_at", "instant"),
    "talk_seconds": Column("talk_seconds", "number"),
    "duration_seconds": Column("duration_seconds", "number"),
    "digits": Column("digits"),
    "cost": Column("cost"),
    "detail": Column("detail"),
    "from_number": Column("did__number"),
    "external_id": Column("external_id"),
    "recording_url": Column("recording_url"),
    "lead_state": Column("lead__state"),
    "absent_once_at": Column("absent_once_at", "instant"),
    "absent_at": Column("absent_at", "instant"),
    "reference": Column("reference", is_usual=False),
    "campaign": Column("campaign__name", is_usual=False),
    "account": Column("account__name", is_usual=False),
    "agent": Column("agent__name", is_usual=False),
    "contact_id": Column("lead__contact_id", "integer", is_usual=False),
    "contact_list": Column("lead__contact__contact_list__name", is_usual=False),
    "time_zone": Column("lead__contact__time_zone", is_usual=False),
    "placed_at": Column("placed_at", "instant", is_usual=False),
    "left": Column("is_burned", "truth", is_usual=False),
    "refusal": Column("refusal", is_usual=False),
    "outcome_source": Column("outcome_source", is_usual=False),
    "disagreement": Column("disagreement", is_usual=False),
    "disconnected_by": Column("disconnected_by", is_usual=False),
    "transcript": Column("transcript", "json", is_usual=False),
    "analysis": Column("analysis", "json", is_usual=False),
}
_LEADS = {
    "lead_id": Column("id", "integer"),
    "campaign_id": Column("campaign_id", "integer"),
    "number": Column("number"),
    "external_reference": Column("contact__external_reference"),
    "name": Column("contact__name"),
    "state": Column("state"),
    "state_reason": Column("state_reason"),
    "attempts_made": Column("attempts_made", "integer"),
    "last_outcome": Column("last_outcome"),
    "last_attempt_at": Column("last_attempt_at", "instant"),
    "next_attempt_at": Column("next_attempt_at", "instant"),
    "ended_at": Column("ended_at", "instant"),
    "campaign": Column("campaign__name", is_usual=False),
    "contact_id": Column("contact_id", "integer", is_usual=False),
    "contact_list": Column("contact__contact_list__name", is_usual=False),
    "time_zone": Column("contact__time_zone", is_usual=False),
    "callback_at": Column("callback_at", "instant", is_usual=False),
    "created_at": Column("created_at", "instant", is_usual=False),
}
#: Named as uploads name them: what was exported is uploaded again as it is.
_CONTACTS = {
    "phone": Column("number"),
    FURTHER: Column("further_numbers"),
    "name": Column("name"),
    "external_reference": Column("external_reference"),
    "time_zone": Column("time_zone"),
    "contact": Column("id", "integer", is_usual=False),
    "contact_list": Column("contact_list__name", is_usual=False),
    "created_at": Column("created_at", "instant", is_usual=False),
}
TABLES: Mapping[str, Table] = {
    "attempts": Table("Calls", _ATTEMPTS, ("lead__variables", "lead__contact__variables"), "campaign_id", "ended_at"),
    "leads": Table("Leads", _LEADS, ("variables", "contact__variables"), "campaign_id", "ended_at"),
    "contacts": Table("Contacts", _CONTACTS, ("variables",), "contact_list_id", "created_at", has_variables=True),
}
