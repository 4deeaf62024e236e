"""The past of what surrounds calls: what providers told, what people said and did, and what was told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from campaigns.models import Attempt, Campaign, HostedBatch, HostedDialer, RulesVersion, SuppressionList
from dialer.models import ProviderAccount
from tests.history.tables import insert
from webhooks.models import Subscription

#: Numbers of the past begin here: those of ``tests.campaigns.world`` are others.
FIRST_NUMBER = 7_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What the past was made of. Half of it is of ``running``, which still has leads to call."""

    attempts: int
    accounts: Sequence[ProviderAccount]
    running: Campaign
    hosted: HostedDialer


def add_told(cursor: Any, past: Past) -> None:
    """What the providers told, and what was told of it: events, the feed, deliveries, notices, decisions."""
    rows, attempt = past.attempts, f"{_first_attempt(past)} + n"
    insert(
        cursor,
        "webhooks_providerevent",
        rows,
        account_id="p.account",
        source="'PUSH'",
        received_at="at",
        body='\'{"event": "call.ended"}\'::bytea',
        state="CASE WHEN n % 50 = 0 THEN 'IGNORED' ELSE 'APPLIED' END",
        attempt_id=attempt,
        next_try_at="at",
        applied_at="at",
        dedupe_key="CASE WHEN n % 2 = 0 THEN 'row-' || n END",
    )
    insert(
        cursor,
        "campaigns_feedentry",
        rows,
        position="n",
        kind="'RESULT'",
        attempt_id=attempt,
        created_at="at",
    )
    insert(
        cursor,
        "webhooks_delivery",
        rows,
        subscription_id=str(_subscription(rows).pk),
        entry_id=f"{_first(cursor, 'campaigns_feedentry')} + n",
        state="'DELIVERED'",
        tries="1",
        delivered_at="at",
    )
    insert(
        cursor,
        "campaigns_campaignnotice",
        rows // 20,
        campaign_id="p.campaign",
        kind="'TOO_MANY_FAILURES'",
        text="'Paused'",
        attempt_ids="'[]'",
    )
    version = RulesVersion.objects.create(campaign=past.running, version=1, rules={}, made_at=timezone.now())
    insert(
        cursor,
        "campaigns_skip",
        rows // 2,
        lead_id="n",
        campaign_id="p.campaign",
        number=f"'+91' || ({FIRST_NUMBER} + n)",
        rule="'HOURS'",
        detail="'closed'",
        rules_version_id=str(version.pk),
    )
    insert(
        cursor,
        "campaigns_limitspan",
        rows // 10,
        campaign_id="p.campaign",
        limit="'SLOTS'",
        until_at="at",
        said="'full'",
    )


def add_said(cursor: Any, past: Past) -> None:
    """What people said in calls and of calls."""
    rows, attempt = past.attempts, f"{_first_attempt(past)} + n"
    lead = f"(SELECT a.lead_id FROM campaigns_attempt a WHERE a.id = {attempt})"
    number = f"'+91' || ({FIRST_NUMBER} + n)"
    insert(cursor, "campaigns_callback", rows // 20, lead_id=lead, attempt_id=attempt, set_by="'the call'")
    insert(cursor, "campaigns_optout", rows // 20, attempt_id=attempt, number=number, words="'stop'")
    insert(
        cursor,
        "campaigns_possibleoptout",
        rows // 20,
        attempt_id=attempt,
        campaign_id="p.campaign",
        number=number,
        said="'no more'",
        why="'UNCLEAR'",
        decision="'NOT_OPT_OUT'",
        decided_at="at",
    )
    insert(
        cursor, "campaigns_callnote", rows // 20, attempt_id=attempt, account_id="p.account", text="'x'", state="'SENT'"
    )
    never = SuppressionList.objects.create(name="Never of the past")
    insert(cursor, "campaigns_suppressednumber", rows // 10, suppression_list_id=str(never.pk), number=number)
    dialer = past.hosted
    insert(cursor, "campaigns_hostedbatch", rows // 20, dialer_id=str(dialer.pk), state="'ADDED'", size="10")
    batch = HostedBatch.objects.order_by("id").values_list("pk", flat=True).first() or 0
    cursor.execute(
        """INSERT INTO campaigns_hostednumber (attempt_id, batch_id)
           SELECT a.id, %s + (row_number() OVER (ORDER BY a.id) - 1) / 10 FROM campaigns_attempt a
            WHERE a.campaign_id = %s""",
        [batch, dialer.campaign_id],
    )
    insert(cursor, "campaigns_hostedswitch", rows // 20, dialer_id=str(dialer.pk), is_on="n % 2 = 0", edge_at="at")


def add_done(cursor: Any, past: Past) -> None:
    """What people, jobs and programs did."""
    rows = past.attempts // 20
    user = User.objects.create_user("of the past")
    insert(
        cursor,
        "campaigns_contactimport",
        rows,
        contact_list_id="p.list",
        state="'DONE'",
        file_name="'a.csv'",
        rows_read="0",
        ended_at="at",
    )
    upload = _first(cursor, "campaigns_contactimport")
    insert(cursor, "campaigns_importrefusal", rows, contact_import_id=f"{upload} + n", row_number="1", code="'x'")
    insert(cursor, "campaigns_jobrun", rows, job="'nightly'", ended_at="at")
    insert(cursor, "campaigns_campaignrun", rows, campaign_id="p.campaign")
    insert(
        cursor,
        "dialer_auditentry",
        5 * rows,
        kind="CASE n % 3 WHEN 0 THEN 'ACT' WHEN 1 THEN 'ITSELF' ELSE 'ACCESS' END",
        by="'asha'",
        face="'ADMIN'",
        act="'campaigns.work_leads'",
        what="'Callback set'",
        subject="'campaigns.lead'",
        subject_id="n",
        within="'campaigns.campaign'",
        within_id="p.campaign",
    )
    insert(cursor, "dialer_keptanswer", rows, user_id=str(user.pk), face="'REST'", key="'k' || n", is_done="true")
    insert(cursor, "axes_accesslog", rows, username="'asha'")
    insert(
        cursor,
        "django_session",
        rows,
        session_key="'past-' || n",
        expire_date="now() + interval '1 day'",
    )


def _first_attempt(past: Past) -> int:
    """Return the id before that of the oldest attempt."""
    oldest = Attempt.objects.order_by("id").values_list("pk", flat=True).first()
    assert oldest is not None
    return oldest - 1


def _first(cursor: Any, table: str) -> int:
    """Return the id before that of the first row of a table that only the past has filled."""
    cursor.execute(f"SELECT min(id) - 1 FROM {table}")
    return int(cursor.fetchone()[0] or 0)


def _subscription(position: int) -> Subscription:
    """Return a subscriber who has been told everything."""
    return Subscription.objects.create(name="Subscriber of the past", url="http://127.0.0.1:9/", position=position)
