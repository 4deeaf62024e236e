"""An account that is switched off, over REST or in the admin: when the answer is there, no request leaves by it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from campaigns.lifecycle import quiet
from campaigns.models import Attempt
from dialer.models import ProviderAccount
from tests.api.conftest import API, with_token
from tests.campaigns.states.racing import beside_a_transaction, own_connection, until
from tests.campaigns.world import account, campaign, lead_of, place
from tests.doubles.pages import forms_of

pytestmark = pytest.mark.django_db(transaction=True)
Act = Callable[[ProviderAccount], int]


def over_rest(owner: ProviderAccount) -> int:
    api = with_token(User.objects.get(username="olga"))
    return int(api.patch(f"{API}/accounts/{owner.pk}/", {"is_active": False}, format="json").status_code)


def with_a_key(owner: ProviderAccount) -> int:
    api = with_token(User.objects.get(username="olga"))
    given: dict[str, Any] = {"HTTP_IDEMPOTENCY_KEY": f"off-{owner.pk}"}
    return int(api.patch(f"{API}/accounts/{owner.pk}/", {"is_active": False}, format="json", **given).status_code)


def in_the_admin(owner: ProviderAccount) -> int:
    client = Client()
    client.force_login(User.objects.get(username="olga"))
    page = reverse("admin:dialer_provideraccount_change", args=[owner.pk])
    (form,) = (one for one in forms_of(client.get(page)) if one.id.startswith("provideraccount"))
    sent = {name: values for name, values in form.filled().items() if name != "is_active"}
    return int(client.post(page, sent).status_code)


FACES = pytest.mark.parametrize(("off", "status"), [(over_rest, 200), (with_a_key, 200), (in_the_admin, 302)])


@pytest.fixture(autouse=True)
def olga() -> User:
    return User.objects.create_superuser("olga")


@FACES
def test_what_was_only_reserved_does_not_leave_and_its_lead_waits(off: Act, status: int) -> None:
    attempt = place(campaign(account(), leads=1), state="RESERVED")
    assert off(attempt.account) == status
    attempt.refresh_from_db()
    assert (attempt.state, attempt.is_burned, lead_of(attempt).state) == ("ENDED", False, "PENDING")


def test_who_had_no_answer_and_asks_again_is_answered_as_the_first_time() -> None:
    attempt = place(campaign(account(), leads=1), state="RESERVED")
    ProviderAccount.objects.update(is_active=False)
    assert over_rest(attempt.account) == 200
    attempt.refresh_from_db()
    assert attempt.state == "ENDED"


@FACES
def test_what_may_be_leaving_is_waited_for(off: Act, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet, "SEND_WITHIN_SECONDS", 30.0)
    attempt = place(campaign(account(), leads=1), state="PLACING")
    elsewhere = place(campaign(account(), leads=1), state="PLACING")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(own_connection, lambda: off(attempt.account))
        until(lambda: not ProviderAccount.objects.get(pk=attempt.account_id).is_active)
        assert not answer.done()
        Attempt.objects.filter(pk=attempt.pk).update(state="PLACED")
        assert answer.result(timeout=10) == status
    elsewhere.refresh_from_db()
    assert elsewhere.state == "PLACING"


@FACES
def test_a_claim_that_has_read_it_as_on_is_waited_for(off: Act, status: int) -> None:
    made = campaign(account(), leads=1)
    answers: list[int] = []
    with beside_a_transaction() as race:
        attempt = place(made, state="RESERVED")
        race.start(lambda: answers.append(off(made.account)))
        assert not ProviderAccount.objects.get(pk=made.account_id).is_active
    attempt.refresh_from_db()
    assert (answers, attempt.state) == ([status], "ENDED")
