"""A lead that ends without a call is told: whatever ended it, once, in the feed and to subscribers."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from campaigns.lifecycle.operations import stop_campaign
from campaigns.models import Campaign, Lead, SuppressedNumber, SuppressionList
from campaigns.settling.reports import settle
from campaigns.states.leads import cancel, cancel_many
from campaigns.states.left_over import expire_waiting
from dialer.providers.base import CallReport, Outcome, Phase
from tests.api.conftest import API, api
from tests.campaigns.world import NOON, account, campaign, claimed, place
from tests.sources import PROJECT
from tests.webhooks.receiver import Receiver, receiver
from tests.webhooks.subscribers import end_calls, subscribe, told
from tests.webhooks.telling import tell

__all__ = ["api", "receiver"]


def canceled(of: Campaign) -> None:
    with connection.cursor() as cursor:
        for lead in of.leads.all():
            assert cancel(cursor, lead_id=lead.pk, reason="By hand", now=NOON)


def canceled_together(of: Campaign) -> None:
    ids = list(of.leads.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        assert cancel_many(cursor, lead_ids=ids, reason="By hand", now=NOON) == 2
        assert cancel_many(cursor, lead_ids=ids, reason="By hand", now=NOON) == 0


def stopped(of: Campaign) -> None:
    stop_campaign(campaign_id=of.pk, now=NOON, by="olga")


def expired(of: Campaign) -> None:
    assert expire_waiting(campaigns=Campaign.objects.filter(pk=of.pk), now=NOON) == 2


def suppressed(of: Campaign) -> None:
    everywhere = SuppressionList.objects.create(name="Never", applies_to_all=True)
    for lead in of.leads.all():
        SuppressedNumber.objects.create(suppression_list=everywhere, number=lead.number)
    assert not claimed(of.account).reserved


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("end", "state"),
    [
        (canceled, "CANCELED"),
        (canceled_together, "CANCELED"),
        (stopped, "CANCELED"),
        (expired, "EXPIRED"),
        (suppressed, "SUPPRESSED"),
    ],
)
def test_a_lead_that_ends_without_a_call_is_told_once(
    receiver: Receiver, api: APIClient, end: Callable[[Campaign], None], state: str
) -> None:
    of = campaign(account(), leads=2)
    subscribe(receiver.url, kinds=["LEAD_ENDED"]).campaigns.set([of])
    leads = {lead.pk: lead for lead in of.leads.select_related("contact")}
    end(of)
    tell(now=NOON)
    tell(now=NOON + timedelta(hours=1))
    said = told(receiver)
    assert sorted(one["lead"]["id"] for one in said) == sorted(leads)
    for one in said:
        lead = leads[one["lead"]["id"]]
        assert (one["kind"], one["attempt"], one["lead"]["state"]) == ("LEAD_ENDED", None, state)
        assert (one["lead"]["campaign"], one["lead"]["number"]) == (of.pk, lead.number)
        assert one["lead"]["external_reference"] == lead.contact.external_reference
    feed = api.get(f"{API}/results/").json()["results"]
    assert [row["kind"] for row in feed if row["lead"]] == ["LEAD_ENDED"] * 2


@pytest.mark.django_db(transaction=True)
def test_a_lead_whose_result_tells_its_end_is_told_by_that_alone(receiver: Receiver) -> None:
    subscribe(receiver.url)
    end_calls(2)
    tell(now=NOON)
    assert [one["kind"] for one in told(receiver)] == ["RESULT"] * 2


@pytest.mark.django_db(transaction=True)
def test_every_lead_of_a_stopped_campaign_is_told_by_its_result_or_its_end(receiver: Receiver) -> None:
    of = campaign(account(), leads=5)
    subscribe(receiver.url)
    calls = [place(of) for _ in range(2)]
    stopped(of)
    report = CallReport(phase=Phase.ENDED, outcome=Outcome.NO_ANSWER)
    settle(reports=[(call.pk, report) for call in calls], now=NOON)
    tell(now=NOON)
    ends: dict[int, list[Any]] = {}
    for one in told(receiver):
        if one["lead"] is not None:
            ends.setdefault(one["lead"]["id"], []).append(one["kind"])
    assert set(ends) == set(Lead.objects.filter(campaign=of).values_list("pk", flat=True))
    assert sorted(kinds for [kinds] in ends.values()) == ["LEAD_ENDED"] * 3 + ["RESULT"] * 2


#: Statements of campaigns/states that may end leads and tell nothing, and why.
TOLD_OTHERWISE = {"_CALL_BACK": "it ends none", "_REJUDGE": "RESULT_CHANGED tells what changed it"}


def test_whatever_statement_ends_leads_tells_it() -> None:
    """``ends`` writes ends with their calls, whose results tell them."""
    silent = []
    for name in ("leads", "left_over", "new_leads", "campaigns"):
        source = (PROJECT / "campaigns" / "states" / f"{name}.py").read_text()
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.Assign | ast.Expr | ast.Return):
                continue
            said = ast.get_source_segment(source, node) or ""
            names = {one.id for one in getattr(node, "targets", []) if isinstance(one, ast.Name)}
            if "campaigns_lead" in said and "ended_at =" in said and "TELL_ENDED" not in said:
                silent += [name for name in names or {said[:60]} if name not in TOLD_OTHERWISE]
    assert silent == []
