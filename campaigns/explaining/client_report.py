"""What a campaign came to, for whom it was called: figures, days, outcomes and dispositions, and what they mean.

All of it from the counts that the results tab and REST have (`campaigns/{id}/statistics/`, `progress/`): nothing is
counted anew, and no person is in it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from campaigns.counting.totals import Totals, totals_of
from campaigns.explaining.statistics import By, Figures, Statistics, campaign_statistics
from dialer.providers.vocabulary import Outcome, in_words

#: What each outcome says, for somebody who knows no dialer.
MEANINGS: Mapping[str, str] = {
    Outcome.ANSWERED: "A person took the call.",
    Outcome.MACHINE: "A mailbox or an answering machine took it.",
    Outcome.NO_ANSWER: "It rang, and nobody took it.",
    Outcome.BUSY: "The line was busy, or the call was declined.",
    Outcome.FAILED: "The network could not connect it: the number is wrong, switched off or out of reach.",
    Outcome.CANCELED: "It was ended before anybody took it.",
    Outcome.REFUSED: "The telephone provider did not place it.",
    Outcome.LOST: "It was placed, and how it ended was never told.",
    Outcome.UNCERTAIN: "Whether it was placed is not known.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of a table of calls: what it is of, how many, their share, and what it means."""

    name: str
    calls: int
    percent: int
    meaning: str = ""
    is_success: bool = False

    @property
    def words(self) -> str:
        """Its name as a client reads it: "Not interested" of ``not_interested``."""
        return in_words(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientReport:
    """``days``: by the campaign's clock. ``dispositions``: of calls that a person took, with their share of these.

    ``successes`` None: nobody has said which dispositions are one.
    """

    totals: Totals
    total: Figures
    people_called: int
    days: Sequence[Figures]
    outcomes: Sequence[Line]
    dispositions: Sequence[Line]

    @property
    def successes(self) -> int | None:
        """Calls whose disposition is a success."""
        return self.total.conversions

    @property
    def first_day(self) -> date | None:
        """The first day with a call that has ended."""
        return date.fromisoformat(self.days[0].value) if self.days else None

    @property
    def last_day(self) -> date | None:
        """The last one."""
        return date.fromisoformat(self.days[-1].value) if self.days else None

    @property
    def talk_seconds_each(self) -> float | None:
        """How long a call that a person took lasted on average; None where that is not told."""
        total = self.total
        return total.talk_seconds / total.contacts if total.contacts and total.is_talk_told else None

    @property
    def sentences(self) -> list[str]:
        """What it comes to, in sentences."""
        people, calls, taken = self.totals.leads, self.total.calls, self.total.contacts
        if not calls:
            return ["No call has ended yet."]
        canceled = f", {self.totals.leads_canceled:,} of them canceled" if self.totals.leads_canceled else ""
        said = [
            f"Of {people:,} people on its lists {self.people_called:,} ({percent(self.people_called, people)} %) were "
            f"called at least once; {self.totals.leads_ended:,} have ended{canceled}: they are not called again.",
            f"{calls:,} calls were made, {calls / max(1, self.people_called):.1f} for each person called. "
            f"A person took {taken:,} of them ({percent(taken, calls)} %).",
        ]
        if self.successes is not None:
            said.append(
                f"{self.successes:,} calls were a success: {percent(self.successes, taken)} % of those that a person "
                f"took, {percent(self.successes, self.people_called)} for every 100 people called."
            )
        return said


def client_report(*, campaign_id: int, successes: Collection[str] = ()) -> ClientReport:
    """Return the report of a campaign; ``successes``: dispositions that are one. Two statements."""
    found = campaign_statistics(campaign_id=campaign_id, by=[By.ATTEMPT, By.DAY, By.DISPOSITION], converted=successes)
    with connection.cursor() as cursor:
        totals = totals_of(cursor, campaign_ids=[campaign_id])[campaign_id]
    return ClientReport(
        totals=totals,
        total=found.total,
        people_called=next((row.calls for row in _of(found, By.ATTEMPT) if row.value == "1"), 0),
        days=_of(found, By.DAY),
        outcomes=[
            Line(
                name=in_words(outcome),
                calls=calls,
                percent=percent(calls, found.total.calls),
                meaning=MEANINGS.get(outcome, ""),
            )
            for outcome, calls in found.total.outcomes.most_common()
        ],
        # What a provider calls the end of a call that nobody took was said by nobody.
        dispositions=[
            Line(
                name=row.name,
                calls=row.contacts,
                percent=percent(row.contacts, found.total.contacts),
                is_success=bool(row.conversions),
            )
            for row in sorted(_of(found, By.DISPOSITION), key=lambda row: -row.contacts)
            if row.contacts
        ],
    )


def percent(part: int, whole: int) -> int:
    """Return how many in a hundred, rounded; 0 of none."""
    return round(100 * part / whole) if whole else 0


def _of(found: Statistics, by: By) -> list[Figures]:
    return [row for row in found.rows if row.by == by]
