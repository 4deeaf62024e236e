"""The inbox: what is taken in, what is kept, and that one bad event spoils no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from django.conf import settings as django_settings
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.doorbells import Publisher
from campaigns.models import Attempt
from dialer.models import ProviderAccount
from tests.campaigns.world import account, campaign, lead_of, place
from tests.fuzz.scale import times
from webhooks.applying import apply_inbox
from webhooks.models import ProviderEvent

pytestmark = pytest.mark.django_db

AUTHORIZED = {"authorization": "Bearer push-secret"}


def push(owner: ProviderAccount, body: Any, *, token: str | None = None, headers: Any = None) -> int:
    """Push a body as the provider would; return the HTTP status."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    path = f"/push/{owner.public_id}/{token or owner.push_token}/"
    given_headers = AUTHORIZED if headers is None else headers
    return Client().post(path, raw, content_type="application/json", headers=given_headers).status_code


def result(attempt: Attempt, **values: Any) -> dict[str, Any]:
    """Return VoxCore's result of an answered call."""
    return {"dialer_reference": str(attempt.reference), "call_id": "c-1", "disconnected_by": "customer", **values}


def applied(*, after_seconds: float = 1.0) -> list[str]:
    """Apply the inbox; return the states of all events, oldest first."""
    apply_inbox(now=datetime.now(UTC) + timedelta(seconds=after_seconds))
    return list(ProviderEvent.objects.order_by("id").values_list("state", flat=True))


def test_a_push_is_stored_then_applied() -> None:
    attempt = place(campaign(account(), leads=1))
    assert push(attempt.account, result(attempt)) == 200
    assert ProviderEvent.objects.get().state == "NEW"
    assert applied() == ["APPLIED"]
    attempt.refresh_from_db()
    assert (attempt.state, lead_of(attempt).attempts_made) == ("ENDED", 1)
    assert ProviderEvent.objects.get().attempt_id == attempt.pk


def test_a_push_without_proof_is_refused_and_not_stored() -> None:
    owner = account()
    assert push(owner, {"call_id": "c"}, token="guessed") == 403
    assert push(owner, {"call_id": "c"}, headers={}) == 403
    assert push(owner, {"call_id": "c"}, headers={"authorization": "Bearer wrong"}) == 403
    assert (
        Client().post("/push/00000000-0000-0000-0000-000000000000/x/", b"{}", "application/json").status_code
    ) == 403
    assert ProviderEvent.objects.count() == 0


def test_secrets_of_a_push_are_not_stored() -> None:
    attempt = place(campaign(account(), leads=1))
    push(attempt.account, result(attempt))
    assert "push-secret" not in str(ProviderEvent.objects.get().headers)


def test_a_push_that_is_early_stays_and_is_applied_when_its_attempt_is_known() -> None:
    attempt = place(campaign(account(), leads=1), state="PLACING")
    assert push(attempt.account, {"call_id": "c-9", "disconnected_by": "customer"}) == 200
    assert applied() == ["UNMATCHED"]
    assert ProviderEvent.objects.get().problem
    Attempt.objects.filter(pk=attempt.pk).update(external_id="c-9")
    assert applied(after_seconds=5) == ["APPLIED"]
    attempt.refresh_from_db()
    assert attempt.state == "ENDED"


def test_an_event_that_nobody_knows_is_kept_and_tried_less_and_less_often() -> None:
    owner = account()
    push(owner, {"call_id": "stranger", "disconnected_by": "customer"})
    assert applied() == ["UNMATCHED"]
    first = ProviderEvent.objects.get()
    assert applied(after_seconds=10) == ["UNMATCHED"]
    second = ProviderEvent.objects.get()
    assert second.tries == 2
    assert second.next_try_at > first.next_try_at


def test_another_accounts_call_cannot_be_ended() -> None:
    attempt = place(campaign(account(), leads=1))
    push(account(), result(attempt))
    assert applied() == ["UNMATCHED"]
    attempt.refresh_from_db()
    assert attempt.state == "PLACED"


def test_a_doubled_push_counts_once() -> None:
    attempt = place(campaign(account(), leads=1))
    for _ in range(3):
        push(attempt.account, result(attempt))
    assert applied() == ["APPLIED"] * 3
    assert lead_of(attempt).attempts_made == 1


@pytest.mark.parametrize(
    "bad",
    [
        b"not json",
        b"[]",
        b'{"unknown": 1}',
        b"\xff\xfe",
        b'{"call_id": "c\\u0000d", "disconnected_by": "customer"}',
        b'{"call_id": "x", "disconnected_by": "customer", "disposition": "a\\u0000b"}',
        b'{"call_id": "\\ud800", "disconnected_by": "customer"}',
        b'{"call_id": "x", "call_duration_seconds": 1e999}',
    ],
)
def test_one_bad_event_spoils_no_other_and_is_kept(bad: bytes) -> None:
    attempt = place(campaign(account(), leads=1))
    push(attempt.account, bad)
    push(attempt.account, result(attempt))
    states = applied()
    assert states[1] == "APPLIED"
    assert states[0] in {"FAILED", "UNMATCHED", "IGNORED"}
    assert bytes(ProviderEvent.objects.earliest("id").body) == bad


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = ("call_id", "disconnected_by", "disposition", "transcript", "remarks", "call_duration_seconds", "recording_url",
        "call_answer_time", "call_end_time", "result_disposition")  # fmt: skip


@given(extra=st.dictionaries(st.sampled_from(KEYS), values, max_size=6))
@settings(max_examples=times(60))
def test_whatever_a_push_of_ours_holds_the_next_is_applied(extra: dict[str, Any]) -> None:
    made = campaign(account(), leads=2)
    odd, plain = place(made), place(made)
    ProviderEvent.objects.all().delete()
    assert push(made.account, orjson.dumps({**extra, "dialer_reference": str(odd.reference)})) == 200
    assert push(made.account, result(plain)) == 200
    assert applied()[1] == "APPLIED"
    plain.refresh_from_db()
    assert plain.state == "ENDED"


def test_bells_wait_while_redis_is_away_and_ringing_never_does(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setattr(django_settings, "REDIS_URL", "redis://127.0.0.1:1/0")
    publisher = Publisher()
    began = time.monotonic()
    for number in range(1000):
        publisher.ring("campaigns.pace", number)
    assert time.monotonic() - began < 0.5
