"""Cron expressions of every form against a look at each day and each minute: dates, lists, names, changed clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from campaigns.rules.cron import cron_problems, latest_edge, next_edge
from campaigns.rules.cron_fields import fields_problem
from campaigns.rules.cron_windows import HORIZON_DAYS, cron_problem, cron_spans, window_times
from tests.rules.cron_texts import DAY, Cron, crons
from tests.rules.tally import TRIED, share_of

MINUTE = timedelta(minutes=1)
#: Where clocks change, both ways, and where they do not; of each the hours around its changes.
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
CHANGES = {
    "Europe/Berlin": (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)),
    "America/New_York": (datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)),
    "Australia/Lord_Howe": (datetime(2026, 4, 4, 15, tzinfo=UTC), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    "Asia/Kolkata": (datetime(2028, 2, 29, 12, tzinfo=UTC), datetime(2026, 12, 31, 18, 30, tzinfo=UTC)),
}
PLACES = st.sampled_from([(zone, change) for zone, changes in CHANGES.items() for change in changes])
days = st.dates(date(2024, 1, 1), date(2029, 1, 1))
#: Rarest is the leap day: every fourth year.
RAREST_DAYS = 5 * 366


def edges(expression: str, zone: str, after: datetime, *, most: int) -> list[datetime]:
    """Return the next edges, as a schedule asks for them."""
    found: list[datetime] = []
    while len(found) < most:
        edge = next_edge(expression=expression, time_zone=zone, after=found[-1] if found else after)
        if edge is None:
            break
        found.append(edge)
    return found


@settings(max_examples=share_of(2_500), deadline=None)
@given(crons(), days)
def test_an_expression_names_the_days_and_times_that_it_says(cron: Cron, begins: date) -> None:
    TRIED["cron expressions"] += 1
    assert fields_problem(cron.text) == ""
    expected = list(islice(cron.walls(begins, RAREST_DAYS), 8))
    after = datetime.combine(begins, time(), tzinfo=UTC)
    found = [edge for edge in edges(cron.text, "UTC", after - MINUTE, most=8) if edge - after < RAREST_DAYS * DAY]
    assert [edge.replace(tzinfo=None) for edge in found] == expected
    assert not expected or not any("no instant" in problem for problem in cron_problems(cron.text))


@settings(max_examples=share_of(1_200), deadline=None)
@given(crons(), PLACES, st.integers(0, 1500))
def test_around_a_change_of_clocks_each_wall_time_comes_once(
    cron: Cron, place: tuple[str, datetime], back: int
) -> None:
    TRIED["cron expressions where clocks change"] += 1
    zone, change = place
    begins, ends = change - back * MINUTE, change + timedelta(hours=30)
    expected = _minute_by_minute(cron, ZoneInfo(zone), begins, ends)
    found = [edge for edge in edges(cron.text, zone, begins, most=len(expected) + 1) if edge <= ends]
    assert found == expected
    latest = latest_edge(expression=cron.text, time_zone=zone, after=begins, until=ends)
    assert latest == ((expected[-1], len(expected) - 1) if expected else None)


def _minute_by_minute(cron: Cron, zone: ZoneInfo, begins: datetime, ends: datetime) -> list[datetime]:
    """Walk from a day before: what a clock shows again counts no more; what it skips comes as long after the jump."""
    at = begins - DAY
    found: set[datetime] = set()
    seen = at.astimezone(zone).replace(tzinfo=None)
    while at <= ends:
        wall = at.astimezone(zone).replace(tzinfo=None)
        skipped, late = seen, timedelta(0)
        while skipped < wall:
            if cron.matches(skipped):
                found.add(at + late)
            skipped, late = skipped + MINUTE, late + MINUTE
        if wall >= seen and cron.matches(wall):
            found.add(at)
        seen = max(seen, wall + MINUTE)
        at += MINUTE
    return sorted(edge for edge in found if begins < edge <= ends)


@settings(max_examples=share_of(1_200), deadline=None)
@given(crons(), crons(), days, st.integers(0, 24 * 60))
def test_a_window_is_open_from_an_opening_until_the_next_closing(
    opens: Cron, closes: Cron, day: date, minute: int
) -> None:
    TRIED["cron windows of every form"] += 1
    assume(cron_problem(opens.text) == cron_problem(closes.text) == "")
    starts = datetime.combine(day, time()) + minute * MINUTE
    ends = starts + 3 * DAY
    found = list(cron_spans(opens=opens.text, closes=closes.text, starts=starts, ends=ends))
    before = starts.date() - 2 * HORIZON_DAYS * DAY
    walls = dict.fromkeys(opens.walls(before, 2 * HORIZON_DAYS + 5), True)
    # Where both fall on one minute the closing wins.
    walls |= dict.fromkeys(closes.walls(before, 2 * HORIZON_DAYS + 5), False)
    expected: list[tuple[datetime, datetime]] = []
    since: datetime | None = None
    for wall, opening in [*sorted(walls.items()), (ends, False)]:
        if opening and since is None:
            since = wall
        elif not opening and since is not None:  # or what is asked for ends
            span = max(since, starts), min(wall, ends)
            expected += [span] if span[0] < span[1] else []
            since = None
    assert found == expected


@settings(max_examples=share_of(1_200), deadline=None)
@given(crons(), PLACES, st.integers(0, 1500))
def test_the_next_times_of_a_window_are_those_that_a_clock_shows(
    cron: Cron, place: tuple[str, datetime], back: int
) -> None:
    zone, change = place
    after = change - back * MINUTE
    minutes = [after + n * MINUTE for n in range(1, 2 * 24 * 60)]
    shown = [at for at in minutes if cron.matches(at.astimezone(ZoneInfo(zone)).replace(tzinfo=None))]
    found = window_times(expression=cron.text, zone_name=zone, after=after, most=len(shown) + 1)
    assert [at for at in found if at <= minutes[-1]] == shown


@settings(max_examples=share_of(4_000), deadline=None)
@given(crons())
def test_a_window_that_does_not_open_in_every_year_is_refused(cron: Cron) -> None:
    # From a March on, so that the leap day of the year before is not seen.
    comes = any(True for _ in cron.walls(date(2025, 3, 2), HORIZON_DAYS - 1))
    assert (cron_problem(cron.text) == "") == comes


@pytest.mark.parametrize(
    ("expression", "after", "found"),
    [
        ("0 9 L * *", "2028-02-01", ["2028-02-29", "2028-03-31", "2028-04-30"]),
        ("0 9 29 2 *", "2026-01-01", ["2028-02-29", "2032-02-29", "2036-02-29"]),
        ("0 9 * * 7", "2026-03-02", ["2026-03-08", "2026-03-15", "2026-03-22"]),
        ("0 9 * * FRI-MON", "2026-03-03", ["2026-03-06", "2026-03-07", "2026-03-08"]),
        ("0 9 * * mon#1", "2026-03-03", ["2026-04-06", "2026-05-04", "2026-06-01"]),
        ("0 9 * * L5", "2026-03-01", ["2026-03-27", "2026-04-24", "2026-05-29"]),
        ("0 9 13 * 5", "2026-03-01", ["2026-03-06", "2026-03-13", "2026-03-20"]),
        ("0 9 31 * *", "2026-03-31T10:00", ["2026-05-31", "2026-07-31", "2026-08-31"]),
        ("0 9 1W * *", "2026-07-02", ["2026-08-03", "2026-09-01", "2026-10-01"]),
        ("0 9 * NOV-JAN 1", "2026-11-25", ["2026-11-30", "2026-12-07", "2026-12-14"]),
    ],
)
def test_dates_that_people_write(expression: str, after: str, found: list[str]) -> None:
    at = datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert cron_problems(expression) == []
    assert [f"{edge:%Y-%m-%d}" for edge in edges(expression, "UTC", at, most=3)] == found


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("61 9 * * *", "The minute '61' of '61 9 * * *' is not from 0 to 59"),
        ("0 24 * * *", "The hour '24'"),
        ("0 9 32 * *", "The day of month '32'"),
        ("0 9 0 * *", "The day of month '0'"),
        ("0 9 * 13 *", "The month '13'"),
        ("0 9 * FEBR *", "The month 'FEBR'"),
        ("0 9 * * 8", "The weekday '8'"),
        ("0 9 * * MON#6", "The weekday 'MON#6'"),
        ("0 9 * * 5L", "L5 for the last Friday"),
        ("0 9 * * MON,TUE#1", "beside those of one week"),
        ("0 9 * * 5-5", "The weekday '5-5'"),
        ("0 9-9 * * *", "The hour '9-9'"),
        ("0 9 * * 7-0", "The weekday '7-0'"),
        ("0 21-4/2 * * *", "The hour '21-4/2'"),
        ("*/0 9 * * *", "The minute '*/0'"),
        ("*/90 9 * * *", "The minute '*/90'"),
        ("0 9 * * 7/2", "write 0 for Sunday"),
        ("0 9,,10 * * *", "The hour '9,,10'"),
        ("0 9 *,5 * *", "The day of month '*,5'"),
        ("0 9 13 * 5#2", "give one of the two"),
        ("0 9 15W * 5", "give one of the two"),
        ("0 9 */2 * 1-5", "write the days themselves"),
        ("0 9 15,*/9 * TUE-MON", "write the days themselves"),
        ("0\u00a09 * * *", "five fields"),
        ("0 9 ٣ * *", "The day of month '٣'"),
        ("", "five fields"),
    ],
)
def test_what_is_wrong_is_told_with_the_field(expression: str, named: str) -> None:
    (problem,) = cron_problems(expression)
    assert named in problem
    assert cron_problem(expression) == problem


@pytest.mark.parametrize("expression", ["0 9 31 2 *", "0 9 30 FEB *", "0 9 31 4,6,9,11 *"])
def test_a_date_that_never_comes_is_refused(expression: str) -> None:
    assert "no such day" in cron_problems(expression)[0]
    assert cron_problem(expression)
    assert next_edge(expression=expression, time_zone="UTC", after=datetime(2026, 1, 1, tzinfo=UTC)) is None
