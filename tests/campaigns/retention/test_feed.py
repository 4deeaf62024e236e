"""Old entries of the feed go when everybody was told, and a reader who is behind learns it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from campaigns.models import CampaignNotice, FeedEntry
from campaigns.results.feed import place_entries
from dialer.retention.runs import retain
from tests.api import made
from tests.api.conftest import API, api
from tests.campaigns.retention.aged import LONG_AGO, NOW, call, lead
from webhooks.models import Delivery, Subscription

__all__ = ["api"]

pytestmark = pytest.mark.django_db


def entries(quantity: int) -> list[FeedEntry]:
    """Return results of long ago, in their places from 1 on."""
    of = made.campaign()
    for n in range(quantity):
        FeedEntry.objects.create(kind="RESULT", attempt=call(lead(of, f"+9198123456{n:02}")))
    FeedEntry.objects.update(created_at=LONG_AGO)
    place_entries()
    return list(FeedEntry.objects.order_by("position"))


def positions() -> list[int | None]:
    return list(FeedEntry.objects.order_by("position").values_list("position", flat=True))


def test_a_reader_who_is_behind_what_was_removed_is_told_and_one_who_is_not_reads_on(api: APIClient) -> None:
    entries(4)
    retain(names=["feed"], now=NOW)
    assert positions() == [4]  # the last one stays: places go on from it
    for after in ("?after=2", "?after=0", ""):
        behind = api.get(f"{API}/results/{after}")
        assert (behind.status_code, behind.json()["error"]["code"]) == (410, "feed_removed")
    (about,) = behind.json()["error"]["fields"]
    assert (about["field"], about["message"]) == ("after", "The earliest place is 3.")
    assert [row["id"] for row in api.get(f"{API}/results/?after=3").json()["results"]] == [4]
    FeedEntry.objects.create(kind="RESULT", attempt=call(lead(made.campaign(), "+919812345699")))
    assert [row["id"] for row in api.get(f"{API}/results/?after=4").json()["results"]] == [5]


def test_what_a_subscriber_has_not_been_told_stays() -> None:
    one, _, three, _, _, _ = entries(6)
    told = Subscription.objects.create(name="Told", url="https://crm.example.com/", position=4)
    Subscription.objects.create(name="Off", url="https://old.example.com/", position=0, is_active=False)
    for entry, state in ((one, "DELIVERED"), (three, "WAITING")):
        delivery = Delivery.objects.create(
            subscription=told, entry=entry, state=state, next_try_at=LONG_AGO, created_at=LONG_AGO
        )
        assert delivery.state == state
    retain(names=["deliveries", "feed"], now=NOW)
    assert positions() == [3, 5, 6]
    assert list(Delivery.objects.values_list("state", flat=True)) == ["WAITING"]


def test_a_notice_goes_after_its_entry_and_not_while_its_campaign_goes_on() -> None:
    over, going = made.campaign(state="COMPLETED"), made.campaign(state="PAUSED")
    for of in (over, over, going):
        notice = CampaignNotice.objects.create(campaign=of, kind="OPENED", text="Opened", created_at=LONG_AGO)
        FeedEntry.objects.create(kind="NOTICE", notice=notice)
    FeedEntry.objects.update(created_at=LONG_AGO)
    place_entries()
    later = NOW + timedelta(days=800)
    retain(names=["notices"], now=later)
    assert CampaignNotice.objects.count() == 3
    retain(names=["notices", "feed"], now=later)
    # The last entry of the feed is of the campaign that is paused.
    assert list(CampaignNotice.objects.values_list("campaign", flat=True)) == [going.pk]
