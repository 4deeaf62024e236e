"""Statistics over REST are what the calls come to, whatever tells them apart, and stay so when calls are deleted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rest_framework.test import APIClient

from campaigns.counting.folding import fold_all, fold_changes
from campaigns.models import Attempt, Campaign, KeptCount
from campaigns.rules.week import DAYS, hour_of_week
from campaigns.settling.reports import settle
from dialer.providers.base import CallReport, Outcome, Phase
from tests.api.conftest import API, api
from tests.campaigns.world import NOON, account, agent, campaign, claimed, contact_list, did, enrol_campaign, numbers

pytestmark = pytest.mark.django_db

__all__ = ["api"]

ZONE = "Asia/Kolkata"


#: What becomes of calls in their order, again and again.
ENDS: list[tuple[Outcome, str, float | None]] = [
    (Outcome.ANSWERED, "Interested", 61.5),
    (Outcome.BUSY, "", None),
    (Outcome.ANSWERED, "not interested", 12.25),
    (Outcome.MACHINE, "", 3.0),
    (Outcome.NO_ANSWER, "", None),
    (Outcome.ANSWERED, "He would rather think about it until the week after next", 90.0),
    (Outcome.LOST, "", None),
]


def end(attempt_id: int, n: int, now: datetime) -> None:
    outcome, disposition, talk = ENDS[n % len(ENDS)]
    report = CallReport(phase=Phase.ENDED, outcome=outcome, disposition=disposition, talk_seconds=talk)
    settle(reports=[(attempt_id, report)], now=now)


def called() -> Campaign:
    """Return a campaign that has called two lists, with two agents, over two DIDs and two days."""
    owner = account(provider="intellicall", fleet=None)
    made = campaign(
        owner,
        leads=8,
        dids=[did(owner, 3), did(owner, 3)],
        agents=[agent(owner), agent(owner)],
        time_zone=ZONE,
        max_attempts=2,
        retry_rules={"BUSY": 0, "NO_ANSWER": 0},
    )
    made.contact_lists.add(contact_list(numbers(4)))
    enrol_campaign(campaign_id=made.pk, now=NOON - timedelta(hours=1))
    n = 0
    for turn in range(12):
        now = NOON + timedelta(hours=3 * turn)
        for call in claimed(owner, now=now, room=2).reserved:
            end(call.attempt_id, n, now)
            n += 1
        fold_changes(most=3)
    assert n > 12
    # One word comes late, and one is corrected.
    late = Attempt.objects.filter(campaign=made, outcome="BUSY").order_by("id")[0]
    settle(reports=[(late.pk, CallReport(phase=Phase.ENDED, outcome=Outcome.BUSY, disposition="Busy!"))], now=NOON)
    lost = Attempt.objects.filter(campaign=made, outcome="LOST").order_by("id")[0]
    end(lost.pk, 0, NOON)
    return made


VALUES: dict[str, Callable[[Attempt, int], Any]] = {
    "hour": lambda attempt, _: attempt.reserved_at.astimezone(ZoneInfo(ZONE)).hour,
    "day": lambda attempt, _: f"{attempt.reserved_at.astimezone(ZoneInfo(ZONE)):%Y-%m-%d}",
    "weekday": lambda attempt, _: attempt.reserved_at.astimezone(ZoneInfo(ZONE)).isoweekday(),
    "did": lambda attempt, _: attempt.did_id,
    "agent": lambda attempt, _: attempt.agent_id,
    "list": lambda attempt, _: attempt.lead.contact.contact_list_id,
    "attempt": lambda _, nth: nth,
    "template": lambda attempt, _: attempt.campaign.template_id,
    "disposition": lambda attempt, _: attempt.disposition.lower() if len(attempt.disposition) < 41 else "(longer text)",
}


def counted_anew(made: Campaign, by: str) -> dict[str, dict[str, Any]]:
    """Return what the rows themselves come to, call by call."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    earlier: Counter[int] = Counter()
    for attempt in Attempt.objects.filter(campaign=made, is_burned=True).order_by("id"):
        earlier[attempt.lead_id] += 1
        value = VALUES[by](attempt, earlier[attempt.lead_id])
        if value not in (None, ""):
            row = found[str(value)]
            row["calls"] += 1
            row["answered"] += attempt.outcome in ("ANSWERED", "MACHINE")
            row["contacts"] += attempt.outcome == "ANSWERED"
            # A disposition of a call that nobody took is no conversion.
            row["conversions"] += attempt.outcome == "ANSWERED" and attempt.disposition in ("Interested", "Busy!")
            row["talk_ms"] += round((attempt.talk_seconds or 0) * 1000)
    return {value: {name: row[name] for name in NAMES} for value, row in found.items()}


