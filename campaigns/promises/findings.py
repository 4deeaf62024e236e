"""What an audit looks for, what it found, and what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

#: The promises by number, as docs/how-it-works.md lists them.
PROMISES: Mapping[int, str] = {
    1: "One ring per attempt",
    2: "Limits are facts",
    3: "Hours hold",
    4: "One person, one call",
    5: "Nothing is lost",
    6: "Events in any order",
    7: "Stop means stop",
    8: "Anything may die",
    9: "Every decision explains itself",
}
#: So many calls, leads or other rows of a finding are named.
MOST_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question of the audit. ``broken``: what it means where something is found; ``cure``: what to do then."""

    name: str
    promise: int
    broken: str
    cure: str


_PAUSE = "Pause the campaign, and report it with the record of the number (manage.py explain, evidence.csv)."
_REPORT = "Report it: it is a fault of the dialer. Its record says what was decided (evidence.csv of the number)."
CHECKS: Mapping[str, Check] = {
    check.name: check
    for check in (
        Check(name="lead-called-twice-at-once", promise=1, broken="two attempts of one lead overlapped", cure=_PAUSE),
        Check(
            name="called-again-blind",
            promise=1,
            broken="a lead was called again after a call that may have rung, though nothing had asked for it",
            cure=_PAUSE,
        ),
        Check(
            name="limit-exceeded",
            promise=2,
            broken="more calls were live than the limit allowed",
            cure="Pause its campaigns, compare the limit with the provider's, and report it.",
        ),
        Check(
            name="outside-hours",
            promise=3,
            broken="calls began while the rules that they were judged by did not allow it",
            cure=f"{_PAUSE} Compare the clocks of workers and PostgreSQL (manage.py check).",
        ),
        Check(name="number-called-twice-at-once", promise=4, broken="one number had two live calls", cure=_PAUSE),
        Check(name="cap-exceeded", promise=4, broken="a person was called more often than a cap allows", cure=_PAUSE),
        Check(
            name="suppressed-called",
            promise=4,
            broken="calls began to numbers that a suppression list barred",
            cure="Tell the persons concerned, see in the audit who changed the list and when, and report it.",
        ),
        Check(
            name="held-called",
            promise=4,
            broken="calls began to numbers that were held until somebody decides on an opt-out",
            cure="Decide on them (Possible opt-outs), and report it.",
        ),
        Check(
            name="lead-without-its-call",
            promise=5,
            broken="leads are DIALING and have no live attempt",
            cure="Nobody calls them until it is mended: report it; until then add them again as single calls.",
        ),
        Check(
            name="call-without-its-lead",
            promise=5,
            broken="live attempts whose lead is not DIALING",
            cure=_REPORT,
        ),
        Check(
            name="lead-left-behind",
            promise=5,
            broken="leads wait in a campaign that is over",
            cure="Start a worker: it ends or reopens them within seconds. Where workers run, report it.",
        ),
        Check(
            name="contact-without-lead",
            promise=5,
            broken="contacts of a started campaign's lists have no lead in it",
            cure="Pause and resume the campaign: it enrols what is missing. Report it if they stay.",
        ),
        Check(
            name="import-sums",
            promise=5,
            broken="the refused and duplicate rows of an upload are not as many as it counted",
            cure="Compare the report of its rows with the file, and upload the file again: known numbers are kept.",
        ),
        Check(
            name="counts-differ",
            promise=5,
            broken="kept counts are not what leads and attempts come to",
            cure="Repair them, calls may go on: manage.py check_counts --repair.",
        ),
        Check(
            name="result-untold",
            promise=5,
            broken="results of calls are not in the feed, so that no subscriber hears of them",
            cure="Read them by REST (attempts of the campaign), and report it.",
        ),
        Check(
            name="placed-after-stop",
            promise=7,
            broken="calls began while the campaign was paused, stopped or over",
            cure="Turn the kill switch, and report it.",
        ),
        Check(
            name="placed-while-switched-off",
            promise=7,
            broken="calls began while the kill switch was off",
            cure="Take the accounts' credentials away at the provider, and report it.",
        ),
        Check(
            name="stuck-call",
            promise=8,
            broken="live attempts are past their deadline, and nobody has ended them",
            cure="Start a worker, or see in the workers' logs why it does not reconcile.",
        ),
        Check(
            name="call-without-rules",
            promise=9,
            broken="calls have no version of the rules that allowed them",
            cure=_REPORT,
        ),
        Check(
            name="end-without-reason",
            promise=9,
            broken="leads were suppressed, expired or canceled without a reason",
            cure=_REPORT,
        ),
    )
}


@dataclass(slots=True, kw_only=True)
class Finding:
    """What a check found of one thing. ``ids``: the first few rows; ``first_at``: UTC, None where it has no instant."""

    check: Check
    of: str
    count: int = 0
    worst: str = ""
    ids: list[int] = field(default_factory=list)
    first_at: datetime | None = None

    def __str__(self) -> str:
        named = ", ".join(f"#{one}" for one in self.ids) + (", …" if self.count > len(self.ids) else "")
        since = f", first at {self.first_at:%Y-%m-%d %H:%M:%S} UTC" if self.first_at else ""
        worst = f" ({self.worst})" if self.worst else ""
        where = f"{self.of}: " if self.of else ""
        return f"{where}{self.check.broken}{worst}: {self.count:,} ({named}){since}. {self.check.cure}"

    def as_json(self) -> dict[str, Any]:
        """Return it fit for JSON."""
        return {
            "promise": self.check.promise,
            "check": self.check.name,
            "of": self.of,
            "broken": self.check.broken,
            "worst": self.worst,
            "count": self.count,
            "ids": self.ids,
            "first_at": self.first_at.isoformat() if self.first_at else None,
            "cure": self.check.cure,
        }


class Findings:
    """All that an audit finds, gathered by check and by what it concerns, so that a million rows make one sentence."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Finding] = {}

    def add(
        self,
        check: Check,
        *,
        ids: Iterable[int],
        of: str = "",
        at: datetime | None = None,
        worst: str = "",
        count: int = 1,
    ) -> None:
        """Add ``count`` rows that break a promise; the first ``ids`` are kept, and the first instant."""
        finding = self._found.setdefault((check.name, of), Finding(check=check, of=of))
        finding.count += count
        finding.ids.extend(list(ids)[: MOST_NAMED - len(finding.ids)])
        finding.worst = worst or finding.worst
        if at is not None and (finding.first_at is None or at < finding.first_at):
            finding.first_at = at

    def __iter__(self) -> Any:
        return iter(sorted(self._found.values(), key=lambda one: (one.check.promise, one.check.name, one.of)))

    def __len__(self) -> int:
        return sum(finding.count for finding in self._found.values())
