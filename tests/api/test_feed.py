"""The feed, notices, opt-outs, callbacks and runs over REST."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from campaigns.models import CampaignRun, FeedEntry, NoticeKind, OptOut
from campaigns.results.notices import notify
from tests.api import made
from tests.api.conftest import API, ClientFor

pytestmark = pytest.mark.django_db


def test_results_are_read_on_from_where_the_last_read_ended(api: APIClient) -> None:
    of = made.campaign()
    calls = [made.attempt(made.lead(of, number=f"+9198123456{n}0"), outcome="BUSY") for n in range(3)]
    for call in calls:
        FeedEntry.objects.create(kind="RESULT", attempt=call)
    notify(campaign_id=of.pk, kind=NoticeKind.OPENED, text="Opened by its schedule.", now=made.NOON)
    seen, after, more = [], 0, True
    while more:
        page = api.get(f"{API}/results/?after={after}&limit=2").json()
        seen += page["results"]
        after, more = page["next_after"], page["has_more"]
    assert [(row["id"], row["kind"]) for row in seen] == [(1, "RESULT"), (2, "RESULT"), (3, "RESULT"), (4, "NOTICE")]
    assert [row["attempt"]["id"] for row in seen[:3]] == [call.pk for call in calls]
    assert seen[0]["lead"]["state"] == "PENDING"
    assert seen[3]["notice"]["text"] == "Opened by its schedule."
    assert api.get(f"{API}/results/?after={after}").json() == {"results": [], "next_after": 4, "has_more": False}
    assert api.get(f"{API}/results/?after=-1").status_code == 400


def test_notices_opt_outs_and_runs_are_found_by_campaign(api: APIClient, client_for: ClientFor) -> None:
    of, other = made.campaign(), made.campaign()
    for one in (of, other):
        notify(campaign_id=one.pk, kind=NoticeKind.FLEET_GONE, text="Gone.", attempt_ids=[7], now=made.NOON)
        CampaignRun.objects.create(campaign=one, edge_at=made.NOON, begun_at=made.NOON)
        call = made.attempt(made.lead(one, number=f"+91981234567{one.pk % 10}"))
        OptOut.objects.create(attempt=call, number=call.number, words="keys pressed: 9", created_at=made.NOON)
    for path in ("notices", "opt-outs", "runs"):
        (row,) = api.get(f"{API}/{path}/?campaign={of.pk}").json()["results"]
        assert row["campaign"] == of.pk
        assert client_for().get(f"{API}/{path}/").status_code == 403
    assert api.get(f"{API}/notices/?kind=FLEET_GONE&campaign={of.pk}").json()["results"][0]["attempt_ids"] == [7]


def test_a_lead_is_called_back_moved_forward_and_taken_out(api: APIClient) -> None:
    of = made.campaign(state="RUNNING")
    lead = made.lead(of, number="+919812345678", state="COMPLETED", ended_at=made.NOON)
    at = (timezone.now() + timedelta(hours=2)).replace(microsecond=0)
    reply = api.post(f"{API}/leads/{lead.pk}/call-back/", {"at": at.isoformat(), "note": "after lunch"})
    assert reply.status_code == 200, reply.content
    assert reply.json()["state"] == "PENDING"
    assert reply.json()["next_attempt_at"] == reply.json()["callback_at"] == at.isoformat().replace("+00:00", "Z")
    assert api.get(f"{API}/callbacks/?campaign={of.pk}").json()["results"][0]["note"] == "after lunch"
    assert api.post(f"{API}/leads/{lead.pk}/priority/", {"priority": 0}).json()["priority"] == 0
    assert api.post(f"{API}/leads/{lead.pk}/cancel/").json()["state"] == "CANCELED"
    assert api.post(f"{API}/leads/{lead.pk}/cancel/").status_code == 409
    late = api.post(f"{API}/leads/{lead.pk}/call-back/", {"at": "2020-01-01T00:00:00Z"})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "not_permitted")


def test_a_recurring_campaign_shows_its_next_five_runs(api: APIClient) -> None:
    of = made.campaign(time_zone="Asia/Kolkata")
    reply = api.patch(f"{API}/campaigns/{of.pk}/", {"run_cron": "30 9 * * *", "abandon_share_percent": 3})
    assert reply.status_code == 200, reply.content
    assert [at[11:16] for at in reply.json()["next_runs"]] == ["04:00"] * 5
    assert reply.json()["abandon_share_percent"] == 3
    wrong = api.patch(f"{API}/campaigns/{of.pk}/", {"run_cron": "* * * * *"})
    assert wrong.json()["error"]["fields"][0]["field"] == "run_cron"


def test_two_readers_of_the_feed_get_what_the_table_says(api: APIClient) -> None:
    """One reads by a few and filters, the other all at once, while calls end between their pages."""
    of = made.campaign()
    seen: dict[str, list[int]] = {"few": [], "all": []}
    after = dict.fromkeys(seen, 0)

    def read(who: str, limit: int) -> None:
        page = api.get(f"{API}/results/?after={after[who]}&limit={limit}&kind=RESULT&campaign={of.pk}").json()
        seen[who] += [row["attempt"]["id"] for row in page["results"]]
        after[who] = page["next_after"]

    calls = []
    for n in range(30):
        call = made.attempt(made.lead(of, number=f"+91981234{n:04}"), outcome="BUSY")
        FeedEntry.objects.create(kind="RESULT", attempt=call)
        notify(campaign_id=of.pk, kind=NoticeKind.OPENED, text="Beside it.", now=made.NOON)
        calls.append(call.pk)
        read("few", 2)
        if n % 7 == 0:
            read("all", 1000)
    for _ in range(60):
        read("few", 2)
    read("all", 1000)
    assert seen["few"] == seen["all"] == calls
