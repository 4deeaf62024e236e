"""Every page says instants by the clock of who reads it, and takes them by it; REST says UTC to everybody."""

from __future__ import annotations

import re
import zoneinfo
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Attempt, Campaign, Lead, SuppressedNumber, SuppressionList
from dialer.models import Reader
from dialer.reader import at_clocks, reading_in
from dialer.serving.readers_clock import by_clock
from tests.admin import builders
from tests.admin.scenes import troubled_house
from tests.api.conftest import API, with_token
from tests.history import site

pytestmark = pytest.mark.django_db

KOLKATA = "Asia/Kolkata"
#: An instant of UTC in a sentence; one in brackets stands beside the reader's.
IN_UTC = re.compile(r"(?<!\()\b\d\d:\d\d(?::\d\d)? UTC(?![\w+-])")


def reads_in(name: str) -> tuple[User, Client]:
    """Return a superuser and his client, who reads in a zone."""
    user, client = User.objects.create_superuser("asha"), Client()
    client.force_login(user)
    assert client.post("/admin/zone/", {"time_zone": name}).status_code == 302
    return user, client


def text_of(client: Client, address: str) -> str:
    """Return what is read on a page, without what is on hover or in scripts."""
    reply = client.get(address, follow=True)
    assert reply.status_code == 200, address
    html = re.sub(r"<(script|style|textarea|option)\b.*?</\1>", "", reply.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html)))


def test_no_page_says_an_instant_by_another_clock_alone() -> None:
    user, client = reads_in(KOLKATA)
    builders.house()
    running = troubled_house()
    Campaign.objects.update(time_zone="Europe/London", starts_at=timezone.now() - timedelta(days=1))
    pages = [*site.watched_pages(campaign_id=running.pk), *site.sidebar_pages(user), *site.row_pages(user)]
    assert len(pages) > 60
    wrong, with_zone = {}, 0
    for page in pages:
        said = text_of(client, page.address)
        with_zone += len(re.findall(r"\d\d:\d\d(?::\d\d)? IST", said)) > 0
        if found := IN_UTC.findall(said):
            wrong[page.name] = found
    assert wrong == {}
    assert with_zone > 20


def test_the_last_days_of_the_calendar_are_shown_by_a_clock_that_has_passed_them() -> None:
    """1.0.0 took them as "for ever"."""
    _, client = reads_in(KOLKATA)
    builders.house()
    lead, at = Lead.objects.select_related("campaign").earliest("id"), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    barred = SuppressedNumber.objects.create(
        suppression_list=SuppressionList.objects.create(name="Never"), number=lead.number, until=at
    )
    Campaign.objects.update(ends_at=at)
    Lead.objects.update(next_attempt_at=at, state="PENDING", ended_at=None)
    pages = {
        "/admin/campaigns/suppressednumber/",
        f"/admin/campaigns/suppressednumber/{barred.pk}/change/",
        f"/admin/campaigns/contact/{lead.contact_id}/person/",
        f"/admin/campaigns/campaign/{lead.campaign_id}/change/",
        f"/admin/campaigns/lead/?campaign__id__exact={lead.campaign_id}",
    }
    assert {page for page in pages if "9999" not in client.get(page, follow=True).content.decode()} == set()


def test_who_chose_nothing_reads_as_the_installation_says(settings: object) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("vik"))
    assert "Time zone: UTC" in text_of(client, "/admin/")
    settings.DIALER_TIME_ZONE = "Asia/Dubai"  # type: ignore[attr-defined]
    assert "Time zone: UTC+04" in text_of(client, "/admin/")
    client.post("/admin/zone/", {"time_zone": "India Standard Time"})
    assert Reader.objects.get().time_zone == KOLKATA
    refused = client.post("/admin/zone/", {"time_zone": "Atlantis"})
    assert refused.status_code == 200
    assert "Atlantis" in refused.content.decode()
    client.post("/admin/zone/", {"time_zone": ""})
    assert "Time zone: UTC+04" in text_of(client, "/admin/")


def test_what_belongs_to_a_campaign_has_its_time_beside() -> None:
    _, client = reads_in(KOLKATA)
    made = builders.campaign(builders.account(), time_zone="Europe/London")
    call = builders.attempt(builders.lead(made, "+919812345678"))
    page = text_of(client, reverse("admin:campaigns_attempt_change", args=[call.pk]))
    assert "11:30:00 IST" in page
    assert "06:00:00 GMT)" in page
    Campaign.objects.update(time_zone=KOLKATA)
    assert "06:00:00" not in text_of(client, reverse("admin:campaigns_attempt_change", args=[call.pk]))


def test_what_is_entered_is_taken_by_the_readers_clock() -> None:
    _, client = reads_in(KOLKATA)
    made = builders.campaign(builders.account(), time_zone="Europe/London", state="PAUSED")
    lead = builders.lead(made, "+919812345678")
    never = SuppressionList.objects.create(name="Never")
    action = {
        "action": "suppress_selected",
        "_selected_action": lead.pk,
        "confirmed": "1",
        "suppression_list": never.pk,
    }
    client.post(
        f"{reverse('admin:campaigns_lead_changelist')}?campaign__id__exact={made.pk}",
        {**action, "until": "2099-03-02T11:30"},
    )
    assert SuppressedNumber.objects.get().until == datetime(2099, 3, 2, 6, tzinfo=UTC)
    SuppressedNumber.objects.all().delete()
    # Where the zone is chosen beside it, it is of that zone.
    day = f"{timezone.now() + timedelta(days=2):%Y-%m-%d}"
    url = reverse("admin:campaigns_lead_call_back", args=[lead.pk])
    for zone in ("Europe/London", KOLKATA):
        client.post(url, {"at": f"{day}T18:15", "zone": zone})
        due = Lead.objects.get(pk=lead.pk).callback_at
        assert due is not None
        assert f"{due.astimezone(zoneinfo.ZoneInfo(zone)):%Y-%m-%dT%H:%M}" == f"{day}T18:15"


