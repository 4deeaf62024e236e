"""Each promise is broken in the tables by hand: the audit finds it, names it with its cure, and finds nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from campaigns.models import (
    Attempt,
    Campaign,
    CampaignNotice,
    CampaignState,
    Contact,
    ContactImport,
    FeedEntry,
    JobRun,
    Lead,
    PastLimit,
    PossibleOptOut,
    SuppressedNumber,
    SuppressionList,
)
from campaigns.promises.audit import audit
from campaigns.promises.findings import CHECKS
from campaigns.promises.job import audit_promises
from campaigns.states.campaigns import move
from dialer.acts.telephone import TURN_SWITCH
from dialer.audit import record
from dialer.models import DID, ProviderAccount, Switchboard
from tests.campaigns import world
from webhooks.models import ProviderEvent

pytestmark = pytest.mark.django_db

NOON = world.NOON
LATER = NOON + timedelta(hours=6)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


@pytest.fixture
def campaign() -> Campaign:
    """Return a campaign that nobody was called for."""
    made = world.campaign(world.account(provider="intellicall"), agents=[], leads=6)
    made.agents.set([world.agent(made.account, max_live_calls=9)])
    return made


def called(made: Campaign, *, at: datetime = NOON, lasted: float = 30, **given: Any) -> Attempt:
    """Return a call that claiming allowed, begun at an instant and ended as it should: with its result told."""
    attempt = world.place(made, now=at)
    values = {"state": "ENDED", "outcome": "ANSWERED", "is_burned": True, "placing_at": at, "reserved_at": at}
    Attempt.objects.filter(pk=attempt.pk).update(**{**values, "ended_at": at + seconds(lasted), **given})
    Lead.objects.filter(pk=attempt.lead_id).update(state="COMPLETED", ended_at=at + seconds(lasted))
    FeedEntry.objects.create(kind="RESULT", attempt_id=attempt.pk)
    return Attempt.objects.get(pk=attempt.pk)


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


def beyond_did(made: Campaign) -> None:
    DID.objects.update(max_live_calls=1)
    PastLimit.objects.update(until_at=NOON - seconds(60))
    called(made)
    called(made, at=NOON + seconds(10))


def beyond_account(made: Campaign) -> None:
    called(made)
    called(made, at=NOON + seconds(10))
    ProviderAccount.objects.update(max_live_calls=1)
    PastLimit.objects.update(until_at=NOON - seconds(60))


def two_of_a_lead(made: Campaign) -> None:
    first, second = called(made), called(made, at=NOON + seconds(10))
    Attempt.objects.filter(pk=second.pk).update(lead_id=first.lead_id)


def two_of_a_number(made: Campaign) -> None:
    first, second = called(made), called(made, at=NOON + seconds(10))
    Attempt.objects.filter(pk=second.pk).update(number=first.number)


def before_nine(made: Campaign) -> None:
    Campaign.objects.update(window_opens="09:00")
    attempt = called(made)
    at = NOON.replace(hour=8, minute=59, second=59)
    Attempt.objects.filter(pk=attempt.pk).update(placing_at=at, ended_at=at + seconds(9))


def blind(made: Campaign) -> None:
    first = called(made, outcome="LOST")
    second = called(made, at=NOON + seconds(600))
    Attempt.objects.filter(pk=second.pk).update(lead_id=first.lead_id)


def beyond_cap(made: Campaign) -> None:
    Campaign.objects.update(caps=[{"calls": 1, "hours": 24}])
    first = called(made)
    second = called(made, at=NOON + seconds(3600))
    Attempt.objects.filter(pk=second.pk).update(number=first.number)


def suppressed(made: Campaign) -> None:
    attempt = called(made)
    everybody = SuppressionList.objects.create(name="Never", applies_to_all=True)
    SuppressedNumber.objects.create(suppression_list=everybody, number=attempt.number)
    SuppressedNumber.objects.update(created_at=NOON - timedelta(days=1))


def held(made: Campaign) -> None:
    attempt, before = called(made), NOON - timedelta(days=1)
    values = {"heard_in": "note", "said": "later", "why": "CONDITIONAL", "words": "later", "heard_at": before}
    PossibleOptOut.objects.create(attempt=attempt, campaign=made, number=attempt.number, **values)


def lead_alone(made: Campaign) -> None:
    Lead.objects.filter(pk=Lead.objects.earliest("pk").pk).update(state="DIALING")


def call_alone(made: Campaign) -> None:
    attempt = world.place(made)
    Attempt.objects.filter(pk=attempt.pk).update(deadline_at=LATER)
    Lead.objects.filter(pk=attempt.lead_id).update(state="CANCELED", state_reason="x", ended_at=NOON)


def left_behind(made: Campaign) -> None:
    Campaign.objects.update(state="STOPPED", state_changed_at=NOON)


def without_lead(made: Campaign) -> None:
    contact_list = made.contact_lists.get()
    Contact.objects.create(contact_list=contact_list, number="+919812345678")
    Contact.objects.update(created_at=NOON)
    Campaign.objects.update(state_changed_at=NOON)


def short_of_rows(made: Campaign) -> None:
    values = {"rows_total": 3, "rows_accepted": 1, "rows_refused": 2, "state": "DONE", "ended_at": NOON}
    upload = ContactImport.objects.create(contact_list=made.contact_lists.get(), **values)
    upload.refusals.create(row_number=2, code="x", message="x")


def miscounted(made: Campaign) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM campaigns_countchange")


def untold(made: Campaign) -> None:
    attempt = called(made)
    FeedEntry.objects.filter(attempt_id=attempt.pk).delete()


def after_stop(made: Campaign) -> None:
    made.refresh_from_db()
    attempt = called(made)
    move(made, to=CampaignState.PAUSED, reason="x", now=NOON - seconds(60))
    assert attempt.placing_at == NOON


def switched_off(made: Campaign) -> None:
    called(made)
    board = Switchboard(pk=1)
    changes = {"dialing_allowed": [True, False]}
    record(act=TURN_SWITCH.name, what="x", subject=board, changes=changes, now=NOON - seconds(60))


def stuck(made: Campaign) -> None:
    world.place(made)
    Attempt.objects.update(deadline_at=NOON)


def without_rules(made: Campaign) -> None:
    called(made, rules_version=None)


def without_reason(made: Campaign) -> None:
    Lead.objects.filter(pk=Lead.objects.earliest("pk").pk).update(state="EXPIRED", ended_at=NOON)


def waiting_event(made: Campaign) -> None:
    ProviderEvent.objects.create(account=made.account, body=b"{}", state="NEW", next_try_at=NOON)


def event_of_another(made: Campaign) -> None:
    ProviderEvent.objects.create(account=world.account(), body=b"{}", state="APPLIED", attempt=called(made))


BROKEN: dict[str, Callable[[Campaign], None]] = {
    "lead-called-twice-at-once": two_of_a_lead,
    "called-again-blind": blind,
    "limit-exceeded": beyond_did,
    "outside-hours": before_nine,
    "number-called-twice-at-once": two_of_a_number,
    "cap-exceeded": beyond_cap,
    "suppressed-called": suppressed,
    "held-called": held,
    "lead-without-its-call": lead_alone,
    "call-without-its-lead": call_alone,
    "lead-left-behind": left_behind,
    "contact-without-lead": without_lead,
    "import-sums": short_of_rows,
    "counts-differ": miscounted,
    "result-untold": untold,
    "placed-after-stop": after_stop,
    "placed-while-switched-off": switched_off,
    "stuck-call": stuck,
    "call-without-rules": without_rules,
    "end-without-reason": without_reason,
    "event-not-applied": waiting_event,
    "event-of-another-account": event_of_another,
}


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
