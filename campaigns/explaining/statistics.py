"""How well calls of a campaign do: answers, contacts, conversions and talk time, by hour, DID, list and so on."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from campaigns.counting.by_what import Calls, as_counted, calls_by
from campaigns.models import CallTemplate, ContactList, Counted
from campaigns.rules.week import DAYS, HOURS
from dialer.models import DID, Agent
from dialer.providers.base import Outcome

#: Somebody or something took the call; a person did.
ANSWERED = frozenset({Outcome.ANSWERED, Outcome.MACHINE})
CONTACT = Outcome.ANSWERED


class By(enum.StrEnum):
    """By what calls are told apart."""

    HOUR = "hour"
    DAY = "day"
    WEEKDAY = "weekday"
    DID = "did"
    LIST = "list"
    ATTEMPT = "attempt"
    DISPOSITION = "disposition"
    AGENT = "agent"
    TEMPLATE = "template"


_COUNTED = {
    By.HOUR: Counted.HOUR,
    By.DAY: Counted.DAY,
    By.WEEKDAY: Counted.HOUR,
    By.DID: Counted.DID,
    By.LIST: Counted.LIST,
    By.ATTEMPT: Counted.NTH,
    By.DISPOSITION: Counted.DISPOSITION,
    By.AGENT: Counted.AGENT,
    By.TEMPLATE: Counted.TEMPLATE,
}
#: What each value of these is called: where the names are, and under which field.
_NAMED: dict[By, tuple[Any, str]] = {
    By.DID: (DID, "number"),
    By.LIST: (ContactList, "name"),
    By.AGENT: (Agent, "name"),
    By.TEMPLATE: (CallTemplate, "name"),
}


@dataclass(slots=True, kw_only=True)
class Figures:
    """Of some calls. ``conversions``: contacts with a disposition that is one; None: nobody has said which are."""

    by: By | None = None
    value: str = ""
    name: str = ""
    outcomes: Counter[str] = field(default_factory=Counter)
    conversions: int | None = None
    talk_ms: int = 0

    @property
    def calls(self) -> int:
        """Calls that count as attempts and have ended."""
        return self.outcomes.total()

    @property
    def answered(self) -> int:
        """Calls that a person or a machine took."""
        return sum(self.outcomes[outcome] for outcome in ANSWERED)

    @property
    def contacts(self) -> int:
        """Calls that a person took."""
        return self.outcomes[CONTACT]

    @property
    def talk_seconds(self) -> float:
        """All talk together that providers tell, in seconds."""
        return self.talk_ms / 1000

    @property
    def is_talk_told(self) -> bool:
        """Whether ``talk_seconds`` says anything: False where people took calls, and of none a talk time is known."""
        return self.talk_ms > 0 or not self.contacts

    @property
    def answer_rate(self) -> float | None:
        """Answered calls of all calls, from 0 to 1."""
        return _share(self.answered, self.calls)

    @property
    def contact_rate(self) -> float | None:
        """Contacts of all calls, from 0 to 1."""
        return _share(self.contacts, self.calls)

    @property
    def conversion_rate(self) -> float | None:
        """Conversions of contacts, from 0 to 1."""
        return None if self.conversions is None else _share(self.conversions, self.contacts)

    def add(self, calls: Calls, *, is_conversion: bool | None) -> None:
        """Add what was counted; ``is_conversion``: where a person took it. None: nobody has said what one is."""
        self.outcomes[calls.outcome] += calls.number
        self.talk_ms += calls.talk_ms
        if is_conversion is not None:
            self.conversions = (self.conversions or 0) + (
                calls.number if is_conversion and calls.outcome == CONTACT else 0
            )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Of one campaign, at one instant."""

    total: Figures
    rows: Sequence[Figures]


def campaign_statistics(*, campaign_id: int, by: Collection[By], converted: Collection[str] = ()) -> Statistics:
    """Return the figures of a campaign's calls by each of ``by``; ``converted``: dispositions that are a success."""
    with connection.cursor() as cursor:
        words = as_counted(cursor, dispositions=converted) if converted else set()
        # Every call has its number of attempt, so that these come to all of them.
        found = calls_by(cursor, campaign_id=campaign_id, counted={Counted.NTH, *(_COUNTED[each] for each in by)})
    total = _gathered(found, Counted.NTH, words, lambda _: "").get("", Figures())
    return Statistics(total=total, rows=[row for each in By if each in by for row in _rows(each, found, words)])


def _rows(by: By, found: Mapping[Counted, Iterable[Calls]], words: Collection[str]) -> list[Figures]:
    rows = _gathered(found, _COUNTED[by], words, _value_of(by))
    names = _names(by, rows)
    for value, figures in rows.items():
        figures.by, figures.value, figures.name = by, value, names.get(value, value)
    return sorted(
        rows.values(), key=lambda row: (len(row.value), row.value) if row.value.isdigit() else (99, row.value)
    )


def _gathered(
    found: Mapping[Counted, Iterable[Calls]],
    counted: Counted,
    words: Collection[str],
    value_of: Callable[[str], str],
) -> dict[str, Figures]:
    rows: dict[str, Figures] = {}
    for calls in found[counted]:
        disposition = calls.value if counted == Counted.DISPOSITION else calls.disposition
        row = rows.setdefault(value_of(calls.value), Figures())
        row.add(calls, is_conversion=disposition in words if words else None)
    return rows


def _value_of(by: By) -> Callable[[str], str]:
    if by == By.HOUR:
        return lambda value: str(int(value) % HOURS)
    if by == By.WEEKDAY:
        return lambda value: str(int(value) // HOURS + 1)
    return str


def _names(by: By, values: Iterable[str]) -> dict[str, str]:
    """Return what values are called, where that is not what they are; what was deleted since keeps its id."""
    if by == By.HOUR:
        return {value: f"{int(value):02}:00" for value in values}
    if by == By.WEEKDAY:
        return {value: DAYS[int(value) - 1] for value in values}
    if by not in _NAMED:
        return {}
    model, name = _NAMED[by]
    rows = model.objects.filter(pk__in=[int(value) for value in values]).values_list("pk", name)
    return {str(pk): text for pk, text in rows}
