"""Each promise is broken in the tables by hand: the audit finds it, names it with its cure, and finds nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from campaigns.models import Attempt, Campaign, CampaignNotice, JobRun, PastLimit
from campaigns.promises.audit import audit
from campaigns.promises.findings import CHECKS
from campaigns.promises.job import audit_promises
from tests.campaigns import world
from tests.campaigns.promises.broken import (
    BROKEN,
    LATER,
    NOON,
    beyond_account,
    blind,
    called,
    lead_alone,
    seconds,
    two_of_a_lead,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    """Return a campaign that nobody was called for."""
    made = world.campaign(world.account(provider="intellicall"), agents=[], leads=6)
    made.agents.set([world.agent(made.account, max_live_calls=9)])
    return made


def found(**given: Any) -> dict[str, int]:
    report = audit(**{"now": LATER, "clocks_differ": seconds(0.05), **given})
    return {finding.check.name: finding.count for finding in report.findings}


def test_what_is_as_it_should_be_breaks_nothing(campaign: Campaign) -> None:
    for n in range(4):
        called(campaign, at=NOON + seconds(40 * n))
    world.place(campaign, now=NOON + seconds(300))
    Attempt.objects.filter(ended_at=None).update(deadline_at=LATER)
    assert found() == {}
    assert found(since=NOON + seconds(60)) == {}


def test_each_check_is_tried() -> None:
    assert set(CHECKS) <= set(BROKEN)


@pytest.mark.parametrize("name", BROKEN)
def test_a_promise_that_is_broken_is_found_and_nothing_else(name: str, campaign: Campaign) -> None:
    BROKEN[name](campaign)
    report = audit(now=LATER, clocks_differ=seconds(0.05))
    assert {finding.check.name for finding in report.findings} == {name}
    assert all(finding.check.cure in str(finding) for finding in report.findings)


def test_the_limit_of_an_account_holds_over_its_dids(campaign: Campaign) -> None:
    beyond_account(campaign)
    report = audit(now=LATER)
    assert [str(finding.of) for finding in report.findings] == [f"account #{campaign.account_id}"]


def test_a_limit_that_is_changed_is_remembered_by_whatever_statement(campaign: Campaign) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE dialer_did SET max_live_calls = 7, label = 'x'")
        cursor.execute("UPDATE dialer_did SET max_live_calls = 7, label = 'y'")
    Campaign.objects.update(max_live_calls=9)
    assert list(PastLimit.objects.values_list("limit_of", "holder_id", "most")) == [
        ("DID", campaign.dids.get().pk, 100),
        ("CAMPAIGN", campaign.pk, None),
    ]


def test_a_callback_is_a_reason_to_call_again(campaign: Campaign) -> None:
    blind(campaign)
    lead = Attempt.objects.earliest("pk").lead
    lead.callbacks.create(at=LATER, due_at=LATER, set_by="asha", created_at=NOON + seconds(60))
    assert found() == {}


def test_the_command_says_by_its_exit_code_what_it_found(campaign: Campaign) -> None:
    out = StringIO()
    call_command("audit", stdout=out)
    assert "held    1. One ring per attempt" in out.getvalue()
    two_of_a_lead(campaign)
    out = StringIO()
    with pytest.raises(CommandError, match="1 rows break a promise") as ended:
        call_command("audit", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert ended.value.returncode == 1
    assert (told["violations"], told["calls"], len(told["promises"])) == (1, 2, 9)
    assert told["promises"][0]["findings"][0]["check"] == "lead-called-twice-at-once"


@pytest.mark.parametrize("given", ["yesterday", "99999999999999d", "2999-01-01"])
def test_an_odd_since_is_refused_with_what_to_write(given: str) -> None:
    with pytest.raises(CommandError, match=r"no instant|in the past"):
        call_command("audit", "--since", given)


@pytest.mark.django_db(transaction=True)
def test_the_nightly_audit_leaves_a_notice_with_the_cure_and_goes_on_from_where_it_was(campaign: Campaign) -> None:
    audit_promises.apply(throw=True)
    assert JobRun.objects.get(job="audit").problem == ""
    lead_alone(campaign)
    with pytest.raises(Exception, match="rows break a promise"):
        audit_promises.apply(throw=True)
    notice = CampaignNotice.objects.get(kind="PROMISE_BROKEN")
    assert "promise 5 was broken" in notice.text
    assert CHECKS["lead-without-its-call"].cure in notice.text
    assert JobRun.objects.filter(job="audit").count() == 2
    assert datetime.now(UTC) - notice.created_at < timedelta(minutes=1)