CONVERTED = "converted=INTERESTED&converted=busy!"
NAMES = ("calls", "answered", "contacts", "conversions", "talk_ms")


def told(api: APIClient, made: Campaign, query: str = "") -> Any:
    reply = api.get(f"{API}/campaigns/{made.pk}/statistics/?{query}")
    assert reply.status_code == 200, reply.content
    return reply.json()


def by(rows: list[dict[str, Any]], what: str) -> dict[str, dict[str, Any]]:
    return {
        row["value"]: {name: row[name] for name in NAMES[:-1]} | {"talk_ms": round(row["talk_seconds"] * 1000)}
        for row in rows
        if row["by"] == what
    }


def test_statistics_are_what_the_calls_come_to(api: APIClient) -> None:
    made = called()
    found = told(api, made, CONVERTED)
    for what in VALUES:
        expected = counted_anew(made, what)
        assert by(found["rows"], what) == expected, what
        assert len(expected) > 1 or what == "template"
    fold_all()
    assert told(api, made, CONVERTED) == found
    assert found["total"]["calls"] == Attempt.objects.filter(campaign=made, is_burned=True).count()


def test_what_was_deleted_stays_in_the_statistics(api: APIClient) -> None:
    made = called()
    found = told(api, made)
    Attempt.objects.filter(campaign=made).exclude(ended_at=None)._raw_delete("default")
    assert told(api, made) == found
    fold_all()
    assert told(api, made) == found
    assert KeptCount.objects.filter(campaign=made, counted="DID", gone__gt=0).exists()


def test_rates_and_names_are_said(api: APIClient) -> None:
    made = called()
    found = told(api, made, "by=did&by=weekday&converted=interested&converted=busy!")
    assert {row["by"] for row in found["rows"]} == {"did", "weekday"}
    assert {row["name"] for row in found["rows"] if row["by"] == "did"} == {one.number for one in made.dids.all()}
    assert {row["name"] for row in found["rows"] if row["by"] == "weekday"} <= set(DAYS)
    total = found["total"]
    assert total["contact_rate"] == round(total["contacts"] / total["calls"], 4)
    assert total["conversion_rate"] == round(total["conversions"] / total["contacts"], 4)
    assert told(api, made)["total"]["conversion_rate"] is None
    empty = told(api, campaign(account(), leads=1))
    assert (empty["rows"], empty["total"]["calls"], empty["total"]["answer_rate"]) == ([], 0, None)
    assert api.get(f"{API}/campaigns/{made.pk}/statistics/?by=colour").status_code == 400


@pytest.mark.parametrize(
    ("at", "zone", "hour"),
    [
        (datetime(2026, 3, 2, tzinfo=UTC), "UTC", 0),  # a Monday
        (datetime(2026, 3, 1, 18, 30, tzinfo=UTC), "Asia/Kolkata", 0),
        (datetime(2026, 3, 1, 18, 29, tzinfo=UTC), "Asia/Kolkata", 167),
        (datetime(2026, 3, 8, 23, 59, tzinfo=UTC), "UTC", 167),
        (datetime(2026, 3, 2, tzinfo=UTC), "Mars/Olympus", None),
    ],
)
def test_the_hour_of_the_week_is_by_the_clock_of_the_zone(at: datetime, zone: str, hour: int | None) -> None:
    assert hour_of_week(at, zone=zone) == hour
