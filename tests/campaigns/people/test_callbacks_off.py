"""A callback that is taken back leaves its lead where it would be without it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from campaigns.leads.callbacks import set_callback
from campaigns.models import Callback, FeedEntry, Lead
from campaigns.settling.callbacks_off import call_off_callback
from campaigns.settling.reports import settle
from campaigns.states.campaigns import UnableToOperate
from dialer.models import AuditEntry
from dialer.providers.base import CallReport, Outcome, Phase
from tests.campaigns.world import NOON, account, campaign, claimed, place

pytestmark = pytest.mark.django_db
AT = NOON + timedelta(hours=2)


def ended(outcome: Outcome, **fields: Any) -> Lead:
    """Return a lead whose call has ended so."""
    made = campaign(account(), leads=1, **fields)
    attempt = place(made)
    settle(reports=[(attempt.pk, CallReport(phase=Phase.ENDED, outcome=outcome))], now=NOON)
    return Lead.objects.get(pk=attempt.lead_id)


def off(lead: Lead) -> Lead:
    set_callback(lead_id=lead.pk, at=AT, by="olga", now=NOON)
    call_off_callback(lead_id=lead.pk, by="vera", now=NOON + timedelta(seconds=10))
    lead.refresh_from_db()
    assert lead.callback_at is None
    return lead


def test_one_that_was_answered_is_completed_again_and_told() -> None:
    lead = off(ended(Outcome.ANSWERED))
    assert (lead.state, lead.attempts_made) == ("COMPLETED", 1)
    assert FeedEntry.objects.filter(lead=lead, kind="LEAD_ENDED").count() == 1
    assert Callback.objects.get().called_off_at is not None
    assert AuditEntry.objects.filter(what="Callback called off", subject_id=lead.pk).exists()


def test_one_that_waits_for_its_retry_waits_for_it_again() -> None:
    before = ended(Outcome.NO_ANSWER, retry_rules={"NO_ANSWER": {"delays": [3600], "most": 2}})
    due = before.next_attempt_at
    lead = off(before)
    assert (lead.state, lead.rank // 10, lead.attempts_made) == ("PENDING", 2, 1)
    assert lead.next_attempt_at == due


def test_one_that_nobody_called_yet_is_due_as_before() -> None:
    made = campaign(account(), leads=1)
    lead = off(made.leads.get())
    assert (lead.state, lead.rank // 10) == ("PENDING", 1)
    assert claimed(made.account, now=NOON + timedelta(seconds=20)).reserved, "it is called now, and not in two hours"


def test_one_on_the_line_has_no_callback_after_its_call() -> None:
    made = campaign(account(), leads=1)
    attempt = place(made)
    lead = off(Lead.objects.get(pk=attempt.lead_id))
    assert lead.state == "DIALING"
    settle(reports=[(attempt.pk, CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED))], now=NOON)
    lead.refresh_from_db()
    assert lead.state == "COMPLETED"


def test_where_none_waits_it_says_so_and_nothing_is_recorded() -> None:
    lead = ended(Outcome.ANSWERED)
    with pytest.raises(UnableToOperate, match="No callback of it waits"):
        call_off_callback(lead_id=lead.pk, by="vera", now=NOON)
    assert not AuditEntry.objects.filter(what="Callback called off").exists()
