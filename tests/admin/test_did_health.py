"""How a DID is answered, by day and lately; what looks like spam is said, with what to do; it can rest at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.explaining.did_health import DIDHealth, Rate, read_did_health
from campaigns.models import Attempt, Campaign
from dialer.models import DID
from tests.admin import builders
from tests.api.conftest import API, with_token


def did(*, latest: Rate, earlier: Rate, **values: Any) -> DIDHealth:
    plain: dict[str, Any] = {
        "id": 1, "number": "+911", "label": "", "account": "A", "is_active": True, "resting_until": None,
        "today": 10, "cap": None, "rests_by_itself": False,
    }  # fmt: skip
    return DIDHealth(**{**plain, **values}, latest=latest, earlier=earlier)


def rate(rang: int, answered: int, short: int = 0) -> Rate:
    return Rate(calls=rang, rang=rang, answered=answered, timed=answered, short=short)


@pytest.mark.parametrize(
    ("latest", "earlier", "today", "verdict", "signs"),
    [
        (rate(100, 30), rate(300, 90), 10, "GOOD", []),
        (rate(100, 10), rate(300, 90), 10, "SPAM", ["fallen"]),
        (rate(100, 19), rate(300, 90), 10, "GOOD", []),
        (rate(29, 0), rate(300, 90), 10, "GOOD", []),
        (rate(100, 40, short=30), rate(300, 90, short=30), 10, "WATCH", ["short"]),
        (rate(100, 30), rate(300, 90), 140, "WATCH", ["many"]),
        (rate(100, 5, short=5), rate(300, 90, short=90), 140, "SPAM", ["fallen", "short", "many"]),
        (rate(5, 1), rate(0, 0), 5, "NEW", []),
    ],
)
def test_what_looks_like_spam_is_said(latest: Rate, earlier: Rate, today: int, verdict: str, signs: list[str]) -> None:
    found = did(latest=latest, earlier=earlier, today=today)
    assert (found.verdict, [sign.kind for sign in found.signs]) == (verdict, signs)


def test_a_cap_that_is_low_enough_is_no_sign() -> None:
    assert did(latest=rate(100, 30), earlier=rate(300, 90), today=100, cap=100).verdict == "GOOD"
    assert did(latest=rate(100, 30), earlier=rate(300, 90), today=400, cap=500).verdict == "WATCH"


def calls(made: Campaign, outcomes: str, *, at: datetime, talk_seconds: float | None = 60, first: int) -> None:
    for nth, outcome in enumerate(outcomes.split()):
        call = builders.attempt(
            builders.lead(made, f"+9199{first + nth:08}", state="COMPLETED", ended_at=at),
            outcome=outcome, talk_seconds=talk_seconds, called_on=at.date(),
        )  # fmt: skip
        Attempt.objects.filter(pk=call.pk).update(reserved_at=at)


@pytest.mark.django_db
@pytest.mark.usefixtures("next_day")
def test_its_calls_are_told_by_day(owner: Client) -> None:
    now = timezone.now()
    made = builders.campaign(builders.account(), number=1)
    used = made.dids.get()
    calls(made, "ANSWERED ANSWERED NO_ANSWER REFUSED", at=now - timedelta(days=2), first=0)
    calls(made, "ANSWERED BUSY", at=now - timedelta(days=1, hours=1), talk_seconds=2, first=10)
    calls(made, "ANSWERED", at=now - timedelta(days=20), first=20)
    with connection.cursor() as cursor:
        (found,) = read_did_health(cursor, now=now, ids=[used.pk])
    assert (found.all.calls, found.all.rang, found.all.answered, found.all.short) == (6, 5, 3, 1)
    assert [rate.answered_percent for _, rate in found.days] == [50, 67]
    page = owner.get(reverse("admin:campaigns_did_health_of", args=[used.pk])).content.decode()
    assert "that says nothing yet" in page
    assert "Rest and rotate" in page
    listed = owner.get(reverse("admin:campaigns_did_health")).content.decode()
    assert f'data-did="{used.pk}"' in listed
    assert "Too few calls to tell" in listed
    assert owner.get(reverse("admin:campaigns_did_health_of", args=[used.pk + 1])).status_code == 404
    assert "No further DID" in owner.get(reverse("admin:campaigns_did_health"), {"page": 2}).content.decode()
    (told,) = with_token(User.objects.create_superuser("root")).get(f"{API}/did-health/?did={used.pk}").json()
    assert (told["verdict"], told["latest"]) == ("NEW", {"calls": 6, "rang": 5, "answered": 3, "timed": 3, "short": 1})
    assert [(day["calls"], day["answered"]) for day in told["days"]] == [(2, 1), (4, 2)]
    # The sidebar leads here.
    assert reverse("admin:campaigns_did_health") in owner.get(reverse("admin:dialer_did_changelist")).content.decode()


@pytest.mark.django_db
def test_where_no_talk_time_is_told_no_share_of_short_calls_is(owner: Client) -> None:
    used = builders.campaign(builders.account(), number=1)
    calls(used, "ANSWERED " * 40, at=timezone.now() - timedelta(days=1), talk_seconds=None, first=0)
    with connection.cursor() as cursor:
        (found,) = read_did_health(cursor, now=timezone.now(), ids=[used.dids.get().pk])
    assert (found.all.answered, found.all.timed, found.all.short_percent) == (40, 0, None)
    page = owner.get(reverse("admin:campaigns_did_health_of", args=[found.id])).content.decode()
    assert "<dt>Short</dt><dd>not told</dd>" in page


@pytest.mark.django_db
def test_a_did_rests_as_somebody_says(owner: Client) -> None:
    used = builders.campaign(builders.account(), number=1).dids.get()
    address = reverse("admin:dialer_did_change", args=[used.pk])
    page = owner.get(address)
    form = {
        name: value if value is not None else ""
        for name, value in page.context["adminform"].form.initial.items()
        if name not in ("account", "calls")
    }
    until = (timezone.now() + timedelta(days=3)).replace(microsecond=0)
    form |= {"resting_until_0": f"{until:%Y-%m-%d}", "resting_until_1": f"{until:%H:%M:%S}", "is_active": "on"}
    reply = owner.post(address, form)
    assert reply.status_code == 302, reply.context["adminform"].form.errors
    assert DID.objects.get(pk=used.pk).resting_until == until
