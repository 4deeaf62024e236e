"""Decisions over REST: who was passed over, by which rules, and what held campaigns back for how long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from campaigns.models import Campaign, LimitSpan, SuppressedNumber, SuppressionList
from tests.api.conftest import API, ClientFor, api, client_for
from tests.campaigns.world import NOON, account, campaign, claimed, numbers, set_fleet

__all__ = ["api", "client_for"]
pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def ids(api: APIClient, path: str) -> list[Any]:
    reply = api.get(f"{API}/{path}")
    assert reply.status_code == 200, reply.content
    return [row.get("number", row["id"]) for row in reply.json()["results"]]


@pytest.fixture
def passed_over() -> Campaign:
    """Return a campaign of three numbers: the first is suppressed for a day, the second for ever, the third called."""
    phones = numbers(3)
    made = campaign(account(), leads=phones, caps=[{"calls": 1, "hours": 1}], max_attempts=9)
    never = SuppressionList.objects.create(name="Never")
    for number, until in ((phones[0], NOON + 24 * HOUR), (phones[1], None)):
        SuppressedNumber.objects.create(suppression_list=never, number=number, until=until)
    claimed(made.account)
    return made


def test_skips_say_who_was_passed_over_when_why_and_by_which_rules(api: APIClient, passed_over: Campaign) -> None:
    first, second, third = (lead.number for lead in passed_over.leads.order_by("id"))
    other = campaign(account(), leads=[third])
    claimed(other.account)
    found = api.get(f"{API}/skips/?campaign={passed_over.pk}").json()["results"]
    assert [(row["number"], row["rule"], row["until"]) for row in found] == [
        (second, "SUPPRESSION", None),
        (first, "SUPPRESSION", "2026-03-03T12:00:00Z"),
    ]
    lead = passed_over.leads.get(number=first)
    assert ids(api, f"skips/?lead={lead.pk}") == [first]
    assert ids(api, f"skips/?number={first[1:]}&rule=SUPPRESSION&rule=CAPS") == [first]
    assert ids(api, "skips/?rule=ON_THE_LINE") == [third]
    assert ids(api, "skips/?at_after=2026-03-02T12:00:01Z") == []
    assert len(ids(api, "skips/?at_before=2026-03-02T12:00:01Z")) == 3
    page = api.get(f"{API}/skips/?page_size=2").json()
    assert len(page["results"]) == 2
    assert len(api.get(page["next"]).json()["results"]) == 1
    version = api.get(f"{API}/rules-versions/{found[0]['rules_version']}/").json()
    assert (version["campaign"], version["version"], version["rules"]["max_attempts"]) == (passed_over.pk, 1, 9)
    attempt = api.get(f"{API}/attempts/?campaign={passed_over.pk}").json()["results"][0]
    assert attempt["rules_version"] == version["id"]


def test_a_change_of_the_rules_makes_the_next_version(api: APIClient, passed_over: Campaign) -> None:
    Campaign.objects.update(max_attempts=5)
    set_fleet(passed_over.account, available=9, at=NOON + 25 * HOUR)
    claimed(passed_over.account, now=NOON + 25 * HOUR)
    found = api.get(f"{API}/rules-versions/?campaign={passed_over.pk}").json()["results"]
    assert [(row["version"], row["rules"]["max_attempts"]) for row in found] == [(2, 5), (1, 9)]
    assert ids(api, f"rules-versions/?campaign={passed_over.pk}&version=1") == [found[1]["id"]]


def test_limit_spans_say_how_long_each_limit_held(api: APIClient) -> None:
    made, other = campaign(account()), campaign(account())
    for limit, begins, ends in (("HOURS", 0, 3), ("DID", 3, 4), ("HOURS", 4, 6), ("NONE", 6, None)):
        until_at = NOON + ends * HOUR if ends is not None else None
        LimitSpan.objects.create(
            campaign=made, limit=limit, said=limit, since_at=NOON + begins * HOUR, until_at=until_at
        )
    LimitSpan.objects.create(campaign=other, limit="DID", said="", since_at=NOON, until_at=NOON + HOUR)
    found = api.get(f"{API}/limit-spans/?campaign={made.pk}&limit=HOURS&since_before=2026-03-02T13:00:00Z").json()
    assert [(row["limit"], row["seconds"]) for row in found["results"]] == [("HOURS", 3 * 3600)]
    assert len(ids(api, "limit-spans/?since_after=2026-03-02T15:00:00Z")) == 3
    path = f"{API}/limit-spans/totals/?campaign={made.pk}"
    clipped = api.get(f"{path}&after=2026-03-02T13:00:00Z&before=2026-03-02T18:30:00Z").json()
    assert clipped == [
        {"limit": "HOURS", "seconds": 4 * 3600, "spans": 2},
        {"limit": "DID", "seconds": 3600, "spans": 1},
        {"limit": "NONE", "seconds": 1800, "spans": 1},
    ]
    assert api.get(path).json()[0]["limit"] == "NONE"


def test_what_is_asked_for_wrongly_is_named(api: APIClient) -> None:
    for path, field in (
        ("skips/?rule=CAPPED", "rule"),
        ("skips/?leed=1", "leed"),
        ("limit-spans/?limit=X", "limit"),
        ("limit-spans/totals/", "campaign"),
        ("limit-spans/totals/?campaign=0", "campaign"),
        ("rules-versions/?campaign=x", "campaign"),
    ):
        reply = api.get(f"{API}/{path}")
        assert (reply.status_code, reply.json()["error"]["fields"][0]["field"]) == (400, field)


def test_each_list_needs_its_view_permission_and_takes_no_writes(client_for: ClientFor, api: APIClient) -> None:
    for path, model in (("skips", "skip"), ("rules-versions", "rulesversion"), ("limit-spans", "limitspan")):
        assert client_for("campaigns.view_lead").get(f"{API}/{path}/").status_code == 403
        assert client_for(f"campaigns.view_{model}").get(f"{API}/{path}/").status_code == 200
        assert api.post(f"{API}/{path}/", {}).status_code == 405
