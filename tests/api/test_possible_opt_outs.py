"""To decide, over REST: what may refuse calls is listed, and decided once, by those who may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from campaigns.models import PossibleOptOut, SuppressedNumber
from campaigns.settling.reports import settle
from dialer.providers.base import CallReport, Outcome, Phase
from tests.api.conftest import API, ClientFor
from tests.campaigns.world import NOON, account, campaign, place

pytestmark = pytest.mark.django_db
PATH = f"{API}/possible-opt-outs/"
SENTENCES = ("do not call me at the office", "his wife says do not call")


@pytest.fixture
def doubts() -> list[PossibleOptOut]:
    """Two calls that left a doubt, of one campaign."""
    made = campaign(account(), leads=2)
    for sentence in SENTENCES:
        report = CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, disposition=sentence)
        settle(reports=[(place(made).pk, report)], now=NOON)
    return list(PossibleOptOut.objects.order_by("id"))


def test_they_are_listed_with_what_was_said_and_where_it_leads(api: APIClient, doubts: list[PossibleOptOut]) -> None:
    first, second = doubts
    newest, oldest = api.get(PATH).json()["results"]
    assert (newest["id"], oldest["id"]) == (second.pk, first.pk)
    assert (oldest["said"], oldest["heard_in"], oldest["why"], oldest["words"]) == (
        SENTENCES[0],
        "disposition",
        "LIMITED",
        "at the office",
    )
    lead = first.attempt.lead
    assert (oldest["lead"], oldest["contact"], oldest["campaign"]) == (lead.pk, lead.contact_id, first.campaign_id)
    found = api.get(f"{PATH}?number={first.number[1:]}&decided=false").json()["results"]
    assert [row["id"] for row in found] == [first.pk]
    assert api.get(f"{PATH}?decided=true").json()["results"] == []
    progress = api.get(f"{API}/campaigns/{first.campaign_id}/progress/").json()
    assert progress["leads_held"] == 0  # both leads have ended with their calls


def test_one_is_decided_once_and_the_second_is_told_by_whom(
    client_for: ClientFor, doubts: list[PossibleOptOut]
) -> None:
    rights = ("campaigns.view_possibleoptout", "campaigns.change_possibleoptout")
    first, other = client_for(*rights), client_for(*rights)
    path = f"{PATH}{doubts[0].pk}/decide/"
    reply = first.post(path, {"decision": "OPT_OUT"})
    assert (reply.status_code, reply.json()["decision"], reply.json()["decided_by"]) == (200, "OPT_OUT", "user-0")
    again = other.post(path, {"decision": "NOT_OPT_OUT"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "decided")
    assert "by user-0" in again.json()["error"]["message"]
    assert SuppressedNumber.objects.get().number == doubts[0].number


def test_several_are_decided_at_once_and_those_decided_before_are_named(
    api: APIClient, doubts: list[PossibleOptOut]
) -> None:
    ids = [doubt.pk for doubt in doubts]
    until = (NOON + timedelta(days=365 * 20)).isoformat()
    api.post(f"{PATH}{ids[0]}/decide/", {"decision": "NOT_OPT_OUT"})
    reply = api.post(f"{PATH}decide/", {"ids": ids, "decision": "OPT_OUT_UNTIL", "until": until})
    assert reply.json()["decided"] == [ids[1]]
    assert [(row["id"], row["decision"]) for row in reply.json()["earlier"]] == [(ids[0], "NOT_OPT_OUT")]
    assert SuppressedNumber.objects.get().number == doubts[1].number
    assert api.get(f"{PATH}?decision=OPT_OUT_UNTIL").json()["results"][0]["until"] == "2046-02-25T12:00:00Z"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"decision": "OPT_OUT_UNTIL"}, "until"),
        ({"decision": "OPT_OUT_UNTIL", "until": "2001-01-01T00:00:00Z"}, "until"),
        ({"decision": "MAYBE"}, "decision"),
        ({}, "decision"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused_by_field(
    api: APIClient, doubts: list[PossibleOptOut], body: dict[str, str], field: str
) -> None:
    for path, extra in ((f"{PATH}{doubts[0].pk}/decide/", {}), (f"{PATH}decide/", {"ids": [doubts[0].pk]})):
        reply = api.post(path, body | extra)
        assert reply.status_code == 400
        assert [problem["field"] for problem in reply.json()["error"]["fields"]] == [field]
    assert api.post(f"{PATH}decide/", {"ids": [987654], "decision": "OPT_OUT"}).status_code == 400
    assert not PossibleOptOut.objects.exclude(decision="").exists()


def test_who_may_only_look_decides_nothing(client_for: ClientFor, doubts: list[PossibleOptOut]) -> None:
    viewer = client_for("campaigns.view_possibleoptout")
    assert len(viewer.get(PATH).json()["results"]) == 2
    assert viewer.post(f"{PATH}{doubts[0].pk}/decide/", {"decision": "OPT_OUT"}).status_code == 403
    ids = [doubts[0].pk]
    assert viewer.post(f"{PATH}decide/", {"ids": ids, "decision": "OPT_OUT"}).status_code == 403
    assert client_for("campaigns.view_campaign").get(PATH).status_code == 403
    assert not SuppressedNumber.objects.exists()


def test_a_campaign_hears_refusals_unless_it_is_told_not_to(api: APIClient, doubts: list[PossibleOptOut]) -> None:
    path = f"{API}/campaigns/{doubts[0].campaign_id}/"
    assert api.get(path).json()["hear_refusals"] is True
    assert api.patch(path, {"hear_refusals": False}).json()["hear_refusals"] is False