def test_a_filter_of_time_is_of_the_readers_clock_and_its_address_means_the_same_to_everybody() -> None:
    _, client = reads_in(KOLKATA)
    lead = builders.lead(builders.campaign(builders.account()), "+919812345678")
    call = builders.attempt(lead)
    Attempt.objects.filter(pk=call.pk).update(reserved_at=datetime(2026, 3, 2, 6, 0, tzinfo=UTC))
    calls = reverse("admin:campaigns_attempt_changelist")
    since = "reserved_at_from_0=2026-03-02&reserved_at_from_1="

    def finds(query: str, who: Client) -> bool:
        return f"#{call.pk}" in text_of(who, f"{calls}?{since}{query}")

    other = Client()
    other.force_login(User.objects.create_superuser("vik"))
    for who in (client, other):
        assert finds(f"11:29:00&reserved_at_zone={KOLKATA}", who)
        assert not finds(f"11:31:00&reserved_at_zone={KOLKATA}", who)
        assert finds("05:59:00", who)
        assert not finds("06:01:00", who)
    # The inputs show by the reader's clock what an address said in UTC.
    page = client.get(f"{calls}?{since}06:30:00").content.decode()
    assert 'value="12:00:00"' in page
    assert f'value="{KOLKATA}"' in page


def test_rest_says_utc() -> None:
    user, _ = reads_in(KOLKATA)
    made = builders.campaign(builders.account(), starts_at=datetime(2026, 3, 2, 6, tzinfo=UTC))
    assert with_token(user).get(f"{API}/campaigns/{made.pk}/").json()["starts_at"] == "2026-03-02T06:00:00Z"


NOW = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<p>due 2026-03-02 09:00:00 UTC.</p>", "<p>due 2026-03-02 14:30:00 IST.</p>"),
        ("<p>since 02 Mar 2026 20:00 UTC</p>", "<p>since 03 Mar 2026 01:30 IST</p>"),
        ("<p>Mon 02 Mar 20:00 UTC</p>", "<p>Tue 03 Mar 01:30 IST</p>"),
        ("<p>rests until 09:05 UTC:</p>", "<p>rests until 14:35 IST:</p>"),
        ("<p>14:30 IST (09:00 UTC), 14:30 IST (Mon 02 Mar 09:00 UTC)</p>",) * 2,
        ('<time title="02 Mar 2026 09:00:00 UTC">09:00 UTC</time>',) * 2,
        ("<textarea>since 09:00 UTC</textarea>",) * 2,
        ("<p>12:35 UTC+04, UTC+05:30, 99:99 UTC, 31 Feb 09:00 UTC</p>",) * 2,
    ],
)
def test_sentences_are_put_into_the_readers_clock(html: str, said: str) -> None:
    assert by_clock(html, zone=zoneinfo.ZoneInfo(KOLKATA), now=NOW) == said


@pytest.mark.parametrize(
    ("now", "text", "said"),
    [
        ("2026-12-31T20:00", "Fri 01 Jan 09:00 UTC", "Fri 01 Jan 14:30 IST"),
        ("2027-01-01T00:05", "Thu 31 Dec 18:00 UTC", "Thu 31 Dec 23:30 IST"),
        ("2027-01-01T00:05", "Thu 31 Dec 19:00 UTC", "Fri 01 Jan 00:30 IST"),
        ("2027-12-31T20:00", "Tue 29 Feb 19:00 UTC", "Wed 01 Mar 00:30 IST"),
        ("2028-02-29T12:00", "28 Feb 19:00 UTC", "29 Feb 00:30 IST"),
        ("2026-11-29T20:00", "Mon 02 Mar 06:00 UTC", "Mon 02 Mar 11:30 IST"),  # not the Tuesday that is nearer
    ],
)
def test_a_day_without_a_year_is_of_the_year_that_it_was_said_of(now: str, text: str, said: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert by_clock(f"<p>{text}</p>", zone=zoneinfo.ZoneInfo(KOLKATA), now=at) == f"<p>{said}</p>"


def test_an_instant_has_the_other_clock_beside_it_where_they_differ() -> None:
    assert at_clocks(NOW, zone="Europe/London", now=NOW) == "20:00 GMT"
    with reading_in(KOLKATA):
        assert at_clocks(NOW, zone="Europe/London", now=NOW) == "01:30 IST (20:00 GMT)"
        assert at_clocks(NOW, zone="", now=NOW) == "01:30 IST"
        assert at_clocks(NOW, zone="Asia/Colombo", now=NOW) == "01:30 IST"
    assert at_clocks(NOW, zone="", now=NOW) == "20:00 UTC"
