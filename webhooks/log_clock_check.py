"""Whether the clock of an account's call log is right: rows of calls that we placed, compared with our own times.

A log whose times are hours off matches no call, and says so nowhere. So the check asks for a stretch that is wider than
any clock can be off, and looks whether the rows lie at an even distance from the calls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Max

from campaigns.models import Attempt
from dialer.accounts.asking import ask
from dialer.accounts.findings import Finding, Subject, fine, problem
from dialer.encryption import UndecryptableError
from dialer.http.client import NotSent, Unanswered
from dialer.models import ProviderAccount
from dialer.providers import rereading
from dialer.providers.base import CallReport, LogQuery
from webhooks.rules.written_numbers import spellings

#: So many of the latest calls are compared, if they were placed within so long.
MOST_CALLS = 50
WITHIN = timedelta(days=1)
#: No clock of a log is further off than the widest zones are apart.
FURTHEST = timedelta(hours=14)
#: A row begins so near to its call, once its clock is put right: the party that rings first can ring for a minute.
NEAR_SECONDS = 120.0
#: Clocks of zones differ by whole half hours.
STEP_SECONDS = 1800.0
#: So many calls must tell the same.
FEWEST = 3
#: So many of the latest rows are looked through: there may be millions.
LOOKED_THROUGH = 100_000

Placed = tuple[str, datetime]


def log_clock_findings(account: ProviderAccount, *, now: datetime) -> list[Finding]:
    """Return what there is to say of the log's clock; nothing where no setting mends it, or nothing shows."""
    setting = account.api.log_clock_setting
    placed = _placed(account, now) if setting else []
    if len(placed) < FEWEST:
        return []
    offset = offset_minutes(placed=placed, rows=_rows(account, placed, now))
    if offset is None:
        return []
    name = account.api.name
    if offset == 0:
        return [fine(Subject.CLOCK, f"The times of {name}'s call log agree with ours.")]
    value = _set_minutes(account) + offset
    text = f"The times of {name}'s call log are {_words(offset)} those of our calls: their results are not found in it."
    return [problem(Subject.CLOCK, text, f"Set {setting} of the account's settings to {value}.")]


def offset_minutes(*, placed: Sequence[Placed], rows: Iterable[Placed]) -> int | None:
    """Return by how many minutes rows are ahead of our calls to the same numbers, None where that does not show.

    Each call counts once for each distance at which a row of its number lies, so calls that were repeated after an hour
    do not outvote the rows that lie where they should.
    """
    by_number: dict[str, list[datetime]] = {}
    for number, at in rows:
        by_number.setdefault(number, []).append(at)
    votes: Counter[int] = Counter()
    for number, at in placed:
        votes.update({step for row in by_number.get(number, ()) if (step := _step(row - at)) is not None})
    most = max(votes.values(), default=0)
    if most < FEWEST:
        return None
    # Where it is a tie, the nearest.
    return min((step for step, count in votes.items() if count == most), key=abs) * 30


def _step(distance: timedelta) -> int | None:
    """Return the whole half hours that a distance is, None where it lies between them."""
    seconds = distance.total_seconds()
    step = round(seconds / STEP_SECONDS)
    return step if -10.0 <= seconds - step * STEP_SECONDS <= NEAR_SECONDS else None


def _placed(account: ProviderAccount, now: datetime) -> list[Placed]:
    """Return numbers and instants of the account's latest calls that were taken."""
    newest = Attempt.objects.aggregate(newest=Max("pk"))["newest"] or 0
    known = Attempt.objects.filter(pk__gt=newest - LOOKED_THROUGH, account=account)
    latest = known.filter(placed_at__gt=now - WITHIN).order_by("-id")
    found = latest.values_list("number", "placing_at")[:MOST_CALLS]
    return [(number, at) for number, at in found if at is not None]


def _rows(account: ProviderAccount, placed: Sequence[Placed], now: datetime) -> list[Placed]:
    """Return numbers and instants of the log's rows around our calls, its newest page; none where it cannot be read."""
    first = min(at for _, at in placed)
    query = LogQuery(since_at=first - FURTHEST, until_at=now + FURTHEST)
    try:
        reply = ask(account=account, request=account.api.build_log(account=account.config, query=query))
    except (NotSent, Unanswered, ValueError, UndecryptableError):
        return []
    page = rereading.log_page(provider=account.api, account=account.config, query=query, reply=reply)
    ours = {number for number, _ in placed}
    return [row for report in page.reports for row in _named(report, ours)] if page is not None else []


def _named(report: CallReport, ours: set[str]) -> list[Placed]:
    if report.started_at is None:
        return []
    numbers = spellings(report.to_number, countries=()) | spellings(report.from_number, countries=())
    return [(number, report.started_at) for number in sorted(numbers & ours)]


def _set_minutes(account: ProviderAccount) -> int:
    settings: Mapping[str, object] = account.settings
    given = str(settings.get(account.api.log_clock_setting) or "0")
    return int(given) if given.lstrip("-").isdecimal() else 0


def _words(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    length = " ".join(part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest else "") if part)
    return f"{length} {'ahead of' if minutes > 0 else 'behind'}"
