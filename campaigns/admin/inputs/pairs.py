"""Names with what each stands for, in rows: a template's variables, those of a contact, the columns of a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar

from campaigns.models import Contact, ContactList
from campaigns.rows.columns import MEANINGS
from dialer.admin.plain_rows import Column, PlainRows
from dialer.admin.rows import Cells, Entries, Row, RowProblem, RowsField, as_text

#: So many lists are looked at for the names of their columns.
MOST_LISTS = 20
#: What every contact has.
OWN = ("name", "number", "external_reference")


class PairEntries(Entries):
    """Pairs of the provider's variable and the contact's."""

    parts: ClassVar[Mapping[str, str]] = {"theirs": "provider's variable", "ours": "column of the list"}
    #: What to say where an input is empty that may not be.
    asks: ClassVar[Mapping[str, str]] = {
        "theirs": "Enter the provider's name for it.",
        "ours": "Choose the column that fills it.",
    }

    def spread(self, value: Any) -> list[Any]:
        """Return pairs."""
        return [[theirs, ours] for theirs, ours in value.items()] if isinstance(value, dict) else []

    def gathered(self, entries: Sequence[Any]) -> dict[str, Any]:
        """Return the map."""
        return {theirs: ours for theirs, ours in entries}  # noqa: C416 - pairs are lists

    def shown(self, entry: Any) -> Cells | None:
        """Return the two names."""
        theirs, ours = entry
        return {"theirs": [theirs], "ours": [ours]} if theirs and isinstance(ours, str) and ours else None

    def read(self, row: Row, stored: Any) -> Any:
        """Return a pair."""
        for part, text in self.asks.items():
            if not row.one(part):
                raise RowProblem(part, text)
        return [row.one("theirs"), row.one("ours")]

    def check(self, rows: Sequence[Row], entries: Sequence[Any]) -> None:
        """Refuse two rows for one variable of the provider."""
        seen: set[str] = set()
        for row, (theirs, _) in zip(rows, entries, strict=True):
            if theirs in seen:
                row.problems["theirs"] = f"“{theirs}” is there twice."
            seen.add(theirs)


class VariableEntries(PairEntries):
    """A contact's variables; a value may be empty, and a number stays one."""

    parts: ClassVar[Mapping[str, str]] = {"theirs": "variable", "ours": "value"}
    asks: ClassVar[Mapping[str, str]] = {"theirs": "Enter its name, or remove the row."}

    def shown(self, entry: Any) -> Cells | None:
        """Return name and value."""
        name, value = entry
        return {"theirs": [name], "ours": [str(value)]} if isinstance(value, str) or _is_number(value) else None

    def read(self, row: Row, stored: Any) -> Any:
        """Return name and value."""
        name, text = super().read(row, stored)
        if isinstance(stored, list) and _is_number(stored[1]):
            with suppress(ValueError):
                return [name, type(stored[1])(text)]
        return [name, text]

    def words(self, entry: Any) -> str:
        """Return what is neither text nor number."""
        return f"{entry[0]}: {as_text(entry[1])}"


class MeaningEntries(PairEntries):
    """What the columns of a file are, by their names."""

    parts: ClassVar[Mapping[str, str]] = {"theirs": "column", "ours": "what it is"}
    asks: ClassVar[Mapping[str, str]] = {
        "theirs": "Enter the name of the column.",
        "ours": "Say what it is, or remove the row.",
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def columns_of(lists: Iterable[ContactList] | None = None) -> list[str]:
    """Return the variables of the first contact of each list; of the latest lists where none are given."""
    chosen = list(lists) if lists is not None else list(ContactList.objects.order_by("-pk")[:MOST_LISTS])
    found = dict.fromkeys(OWN)
    for one in chosen[:MOST_LISTS]:
        first = Contact.objects.filter(contact_list=one).order_by("pk").values_list("variables", flat=True).first()
        found |= dict.fromkeys(first if isinstance(first, dict) else {})
    return list(found)


def pairs_field(*, columns: Sequence[str] = (), theirs: Sequence[str] = (), **kwargs: Any) -> RowsField:
    """Return a field of a template's variables; ``columns`` and ``theirs`` are offered."""
    shown = (
        Column(part="theirs", label="provider's variable", placeholder="customer_name", list=theirs),
        Column(part="ours", label="is filled from column", placeholder="name", list=columns),
    )
    return RowsField(widget=PlainRows(PairEntries(), shown, noun="a variable"), **kwargs)


def variables_field(**kwargs: Any) -> RowsField:
    """Return a field of a contact's variables."""
    shown = (
        Column(part="theirs", label="variable", placeholder="amount_due"),
        Column(part="ours", label="is", wide=True, placeholder="4,200"),
    )
    return RowsField(widget=PlainRows(VariableEntries(), shown, noun="a variable"), **kwargs)


def meanings_field(**kwargs: Any) -> RowsField:
    """Return a field that says what columns are."""
    shown = (
        Column(part="theirs", label="column", placeholder="Mobile"),
        Column(part="ours", label="is", placeholder="phone", list=MEANINGS),
    )
    return RowsField(widget=PlainRows(MeaningEntries(), shown, noun="a column"), **kwargs)
