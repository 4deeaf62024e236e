"""Numbers never to call, in bulk."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from campaigns.models import SuppressedNumber, SuppressionList
from tests.api.conftest import API

pytestmark = pytest.mark.django_db


@pytest.fixture
def path() -> str:
    return f"{API}/suppression-lists/{SuppressionList.objects.create(name='Do not call').pk}/numbers/"


def test_each_number_is_told_what_became_of_it(api: APIClient, path: str) -> None:
    body = {"numbers": ["+91 98123-45678", "9812345679", "12", ""], "reason": "Asked us", "region": "IN"}
    results = api.post(path, body).json()["results"]
    assert [row["result"] for row in results] == ["ADDED", "ADDED", "REFUSED", "REFUSED"]
    assert [row["row"] for row in results] == [1, 2, 3, 4]
    assert results[2]["message"]
    assert set(SuppressedNumber.objects.values_list("number", "reason")) == {
        ("+919812345678", "Asked us"),
        ("+919812345679", "Asked us"),
    }
    assert api.post(path, body).json()["results"][0]["result"] == "UNCHANGED"


def test_numbers_are_listed_found_and_taken_off(api: APIClient, path: str) -> None:
    api.post(path, {"numbers": ["+919812345678", "+919812345679"], "until": "2041-01-01T00:00:00+05:30"})
    assert len(api.get(path).json()["results"]) == 2
    [found] = api.get(path + "?number=919812345678").json()["results"]
    assert found["until"] == "2040-12-31T18:30:00Z"
    lifted = api.post(path + "remove/", {"numbers": ["+919812345678", "+919812345670"]}).json()["results"]
    assert [row["result"] for row in lifted] == ["REMOVED", "ABSENT"]
    assert [row["number"] for row in api.get(path).json()["results"]] == ["+919812345679"]
    assert api.get(f"{API}/suppression-lists/").json()["results"][0]["numbers"] == 1


@pytest.mark.parametrize("until", ["2001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T00:00:00+05:30"])
def test_an_instant_that_has_passed_or_that_no_clock_shows_is_refused_by_field(
    api: APIClient, path: str, until: str
) -> None:
    reply = api.post(path, {"numbers": ["+919812345678"], "until": until})
    assert [field["field"] for field in reply.json()["error"]["fields"]] == ["until"]
    assert not SuppressedNumber.objects.exists()
