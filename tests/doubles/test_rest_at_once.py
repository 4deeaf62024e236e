"""REST: the same POST many times at once, with a key and without one, against a real PostgreSQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from rest_framework.test import APIClient

from campaigns.models import CallNote, Campaign, ContactImport, ContactList, Lead
from dialer.models import DID, KeptAnswer
from dialer.sandbox.client import SandboxClient
from tests.api import made
from tests.api.conftest import API, api
from tests.doubles.asked import ASKED, House, Question
from tests.doubles.test_rest import house
from tests.sandbox.carrier import carrier_process, receiver, sandbox

__all__ = ["api", "carrier_process", "house", "receiver", "sandbox"]
pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 12
#: Without a key: of those who ask at once, one does it, and the others are told that it is done, or taken.
NEW_ROWS = ("accounts/", "lists/", "templates/", "campaigns/", "suppression-lists/", "dids/", "campaigns/{}/start/")
ACTS = (
    "campaigns/{}/pause/", "campaigns/{}/resume/", "campaigns/{}/stop/", "leads/{}/cancel/",
    "possible-opt-outs/{}/decide/",
)  # fmt: skip
#: Without a key: all of those who ask may be told that it is done, as it is as they want it.
AS_WANTED = ("accounts/{}/buy-number/", "accounts/{}/add-agent/", "switchboard/")

WITH_A_KEY = ("lists/", "campaigns/", "campaigns/{}/start/", "calls/", "attempts/{}/notes/", "lists/{}/upload/")
WITH_A_KEY_THERE = ("accounts/{}/buy-number/", "accounts/{}/add-agent/", "agents/{}/disable/", "campaigns/{}/stop/")


def at_once(ask: Callable[[int], Any]) -> list[Any]:
    """Return the answers of AT_ONCE threads, which begin together."""
    together = Barrier(AT_ONCE)

    def one(number: int) -> Any:
        try:
            together.wait(30)
            return ask(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(one, range(AT_ONCE)))


def posted(api: APIClient, path: str, question: Question, **headers: str) -> list[Any]:
    pk, body = question
    return at_once(lambda _: api.post(f"{API}/{path.format(pk)}", body, headers=headers or None))


def statuses(answers: list[Any]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


@pytest.mark.parametrize("paths", [NEW_ROWS, ACTS], ids=["new rows", "acts"])
def test_without_a_key_one_does_it_and_nobody_meets_a_fault(
    api: APIClient, house: House, paths: tuple[str, ...]
) -> None:
    for path in paths:
        found = statuses(posted(api, path, ASKED[path](house)))
        assert found[200] + found[201] == 1, (path, found)
        assert found[400] + found[409] == AT_ONCE - 1, (path, found)


def test_without_a_key_what_a_provider_is_asked_is_done_once(
    api: APIClient, house: House, sandbox: SandboxClient
) -> None:
    for path in AS_WANTED:
        found = statuses(posted(api, path, ASKED[path](house)))
        assert found[200] + found[201] >= 1, (path, found)
        assert max(found) < 500, (path, found)
    changes = sandbox.summary()["accounts"]["ivrsolutions/acme"]["changes"]
    assert set(changes.values()) == {1}, changes
    assert DID.objects.count() == 1


def test_the_first_calls_of_a_new_template_all_become_leads_of_one_campaign(api: APIClient) -> None:
    like = made.campaign()
    body = {"account": like.account_id, "template": like.template_id}
    answers = at_once(lambda n: api.post(f"{API}/calls/", {**body, "number": f"+9198123456{n:02}"}))
    assert statuses(answers) == {201: AT_ONCE}
    assert Campaign.objects.filter(is_standing=True).count() == 1
    assert Lead.objects.filter(campaign__is_standing=True).values("number").distinct().count() == AT_ONCE


@pytest.mark.parametrize("paths", [WITH_A_KEY, WITH_A_KEY_THERE], ids=["here", "at a provider"])
def test_with_one_key_one_does_it_and_all_get_its_answer(
    api: APIClient, house: House, sandbox: SandboxClient, paths: tuple[str, ...]
) -> None:
    for path in paths:
        question = ASKED[path](house)
        lists, calls = ContactList.objects.count(), Lead.objects.count()
        answers = posted(api, path, question, **{"Idempotency-Key": path})
        assert max(statuses(answers)) < 300, (path, answers[0].content)
        assert len({answer.json().get("id") for answer in answers}) == 1, path
        if path == "lists/":
            assert ContactList.objects.count() == lists + 1
        if path == "calls/":
            assert Lead.objects.count() == calls + 1
    assert CallNote.objects.count() <= 1
    assert ContactImport.objects.count() <= 1
    assert set(KeptAnswer.objects.values_list("is_done", flat=True)) == {True}
    told = sandbox.summary()["accounts"].get("ivrsolutions/acme", {"changes": {}})
    assert set(told["changes"].values()) <= {1}, told
