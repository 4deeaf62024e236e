"""What we sign is taken by the library of Standard Webhooks, also while a secret is replaced; 410, Retry-After."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from rest_framework.test import APIClient
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from campaigns.models import CampaignNotice
from tests.api.conftest import API, api
from tests.campaigns.world import NOON
from tests.webhooks.receiver import Receiver, receiver
from tests.webhooks.subscribers import end_calls, subscribe
from tests.webhooks.telling import tell
from webhooks.models import Delivery, Subscription
from webhooks.telling.replies import LONGEST_WAIT_SECONDS, retry_after_seconds
from webhooks.telling.signing import key_of, standard_headers
from webhooks.telling.subscribing import renew_secret
from webhooks.telling.turns import DELAYS_SECONDS

__all__ = ["api", "receiver"]
pytestmark = pytest.mark.django_db


def verifies(secret: str, came: tuple[dict[str, str], bytes]) -> bool:
    headers, body = came
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


def test_the_library_of_the_standard_takes_it_and_nothing_else(receiver: Receiver) -> None:
    subscription = subscribe(receiver.url)
    end_calls()
    assert tell(now=NOON) == 1
    (headers, body) = receiver.came[0]
    secret = subscription.secret["secret"]
    assert verifies(secret, (headers, body))
    assert headers["webhook-id"] == json.loads(body)["event_id"]
    assert not verifies(secret, (headers, body + b" "))
    assert not verifies(secret, ({**headers, "webhook-id": "other"}, body))
    assert not verifies("whsec_" + "A" * 44, (headers, body))


def test_a_secret_of_the_older_kind_still_signs() -> None:
    secret = "whsec_-_" + "b" * 41
    headers = standard_headers(secrets=[secret], event_id="e", body=b"{}", at=datetime.now(UTC))
    assert Webhook(key_of(secret)).verify(b"{}", headers) == {}


def test_while_a_secret_is_replaced_both_sign_and_then_the_new_one_alone(receiver: Receiver) -> None:
    subscription = subscribe(receiver.url)
    old = subscription.secret["secret"]
    new = renew_secret(subscription, now=NOON, overlap=timedelta(hours=1)).secret["secret"]
    end_calls()
    tell(now=NOON + timedelta(minutes=59))
    assert verifies(old, receiver.came[0])
    assert verifies(new, receiver.came[0])
    end_calls()
    tell(now=NOON + timedelta(minutes=61))
    assert not verifies(old, receiver.came[1])
    assert verifies(new, receiver.came[1])


def test_one_that_is_known_to_others_ends_at_once(receiver: Receiver, api: APIClient) -> None:
    subscription = subscribe(receiver.url)
    old = subscription.secret["secret"]
    path = f"{API}/subscriptions/{subscription.pk}/renew-secret/"
    assert api.post(path, {"overlap_hours": 10_000}).status_code == 400
    new = api.post(path, {"overlap_hours": 0}).json()["secret"]
    end_calls()
    tell(now=NOON)
    assert not verifies(old, receiver.came[0])
    assert verifies(new, receiver.came[0])


def test_one_that_is_gone_is_switched_off_at_once_and_it_is_said(receiver: Receiver) -> None:
    subscribe(receiver.url)
    end_calls(3)
    receiver.status = 410
    tell(now=NOON)
    subscription = Subscription.objects.get()
    assert (subscription.is_active, subscription.switched_off_at) == (False, NOON)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"GIVEN_UP"}
    notice = CampaignNotice.objects.get(kind="SUBSCRIPTION_OFF")
    assert f"410: gone. What it misses: GET /results/?after={subscription.missed_after}" in notice.text


@pytest.mark.parametrize("seconds", [7, 1800])
def test_a_subscriber_says_itself_when_it_is_tried_again(receiver: Receiver, seconds: int) -> None:
    subscribe(receiver.url)
    end_calls()
    receiver.status, receiver.headers = 503, {"retry-after": str(seconds)}
    tell(now=NOON)
    assert Subscription.objects.get().next_try_at == NOON + timedelta(seconds=seconds)
    receiver.headers = {}
    tell(now=NOON + timedelta(seconds=seconds))
    assert Subscription.objects.get().next_try_at == NOON + timedelta(seconds=seconds + DELAYS_SECONDS[1])


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("0", 1),
        (format_datetime(NOON + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOON - timedelta(days=1), usegmt=True), 1),
        ("9" * 400, LONGEST_WAIT_SECONDS),
        ("soon", None),
        ("-5", None),
        ("", None),
        # Numbers that no date has: each raises something else.
        ("1 Jan 99999999999999999999 1:1:1", None),
        ("Mon, 01 Jan 2024 00:00:00 +999999999999999999", None),
        ("Mon, 01 Jan 99999 00:00:00 GMT", None),
    ],
)
def test_what_retry_after_says(header: str, seconds: int | None) -> None:
    assert retry_after_seconds(header, now=NOON) == seconds
