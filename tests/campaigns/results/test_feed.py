"""The feed: each result, opt-out and notice once, in an order in which a reader misses nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connections, transaction

from campaigns.lifecycle.operations import pause_campaign
from campaigns.models import CampaignNotice, FeedEntry, NoticeKind
from campaigns.results.feed import entries_after, place_entries
from campaigns.results.notices import notify
from campaigns.settling.reports import settle
from dialer.providers.base import CallReport, Outcome, Phase
from tests.campaigns.world import NOON, account, campaign, claimed, place


def told() -> list[tuple[str, int | None]]:
    """Return the feed: kind and attempt."""
    place_entries()
    return [(entry.kind, entry.attempt_id) for entry in entries_after(position=0, limit=100)]


def end(attempt_id: int, **said: Any) -> None:
    settle(reports=[(attempt_id, CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, **said))], now=NOON)


@pytest.mark.django_db
def test_a_result_is_told_once_and_again_when_more_becomes_known_of_it() -> None:
    attempt = place(campaign(account(), leads=1))
    settle(reports=[(attempt.pk, CallReport(phase=Phase.RINGING))], now=NOON)
    assert told() == []
    for _ in range(3):
        end(attempt.pk, disposition="interested")
    assert told() == [("RESULT", attempt.pk)]
    for _ in range(2):
        end(attempt.pk, transcript=[{"role": "bot", "text": "Hello"}])
    assert told() == [("RESULT", attempt.pk), ("RESULT_CHANGED", attempt.pk)]


@pytest.mark.django_db
def test_what_rang_nobody_is_no_result() -> None:
    owner = account()
    made = campaign(owner, leads=2)
    assert claimed(owner).reserved
    pause_campaign(campaign_id=made.pk, now=NOON, by="olga")
    assert told() == []


@pytest.mark.django_db
def test_opt_outs_and_notices_are_told() -> None:
    attempt = place(campaign(account(), leads=1))
    end(attempt.pk, disposition="do not call")
    notify(campaign_id=attempt.campaign_id, kind=NoticeKind.OPENED, text="Opened.", now=NOON)
    assert told() == [("RESULT", attempt.pk), ("OPT_OUT", attempt.pk), ("NOTICE", None)]


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_is_committed_late_comes_after_what_was_read() -> None:
    made = campaign(account(), leads=1)
    with transaction.atomic():
        notify(campaign_id=made.pk, kind=NoticeKind.OPENED, text="Slow.", now=NOON)
        connections["default"].inc_thread_sharing()
        other = connections.create_connection("default")
        with other.cursor() as cursor:
            cursor.execute(
                "INSERT INTO campaigns_campaignnotice (campaign_id, kind, text, attempt_ids, created_at)"
                " VALUES (%s, 'OPENED', 'Fast.', '[]', now()) RETURNING id",
                [made.pk],
            )
            cursor.execute(
                "INSERT INTO campaigns_feedentry (kind, notice_id) VALUES ('NOTICE', %s)", [cursor.fetchone()[0]]
            )
            # Somebody else puts in order what is committed by now.
            cursor.execute("UPDATE campaigns_feedentry SET position = 1 WHERE position IS NULL")
        other.close()
    place_entries()
    texts = [entry.notice.text for entry in entries_after(position=0, limit=10) if entry.notice]
    assert texts == ["Fast.", "Slow."]
    ids = list(FeedEntry.objects.order_by("position").values_list("id", flat=True))
    assert ids == sorted(ids, reverse=True), "If this fails, the test no longer shows that ids are not the order"
    assert CampaignNotice.objects.count() == 2
