"""A house with a row in every table of the sidebar: troubled, long in words, as a page meets it on a bad day."""

from __future__ import annotations

from datetime import timedelta

from axes.models import AccessAttempt
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from campaigns.models import (
    Attempt,
    Callback,
    CallNote,
    Campaign,
    CampaignNotice,
    CampaignRun,
    Erasure,
    FeedEntry,
    HostedDialer,
    ImportRefusal,
    ImportSource,
    Lead,
    LimitSpan,
    NumberException,
    OptOut,
    PossibleOptOut,
    RulesVersion,
    SavedFilter,
    Skip,
    SuppressedNumber,
    SuppressionList,
)
from dialer.models import DID, Agent, Archive, AuditEntry, DIDGroup, SyncedItem
from tests.admin import builders, scenes
from webhooks.models import Delivery, ProviderEvent, Subscription

LONG = "Those who have not paid since March and asked in the winter to be called by somebody who speaks Marathi"


def filled_house() -> Campaign:
    """Return the campaign that runs; around it every table has a row."""
    runs = scenes.troubled_house()
    call = Attempt.objects.filter(campaign=runs, outcome="ANSWERED").latest("id")
    upload = runs.contact_lists.get().imports.latest("id")
    ImportRefusal.objects.create(
        contact_import=upload, row_number=2, field="phone", code="x", message=LONG, row={"phone": "12", "due": "4,200"}
    )
    _of_calls(call)
    _of_campaign(runs, call.lead)
    _of_accounts(runs)
    _of_the_house(call)
    return runs


def _of_calls(call: Attempt) -> None:
    now = timezone.now()
    said = [{"speaker": "bot", "text": LONG, "timestamp": 0.4}, {"speaker": "caller", "text": "No.", "timestamp": 6}]
    told = {"transcript": said, "disposition": "PTP", "disagreement": "The log says BUSY", "outcome_source": "PUSH"}
    Attempt.objects.filter(pk=call.pk).update(recording_url="https://rec.example/1", analysis={"intent": LONG}, **told)
    CallNote.objects.create(attempt=call, account=call.account, text=LONG, written_by="vera", created_at=now)
    OptOut.objects.create(attempt=call, number=call.number, words="keys pressed: 9", created_at=now)
    PossibleOptOut.objects.create(
        attempt=call,
        campaign=call.campaign,
        number=call.number,
        heard_in="the transcript",
        said=LONG,
        why="ASKED",
        heard_at=now,
    )
    ProviderEvent.objects.create(
        account=call.account, body=b'{"call_id": "c-1"}', state="FAILED", attempt=call, problem=LONG
    )


def _of_campaign(runs: Campaign, lead: Lead) -> None:
    now = timezone.now()
    Callback.objects.create(lead=lead, at=now, due_at=now, set_by="olga", note=LONG, created_at=now)
    version = RulesVersion.objects.create(campaign=runs, version=1, rules={"caps": []}, digest="1", made_at=now)
    of = {"campaign": runs, "lead_id": lead.pk, "number": lead.number, "rules_version": version}
    Skip.objects.create(at=now, rule="CAP", detail="3 calls in 24 h already", until=now + timedelta(hours=3), **of)
    LimitSpan.objects.create(campaign=runs, limit="DID", said=LONG, since_at=now - timedelta(hours=1), until_at=now)
    CampaignNotice.objects.create(campaign=runs, kind="OPENED", text=LONG, created_at=now)
    CampaignRun.objects.create(campaign=runs, edge_at=now, begun_at=now, problem=LONG)
    HostedDialer.objects.create(campaign=runs, account=runs.account, name="Dialer of March", is_on=False)
    SavedFilter.objects.create(rows="PEOPLE", name="Asked to be called", query="waits=callback", added_by="olga")
    ImportSource.objects.create(
        name="CRM", contact_list=runs.contact_lists.get(), location="https://crm.example/leads.csv", last_problem=LONG
    )
    never = SuppressionList.objects.create(name="Do not call", applies_to_all=True)
    SuppressedNumber.objects.create(suppression_list=never, number="+919700000099", reason=LONG)
    NumberException.objects.create(prefix="+9160", reason=LONG, added_by="olga")
    Erasure.objects.create(reason=LONG, asked_by="olga", asked_at=now)


def _of_accounts(runs: Campaign) -> None:
    now = timezone.now()
    runs.dids.add(DID.objects.create(account=runs.account, number="+918069000002", label="Collections, Pune"))
    group = DIDGroup.objects.create(name="Pune", account=runs.account)
    group.dids.set(runs.dids.all())
    Agent.objects.create(account=runs.account, name="Meera", kind="NUMBER", address="+919811111111")
    SyncedItem.objects.create(account=runs.account, kind="VOICE_BOT", external_id="b-1", name=LONG, seen_at=now)
    builders.account("A second account, whose name is as long as people make them, in Pune")


def _of_the_house(call: Attempt) -> None:
    now = timezone.now()
    entry = FeedEntry.objects.create(kind="RESULT", attempt=call)
    told = {"subscription": Subscription.objects.get(), "entry": entry, "problem": LONG}
    Delivery.objects.create(tries=3, next_try_at=now, created_at=now, **told)
    Archive.objects.create(kind="calls", name="calls-2026-01.jsonl.gz", old_before=now, begun_at=now)
    AuditEntry.objects.create(
        at=now,
        by="olga",
        face="ADMIN",
        act="campaigns.operate",
        what="Paused",
        subject="campaigns.campaign",
        subject_id=call.campaign_id,
        subject_name=call.campaign.name,
        changes={
            "state": ["RUNNING", "PAUSED"],
            "caps": [[], [{"calls": 3, "hours": 24}]],
            "retry_rules.BUSY": [900, {"delays": [300, 900], "other_did": True}],
        },
        reason=LONG,
    )
    nightly, _ = CrontabSchedule.objects.get_or_create(minute="0", hour="2")
    PeriodicTask.objects.create(
        name="Nightly import", task="campaigns.import_source", crontab=nightly, kwargs='{"source": "CRM"}'
    )
    AccessAttempt.objects.create(username="nobody", ip_address="192.0.2.1", failures_since_start=3)
