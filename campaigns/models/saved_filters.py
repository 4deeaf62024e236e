"""Filters that somebody saved under a name: of the people of a campaign, or of its calls. Everybody sees them."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now


class FilteredRows(models.TextChoices):
    """Which list a filter is of."""

    PEOPLE = "PEOPLE", "People"
    CALLS = "CALLS", "Calls"


#: What a filter may ask, by the names of the list's address. None of them holds a person's number.
MAY_ASK: dict[str, frozenset[str]] = {
    FilteredRows.PEOPLE: frozenset({"state__exact", "waits", "last_outcome"}),
    FilteredRows.CALLS: frozenset(
        {
            *("state__exact", "outcome__exact", "live", "counts", "nth", "day", "hour", "weekday", "disposition"),
            *("contact_list", "account__id__exact", "did__id__exact", "agent__id__exact"),
        }
    ),
}


class SavedFilter(models.Model):
    """What is asked of a list, without the campaign: it is offered on each campaign's page."""

    rows = models.CharField(
        "of", max_length=6, choices=FilteredRows.choices, help_text="Of the people of a campaign, or of its calls."
    )
    name = models.CharField(max_length=60)
    query = models.CharField(
        "filter",
        max_length=300,
        help_text="As in the address of the list, without the campaign, e.g. state__exact=PENDING&waits=due.",
    )
    added_by = models.CharField(max_length=150, blank=True, default="", editable=False)
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["rows", "name"], name="filter_one_per_rows_and_name")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse what the list cannot be asked, and bring the rest into one form."""
        if "\x00" in self.query:
            raise ValidationError({"query": "Null characters are not allowed."})
        asked = parse_qsl(self.query.lstrip("?"), keep_blank_values=False)
        may_ask = MAY_ASK.get(self.rows, frozenset())
        unknown = sorted({name for name, _ in asked} - may_ask)
        if unknown:
            known = ", ".join(sorted(may_ask))
            raise ValidationError({"query": f"This list cannot be asked for {', '.join(unknown)}; it can for {known}."})
        if not asked:
            raise ValidationError({"query": "Say what to filter by, such as state__exact=PENDING."})
        self.query = urlencode(sorted(asked))


def filter_of_address(rows: str, asked: dict[str, str]) -> str:
    """Return what of an address can be saved as a filter of such rows; empty where that is nothing."""
    return urlencode(sorted((name, value) for name, value in asked.items() if name in MAY_ASK[rows] and value))
