"""Subscribers are told at least once, with a signature and the same event id, and never inside a private network."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from campaigns.models import NoticeKind
from campaigns.results.feed import place_entries
from campaigns.results.notices import notify
from campaigns.settling.reports import settle
from dialer.fetching import address_problem
from dialer.providers.base import CallReport, Outcome, Phase
from tests.admin.conftest import owner
from tests.api.conftest import API, ClientFor, api, client_for
from tests.campaigns.world import NOON, account, campaign, place
from tests.webhooks.receiver import Receiver, receiver
from tests.webhooks.telling import tell
from webhooks.models import Delivery, Subscription
from webhooks.telling.giving_up import GIVE_UP_AFTER
from webhooks.telling.planning import plan
from webhooks.telling.subscribing import begin
from webhooks.telling.turns import DELAYS_SECONDS

__all__ = ["api", "client_for", "owner", "receiver"]
pytestmark = pytest.mark.django_db
#: What the form has filled in already.
HOW = {"method": "POST", "batch_size": "1"}


def subscribe(url: str, **fields: Any) -> Subscription:
    return begin(Subscription.objects.create(name=url, url=url, **fields))


def end_a_call() -> int:
    attempt = place(campaign(account(), leads=1))
    settle(reports=[(attempt.pk, CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED))], now=NOON)
    return attempt.pk


def test_a_result_is_told_once_with_a_signature_that_verifies(receiver: Receiver) -> None:
    end_a_call()
    subscription = subscribe(receiver.url)
    attempt_id = end_a_call()
    for _ in range(2):
        tell(now=NOON)
    ((headers, body),) = receiver.came
    told = json.loads(body)
    assert (told["kind"], told["attempt"]["id"], told["lead"]["state"]) == ("RESULT", attempt_id, "COMPLETED")
    at, given = (part.split("=")[1] for part in headers["dialer-signature"].split(","))
    secret = subscription.secret["secret"].encode()
    assert hmac.new(secret, at.encode() + b"." + body, hashlib.sha256).hexdigest() == given
    assert headers["dialer-event-id"] == told["event_id"] == str(Delivery.objects.get().event_id)


@pytest.mark.parametrize("status", [500, 404, 302])
def test_what_is_not_taken_is_tried_again_later_and_later_with_the_same_event_id(
    receiver: Receiver, status: int
) -> None:
    subscribe(receiver.url)
    end_a_call()
    receiver.status, now = status, NOON
    for delay in DELAYS_SECONDS[:3]:
        assert tell(now=now) == 0
        assert tell(now=now + timedelta(seconds=delay - 1)) == 0
        assert Subscription.objects.get().next_try_at == now + timedelta(seconds=delay)
        now += timedelta(seconds=delay)
    receiver.status = 204
    assert tell(now=now) == 1
    assert len(receiver.came) == 4
    assert len({headers["dialer-event-id"] for headers, _ in receiver.came}) == 1
    assert Delivery.objects.get().state == "DELIVERED"


def test_one_that_takes_nothing_for_days_is_switched_off_and_holds_up_nobody(receiver: Receiver) -> None:
    dead = subscribe("http://127.0.0.1:9/")
    subscribe(receiver.url)
    for _ in range(3):
        end_a_call()
    assert tell(now=NOON) == 3
    assert tell(now=NOON + GIVE_UP_AFTER + timedelta(hours=7)) == 0
    dead.refresh_from_db()
    assert not dead.is_active
    assert set(dead.deliveries.values_list("state", flat=True)) == {"GIVEN_UP"}
    assert "No reply" in dead.problem


def die(subscription: Subscription) -> None:
    """Let three results come, of which nothing is taken for days; one more is not even planned."""
    for _ in range(3):
        end_a_call()
    tell(now=NOON)
    tell(now=NOON + GIVE_UP_AFTER + timedelta(hours=7))
    subscription.refresh_from_db()
    assert not subscription.is_active


def missed(api: APIClient, subscription: Subscription) -> list[str]:
    subscription.refresh_from_db()
    read = api.get(f"{API}/results/?after={subscription.missed_after}").json()["results"]
    return [entry["kind"] for entry in read]


def test_a_death_leaves_a_notice_of_the_house_and_a_revival_says_where_what_was_missed_begins(
    receiver: Receiver, api: APIClient
) -> None:
    end_a_call()
    mortal = subscribe(receiver.url)
    narrow = subscribe("http://127.0.0.1:9/", kinds=["NOTICE"])
    narrow.campaigns.set([campaign(account(), leads=1)])
    receiver.status = 500
    die(mortal)
    (notice,) = api.get(f"{API}/notices/?kind=SUBSCRIPTION_OFF").json()["results"]
    assert (notice["campaign"], notice["campaign_name"]) == (None, None)
    assert f"It answered 500. What it misses: GET /results/?after={mortal.missed_after}" in notice["text"]
    end_a_call()
    assert missed(api, mortal) == ["RESULT", "RESULT", "RESULT", "NOTICE", "RESULT"]
    assert not narrow.deliveries.exists()
    path, receiver.status = f"{API}/subscriptions/{mortal.pk}/", 200
    for _ in range(2):
        revived = api.post(f"{path}revive/").json()
        assert (revived["is_active"], revived["switched_off_at"], revived["problem"]) == (True, None, "")
    assert missed(api, mortal) == ["RESULT", "RESULT", "RESULT", "NOTICE", "RESULT"]
    receiver.came.clear()
    told = end_a_call()
    tell(now=NOON)
    assert [json.loads(body)["attempt"]["id"] for _, body in receiver.came] == [told]


@pytest.mark.parametrize("by", ["api", "form", "action"])
def test_one_that_somebody_had_switched_off_is_revived_from_every_face(api: APIClient, owner: Client, by: str) -> None:
    subscription = subscribe("http://example.com/")
    end_a_call()
    place_entries()
    plan(subscription_id=subscription.pk, now=NOON)
    api.patch(f"{API}/subscriptions/{subscription.pk}/", {"is_active": False}, format="json")
    end_a_call()
    page = "/admin/webhooks/subscription/"
    if by == "api":
        api.patch(f"{API}/subscriptions/{subscription.pk}/", {"is_active": True}, format="json")
    elif by == "form":
        form = {"name": "CRM", "url": subscription.url, "kinds": ["RESULT"], "is_active": "on", **HOW}
        assert owner.post(f"{page}{subscription.pk}/change/", form).status_code == 302
    else:
        owner.post(page, {"action": "revive_selected", "_selected_action": [subscription.pk]})
    assert missed(api, subscription) == ["RESULT"]
    assert subscription.is_active
    assert subscription.deliveries.get().state == "WAITING"


def test_it_is_told_only_of_what_it_asked_for(receiver: Receiver) -> None:
    wanted, other = campaign(account(), leads=1), campaign(account(), leads=1)
    subscription = subscribe(receiver.url, kinds=["NOTICE"])
    subscription.campaigns.set([wanted])
    end_a_call()
    for one in (wanted, other):
        notify(campaign_id=one.pk, kind=NoticeKind.OPENED, text="Opened.", now=NOON)
    tell(now=NOON)
    assert [json.loads(body)["notice"]["campaign"] for _, body in receiver.came] == [wanted.pk]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://[::1]/", "http://10.1.2.3/", "http://169.254.169.254/latest", "http://0.0.0.0/",
        "ftp://example.com/", "file:///etc/passwd", "http://user:pass@example.com/", "http://[::ffff:10.0.0.1]/", "x",
    ],
)  # fmt: skip
def test_addresses_inside_and_other_schemes_are_refused(api: APIClient, url: str) -> None:
    assert address_problem(url)
    reply = api.post(f"{API}/subscriptions/", {"name": "CRM", "url": url})
    assert (reply.status_code, reply.json()["error"]["fields"][0]["field"]) == (400, "url")


def test_a_name_that_leads_inside_is_not_followed(settings: Any) -> None:
    settings.DIALER_ALLOW_PRIVATE_ADDRESSES = False
    subscribe("http://localhost:9/")
    end_a_call()
    assert tell(now=NOON) == 0
    assert "private network" in Delivery.objects.get().problem


def test_the_secret_is_shown_once_and_a_test_says_what_came_of_it(
    api: APIClient, receiver: Receiver, client_for: ClientFor
) -> None:
    made = api.post(f"{API}/subscriptions/", {"name": "CRM", "url": receiver.url})
    assert made.status_code == 201, made.content
    path = f"{API}/subscriptions/{made.json()['id']}/"
    assert made.json()["secret"].startswith("whsec_")
    assert "secret" not in api.get(path).json()
    assert api.post(f"{path}test/").json()["state"] == "DELIVERED"
    assert json.loads(receiver.came[0][1])["kind"] == "TEST"
    receiver.status = 503
    assert api.post(f"{path}test/").json()["problem"] == "It answered 503"
    assert api.get(f"{API}/deliveries/?subscription={made.json()['id']}").json()["results"][0]["state"] == "GIVEN_UP"
    assert api.post(f"{path}renew-secret/").json()["secret"] != made.json()["secret"]
    assert client_for("webhooks.view_subscription").post(f"{path}test/").status_code == 403
