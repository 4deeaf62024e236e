"""Filters of the list of calls by which the numbers of a campaign lead to their rows.

They stand in no menu: each is shown where an address asks for it, so that it can be seen and taken away.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import F, Func, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from campaigns.explaining.calls_of_day import ids_around
from campaigns.explaining.errors_lately import calls_of_key, said_of_key
from campaigns.models import Attempt, ContactList
from campaigns.rules.week import DAYS, HOURS


class Linked(DropdownFilter):  # type: ignore[misc]
    """A filter that an address asks for, or that is not there."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the value that is asked for, if it is one."""
        value = request.GET.get(self.parameter_name, "")
        try:
            return [(value, self.said(value))] if value else []
        except (ValueError, IndexError):
            raise IncorrectLookupParameters from None

    def queryset(self, request: HttpRequest, queryset: QuerySet[Attempt]) -> QuerySet[Attempt]:
        """Return the rows of the value."""
        return self.rows(queryset, self.value()) if self.value() else queryset

    def said(self, value: str) -> str:
        """Return the value in words. Raises ValueError or IndexError for one that is none."""
        raise NotImplementedError

    def rows(self, queryset: QuerySet[Attempt], value: str) -> QuerySet[Attempt]:
        """Return the rows of a value that ``said`` took."""
        raise NotImplementedError


class Cause(Linked):
    """Calls that went wrong alike: see ``campaigns.explaining.errors_lately``."""

    title, parameter_name = "what went wrong", "cause"

    def said(self, value: str) -> str:
        """Return what went wrong."""
        calls_of_key(Attempt.objects.none(), key=value)
        return said_of_key(value)

    def rows(self, queryset: QuerySet[Attempt], value: str) -> QuerySet[Attempt]:
        """Return those calls."""
        return calls_of_key(queryset, key=value)


class Nth(Linked):
    """Calls by the number of the attempt."""

    title, parameter_name = "attempt", "nth"

    def said(self, value: str) -> str:
        """Return the number."""
        return f"No. {_small(value)}"

    def rows(self, queryset: QuerySet[Attempt], value: str) -> QuerySet[Attempt]:
        """Return the calls that were a lead's n-th."""
        return queryset.filter(nth=int(value))


class HourOfDay(Linked):
    """Calls by the hour of the day, by the clock of their campaign."""

    title, parameter_name = "hour of day", "hour"

    def said(self, value: str) -> str:
        """Return the hour."""
        return f"{_small(value, below=HOURS):02}:00"

    def rows(self, queryset: QuerySet[Attempt], value: str) -> QuerySet[Attempt]:
        """Return the calls of the hour."""
        return queryset.alias(day_hour=F("week_hour") % HOURS).filter(day_hour=int(value))


class Day(Linked):
    """Calls by their day, by the clock of their campaign."""

    title, parameter_name = "day", "day"

    def said(self, value: str) -> str:
        """Return the day."""
        return f"{date.fromisoformat(value):%d %b %Y}"

    def rows(self, queryset: QuerySet[Attempt], value: str) -> QuerySet[Attempt]:
        """Return the calls of the day."""
        day = date.fromisoformat(value)
        return queryset.filter(ids_around(day), called_on=day)


class Weekday(Linked):
    """Calls by the day of the week, by the clock of their campaign; 1 is Monday."""

    title, parameter_name = "weekday", "weekday"

    def said(self, value: str) -> str:
        """Return the day."""
        return DAYS[_small(value, least=1) - 1]

    def rows(self, queryset: QuerySet[Attempt], value: str) -> QuerySet[Attempt]:
        """Return the calls of the day."""
        first = (int(value) - 1) * HOURS
        return queryset.filter(week_hour__gte=first, week_hour__lt=first + HOURS)


class Said(Linked):
    """Calls by disposition, as dispositions are counted: in small letters."""

    title, parameter_name = "disposition", "disposition"

    def said(self, value: str) -> str:
        """Return the disposition."""
        if "\x00" in value:
            raise ValueError(value)
        return value[:40]

    def rows(self, queryset: QuerySet[Attempt], value: str) -> QuerySet[Attempt]:
        """Return the calls with it."""
        return queryset.alias(word=Func(F("disposition"), function="campaigns_word")).filter(word=value)


class OfList(Linked):
    """Calls by the list that their contact came from."""

    title, parameter_name = "list", "contact_list"

    def said(self, value: str) -> str:
        """Return the list's name."""
        name = ContactList.objects.filter(pk=_small(value, below=2**63)).values_list("name", flat=True).first()
        return name or f"#{value}"

    def rows(self, queryset: QuerySet[Attempt], value: str) -> QuerySet[Attempt]:
        """Return the calls of the list."""
        return queryset.filter(contact_list_id=int(value))


class Counts(Linked):
    """Calls that count as attempts, as all results do."""

    title, parameter_name = "counts as an attempt", "counts"

    def said(self, value: str) -> str:
        """Return the choice."""
        return ("No", "Yes")[_small(value, below=2)]

    def rows(self, queryset: QuerySet[Attempt], value: str) -> QuerySet[Attempt]:
        """Return the ended calls of the choice."""
        return queryset.filter(is_burned=value == "1")


LINKED = (Counts, Cause, Nth, Day, HourOfDay, Weekday, Said, OfList)


def _small(value: str, *, least: int = 0, below: int = 10_000) -> int:
    """Return a whole number. Raises ValueError for another text, and one that is out of its range."""
    if not value.isdecimal() or not least <= int(value) < below:
        raise ValueError(value)
    return int(value)
