"""A template's variables, in rows: the provider's name beside the column of the list that fills it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from campaigns.models import Contact, ContactList
from dialer.admin.plain_rows import Column, PlainRows
from dialer.admin.rows import Cells, Entries, Row, RowProblem, RowsField

#: So many lists are looked at for the names of their columns.
MOST_LISTS = 20
#: What every contact has.
OWN = ("name", "number", "external_reference")


class PairEntries(Entries):
    """Pairs of the provider's variable and the contact's."""

    parts: ClassVar[Mapping[str, str]] = {"theirs": "provider's variable", "ours": "column of the list"}

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
        for part, text in (
            ("theirs", "Enter the provider's name for it."),
            ("ours", "Choose the column that fills it."),
        ):
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
