"""How a subscriber is told: method, headers, token, batches, its own names; what is told again; the log."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from campaigns.models import Contact, FeedEntry, Lead
from tests.admin.conftest import owner
from tests.api.conftest import API, api
from tests.campaigns.world import NOON
from tests.webhooks.receiver import Receiver, receiver
from tests.webhooks.subscribers import end_calls, subscribe, told
from tests.webhooks.telling import tell
from webhooks.models import Delivery, Subscription

__all__ = ["api", "owner", "receiver"]
pytestmark = pytest.mark.django_db


def test_it_is_told_by_its_method_with_its_headers_and_its_token(receiver: Receiver, api: APIClient) -> None:
    sent = {
        "name": "CRM",
        "url": receiver.url,
        "method": "PUT",
        "headers": {"X-Tenant": "7"},
        "token": "told-to-nobody",
    }
    made = api.post(f"{API}/subscriptions/", sent, format="json")
    assert made.status_code == 201, made.content
    shown = api.get(f"{API}/subscriptions/{made.json()['id']}/")
    assert (shown.json()["header_names"], shown.json()["has_token"]) == (["X-Tenant"], True)
    assert "told-to-nobody" not in shown.content.decode()
    end_calls()
    tell(now=NOON)
    headers, _ = receiver.came[0]
    assert (receiver.methods, headers["x-tenant"], headers["authorization"]) == (["PUT"], "7", "Bearer told-to-nobody")
    stored = Subscription.objects.get()
    assert "told-to-nobody" not in str(Subscription.objects.filter(pk=stored.pk).values_list("token", flat=True).query)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"headers": {"Host": "x"}}, "headers"),
        ({"headers": {"webhook-id": "x"}}, "headers"),
        ({"headers": {"X-A": "a\r\nX-B: b"}}, "headers"),
        ({"headers": {"X A": "a"}}, "headers"),
        ({"token": "a b"}, "token"),
        ({"token": "a", "oauth_token_url": "https://id.example/t", "oauth_client_id": "a", "oauth_client_secret": "b"},
         "token"),
        ({"oauth_token_url": "http://169.254.169.254/t", "oauth_client_id": "a", "oauth_client_secret": "b"},
         "oauth_token_url"),
        ({"oauth_token_url": "https://id.example/t", "oauth_client_id": "a"}, "oauth_client_secret"),
        ({"token": "a", "headers": {"authorization": "Basic x"}}, "headers"),
        ({"oauth_token_url": "https://id.example/t", "oauth_client_id": "a", "oauth_client_secret": "b",
          "headers": {"Authorization": "x"}}, "headers"),
        ({"batch_size": 0}, "batch_size"),
        ({"batch_size": 501}, "batch_size"),
        ({"method": "DELETE"}, "method"),
        ({"key_map": {"a": "{{lead.nubmer}}"}}, "key_map"),
        ({"key_map": {"a": "{{call.outcome}}"}}, "key_map"),
        ({"key_map": {"a": ["{{crm.x"]}}, "key_map"),
        ({"key_map": {}}, "key_map"),
        ({"key_map": {"a": [{"{{lead.number}}": 1}]}}, "key_map"),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_refused_at_its_field(api: APIClient, fields: dict[str, Any], wrong: str) -> None:
    reply = api.post(f"{API}/subscriptions/", {"name": "CRM", "url": "https://example.com/", **fields}, format="json")
    assert reply.status_code == 400, reply.content
    assert {one["field"].split(".")[0] for one in reply.json()["error"]["fields"]} == {wrong}


def test_batches_tell_all_in_order_and_one_that_is_refused_spoils_no_other(receiver: Receiver) -> None:
    subscribe(receiver.url, batch_size=4)
    calls = end_calls(10)
    bad = FeedEntry.objects.get(attempt_id=calls[5], kind="RESULT").pk

    def answer(body: bytes) -> int:
        return 422 if any(one["attempt"]["id"] == calls[5] for one in json.loads(body)["events"]) else 200

    receiver.answer = answer
    assert tell(now=NOON) == 9
    sizes = [len(one["events"]) for one in told(receiver)]
    assert sizes == [4, 4, 1, 1, 1, 1, 2]
    ids = [one["id"] for batch in told(receiver) for one in batch["events"]]
    assert sorted(set(ids)) == list(range(1, 11))
    (left,) = Delivery.objects.filter(state="WAITING")
    assert (left.entry_id, left.status_code) == (bad, 422)
    receiver.came.clear()
    receiver.answer = lambda _: 200
    assert tell(now=NOON + timedelta(hours=1)) == 1


KEY_MAP = {
    "phone": "{{lead.number}}",
    "plan": "{{crm.plan}}",
    "who": {"name": "{{crm.name}}", "id": "{{crm.external_reference}}"},
    "text": "Call {{call.id}}: {{result.outcome}}, {{ analysis.summary }}{{crm.nothing}}",
    "score": "{{analysis.scores.interest}}",
    "campaign": "{{campaign.name}}",
    "kind": "{{event.kind}}",
    "source": "dialer",
    "none": "{{crm.nothing}}",
}


def test_a_key_map_is_previewed_on_a_real_result_sent_as_a_test_and_told(receiver: Receiver, api: APIClient) -> None:
    made = api.post(f"{API}/subscriptions/", {"name": "CRM", "url": receiver.url, "key_map": KEY_MAP}, format="json")
    assert made.status_code == 201, made.content
    path = f"{API}/subscriptions/{made.json()['id']}/"
    assert api.post(f"{path}preview/").json() == {"entry": None, "body": api.post(f"{path}preview/").json()["body"]}
    (attempt,) = end_calls(analysis={"summary": "wants more", "scores": {"interest": 0.7}})
    lead = Lead.objects.select_related("campaign").get()
    Contact.objects.update(name="Asha", external_reference="C-1", variables={"plan": 3})
    wanted = {
        "phone": lead.number,
        "plan": 3,
        "who": {"name": "Asha", "id": "C-1"},
        "text": f"Call {attempt}: ANSWERED, wants more",
        "score": 0.7,
        "campaign": lead.campaign.name,
        "kind": "RESULT",
        "source": "dialer",
        "none": None,
    }
    previewed = api.post(f"{path}preview/").json()
    assert previewed == {"entry": 1, "body": wanted}
    other = api.post(f"{path}preview/", {"key_map": {"a": "{{lead.state}}"}, "entry": 1}, format="json")
    assert other.json()["body"] == {"a": "COMPLETED"}
    assert api.post(f"{path}preview/", {"entry": 99}).status_code == 400
    assert "Did you mean {{result.outcome}}?" in str(
        api.post(f"{path}preview/", {"key_map": {"a": "{{call.outcome}}"}}, format="json").json()
    )
    assert api.post(f"{path}test/", {"entry": 1}).json()["state"] == "DELIVERED"
    tell(now=NOON)
    assert told(receiver) == [wanted, wanted]


def test_what_was_told_is_told_again_one_a_part_or_all_with_the_same_ids(receiver: Receiver, api: APIClient) -> None:
    subscription = subscribe(receiver.url)
    path = f"{API}/subscriptions/{subscription.pk}/replay/"
    end_calls(5)
    tell(now=NOON)
    first = {one["id"]: one["event_id"] for one in told(receiver)}

    def again() -> list[int]:
        receiver.came.clear()
        tell(now=NOON)
        assert all(first[one["id"]] == one["event_id"] for one in told(receiver))
        return sorted(one["id"] for one in told(receiver))

    one = Delivery.objects.get(entry__position=3)
    assert api.post(f"{API}/deliveries/{one.pk}/send-again/").json()["state"] == "WAITING"
    assert again() == [3]
    assert api.post(path, {"after": 1, "until": 3}).json()["replay_until"] == 3
    assert again() == [2, 3]
    assert again() == []
    since = FeedEntry.objects.get(position=1).created_at
    assert api.post(path, {"since": since.isoformat()}).status_code == 200
    assert again() == [1, 2, 3, 4, 5]
    assert Subscription.objects.get().replay_after is None
    for wrong, status in (({}, 400), ({"after": 1, "since": since.isoformat()}, 400), ({"after": 5}, 409)):
        assert api.post(path, wrong, format="json").status_code == status


def test_what_was_missed_while_it_was_off_is_told_after_all(receiver: Receiver, api: APIClient) -> None:
    subscription = subscribe(receiver.url)
    path = f"{API}/subscriptions/{subscription.pk}/"
    api.patch(path, {"is_active": False}, format="json")
    end_calls(3)
    assert api.post(f"{path}replay/", {"after": 0}).status_code == 409
    missed_after = api.post(f"{path}revive/").json()["missed_after"]
    assert tell(now=NOON) == 0
    assert api.post(f"{path}replay/", {"after": missed_after}).status_code == 200
    end_calls(1)
    assert tell(now=NOON) == 4
    ids = [one["id"] for one in told(receiver)]
    assert sorted(ids) == [1, 2, 3, 4]


def test_the_log_says_what_came_back(receiver: Receiver, api: APIClient, owner: Client) -> None:
    subscribe(receiver.url)
    end_calls()
    receiver.status, receiver.reply = 500, b"no such tenant \x00\xff" + b"x" * 10_000
    tell(now=NOON)
    (row,) = api.get(f"{API}/deliveries/").json()["results"]
    assert (row["kind"], row["status_code"], row["reply"][:14]) == ("RESULT", 500, "no such tenant")
    assert (len(row["reply"]), row["last_tried_at"] is not None, row["took_ms"] is not None) == (500, True, True)
    assert "no such tenant" in owner.get("/admin/webhooks/delivery/").content.decode()


def test_the_admin_does_the_same(receiver: Receiver, owner: Client) -> None:
    page = "/admin/webhooks/subscription/"
    form = {
        "name": "CRM", "url": receiver.url, "kinds": ["RESULT"], "is_active": "on", "method": "POST",
        "headers-0-name": "X-Tenant", "headers-0-value": "7", "token": "told-to-nobody", "batch_size": "1",
        "key_map-0-name": "phone", "key_map-0-value": "{{lead.number}}",
    }  # fmt: skip
    made = owner.post(f"{page}add/", form)
    assert made.status_code == 302, made.content.decode()
    subscription = Subscription.objects.get()
    end_calls(2)
    shown = owner.get(f"{page}{subscription.pk}/change/").content.decode()
    assert "told-to-nobody" not in shown
    assert subscription.key_map == {"phone": "{{lead.number}}"}
    # Secrets left empty stay.
    kept = {"headers-0-stored": '["X-Tenant", ""]', "headers-0-value": "", "token": ""}
    assert owner.post(f"{page}{subscription.pk}/change/", {**form, **kept}).status_code == 302
    tell(now=NOON)
    assert {headers["authorization"] for headers, _ in receiver.came} == {"Bearer told-to-nobody"}
    assert {headers["x-tenant"] for headers, _ in receiver.came} == {"7"}
    assert owner.post(f"{page}{subscription.pk}/replay/", {"after": "0"}).status_code == 302
    owner.post(page, {"action": "test_result_selected", "_selected_action": [subscription.pk]})
    tell(now=NOON)
    assert len(receiver.came) == 5
    one = Delivery.objects.filter(entry__isnull=False).first()
    assert one is not None
    owner.post("/admin/webhooks/delivery/", {"action": "send_selected_again", "_selected_action": [one.pk]})
    tell(now=NOON)
    assert len(receiver.came) == 6
    bare = {name: value for name, value in form.items() if not name.startswith("headers")}
    assert owner.post(f"{page}{subscription.pk}/change/", {**bare, "token": "-"}).status_code == 302
    assert (Subscription.objects.get().headers, Subscription.objects.get().token) == ({}, "")
