"""Home: what runs and how fast, what needs somebody, each with its button; the same numbers as everywhere else."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from rest_framework.test import APIClient

from campaigns.explaining.calls_by_time import calls_by_time
from campaigns.explaining.pace import done_about
from campaigns.lifecycle.beat import BELL
from campaigns.models import Campaign
from dialer.models import DID, Installation
from tests.admin import builders, scenes
from tests.api.conftest import api, client_for

__all__ = ["api", "client_for"]

pytestmark = pytest.mark.django_db
NOW_PART, ATTENTION_PART, CHART = (reverse(f"admin:campaigns_home_{part}") for part in ("now", "attention", "chart"))
#: Besides these two: who asks, and by which session.
MOST_QUERIES = 4
OF_THE_LOGIN = 2
TROUBLES = {
    "paused-itself": "Claims paused itself: The provider refused attempt #12: wrong key",
    "account-turned-away": "Account of Lunch turns calls away: 503 no line",
    "fleet": "Account of Renewals of March is full: none of its 10 lines is free.",
    "results-silent": "No push has come for 33 calls",
    "results-unmatched": "33 pushes tell of calls that are unknown here",
    "results-wrong_token": "33 pushes came with a wrong token",
    "without-news": "Renewals of March: 2 calls are without news",
    "template-not-approved": "Renewal bot waits for its approval",
    "did-resting": "rests until",
    "upload-refusals": "march.csv to List of Renewals of March: 7 rows were refused.",
    "job-failed": "The job nightly failed: The list was not there",
    "subscription-failing": "The subscription CRM has failed 5 times",
}


def figures(page: str) -> dict[str, str]:
    found = re.findall(r'<b data-figure="(\w+)">(.*?)</b>', page, re.S)
    return {name: re.sub(r"<[^>]+>", "", text).strip() for name, text in found}


def card(page: str, campaign: Campaign) -> str:
    found = re.search(rf'<article [^>]*id="campaign-{campaign.pk}".*?</article>', page, re.S)
    assert found is not None
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0])))


def test_the_figures_of_the_house(owner: Client) -> None:
    scenes.busy_house()
    page = owner.get(reverse("admin:index")).content.decode()
    assert figures(page) == {
        "live": "3 of 6",  # of six accounts, each with one line
        "pace": "1",  # five calls within five minutes
        "answered": "43 %",  # three of seven; at the refused one nothing rang
        "due": "6",
    }


def test_a_card_has_the_numbers_of_progress(owner: Client, api: APIClient) -> None:
    runs = scenes.busy_house()["runs"]
    shown = card(owner.get(NOW_PART).content.decode(), runs)
    told = api.get(f"/api/v1/campaigns/{runs.pk}/progress/").json()
    done = sum(told["leads_by_state"].get(state, 0) for state in ("COMPLETED", "EXHAUSTED", "EXPIRED", "CANCELED"))
    assert f"{done} of {told['leads_total']}" in shown
    assert f"Live {told['live_calls']} " in shown
    assert f"Due now {told['due_now']} " in shown
    assert "Answered 43 %" in shown
    assert "All lines of its DIDs are taken: 3 of 3." in shown
    assert "Done ≈" in shown


def test_idle_lines_are_counted_and_the_busy_ones_are_named(owner: Client) -> None:
    for number in range(5):
        builders.account(f"Idle {number}")
    page = owner.get(ATTENTION_PART).content.decode()
    assert [f"Idle {number}" in page for number in range(5)] == [True, True, True, False, False]
    assert "2 more</a>" in page
    house = scenes.busy_house()
    page = owner.get(ATTENTION_PART).content.decode()
    assert "Account of Renewals of March" in page
    assert "Idle 2" not in page
    assert f"{5 + len(house) - 3} more</a>" in page
    DID.objects.update(resting_until=timezone.now() + timedelta(hours=1))
    resting = owner.get(ATTENTION_PART).content.decode()
    assert resting.partition('id="gauges"')[2].count("rests until") == DID.objects.count()


def test_what_is_due_leads_to_those_that_are(owner: Client) -> None:
    runs = scenes.busy_house()["runs"]
    builders.lead(runs, "+919600000001", next_attempt_at=timezone.now() + timedelta(hours=1))
    page = owner.get(NOW_PART).content.decode()
    links = [unescape(one) for one in re.findall(r'href="([^"]*waits=due)"', page)]
    assert len(links) == 2
    for link in links:
        assert len(owner.get(link).context["cl"].result_list) == int(figures(page)["due"])


def test_what_is_under_way_ended_or_of_single_calls(owner: Client) -> None:
    house = scenes.busy_house()
    page = owner.get(NOW_PART).content.decode()
    shown = [int(pk) for pk in re.findall(r'id="campaign-(\d+)"', page)]
    assert set(shown) == {house[name].pk for name in ("runs", "broken", "waits", "paused")}
    assert shown[0] == house["broken"].pk  # what paused itself comes first
    assert "Paused itself" in card(page, house["broken"])
    assert "Paused itself" not in card(page, house["paused"])
    ended = page.partition('id="ended"')[2]
    assert "Surveys" in ended
    assert "2 of 2" in ended
    assert "Test calls" not in page


def test_pausing_from_home_comes_back_and_can_be_undone(owner: Client) -> None:
    runs = scenes.busy_house()["runs"]
    page = owner.get(NOW_PART).content.decode()
    form = re.search(rf'<form [^>]*action="([^"]*/{runs.pk}/operate/pause/)".*?</form>', page, re.S)
    assert form is not None
    after = owner.post(form[1], {"next": reverse("admin:index")}, follow=True).content.decode()
    assert "Renewals of March: Paused." in after  # home shows what was said
    assert ">Undo</button>" in after


@pytest.mark.parametrize("kind", TROUBLES)
def test_each_trouble_is_named_with_its_one_button(owner: Client, kind: str) -> None:
    assert f'data-trouble="{kind}"' not in owner.get(ATTENTION_PART).content.decode()
    scenes.troubled_house()
    page = unescape(owner.get(ATTENTION_PART).content.decode())
    found = re.search(rf'<li data-trouble="{kind}".*?</li>', page, re.S)
    assert found is not None
    assert TROUBLES[kind] in found[0]
    (button,) = re.findall(r'<a class="d-button[^"]*"[^>]*href="([^"]+)"', found[0])
    assert owner.get(button).status_code == 200


@pytest.mark.parametrize(
    ("seen", "healthy", "said"),
    [
        (None, None, "no worker has been at work yet"),
        (60, 60, "no worker has been at work since"),
        (1, 60, "the clocks of all workers are wrong"),
        (1, 1, ""),
    ],
)
def test_that_no_worker_is_at_work_is_told_while_something_runs(
    owner: Client, seen: int | None, healthy: int | None, said: str
) -> None:
    now = timezone.now()
    at = {"seen_at": seen, "healthy_at": healthy}
    times = {name: now - timedelta(seconds=ago) if ago else None for name, ago in at.items()}
    Installation.objects.update_or_create(pk=1, defaults=times)
    paused = scenes.under_way("Paused", 1, state="PAUSED", reason="Paused by olga")
    assert "no-worker" not in owner.get(ATTENTION_PART).content.decode()
    Campaign.objects.filter(pk=paused.pk).update(state="RUNNING")
    page = owner.get(ATTENTION_PART).content.decode()
    assert ('data-trouble="no-worker"' in page) == bool(said)
    assert said in page


def test_that_beat_is_gone_is_told_once_it_has_been_seen(owner: Client) -> None:
    scenes.busy_house()
    assert "no-beat" not in owner.get(ATTENTION_PART).content.decode()
    every, _ = IntervalSchedule.objects.get_or_create(every=1, period="seconds")
    gone = timezone.now() - timedelta(minutes=5)
    PeriodicTask.objects.update_or_create(
        name=BELL, defaults={"task": "campaigns.ring", "interval": every, "last_run_at": gone}
    )
    assert 'data-trouble="no-beat"' in owner.get(ATTENTION_PART).content.decode()


def test_what_is_mended_is_named_no_more(owner: Client) -> None:
    runs = scenes.troubled_house()
    later = timezone.now() + timedelta(minutes=5)
    runs.account.result_counts.create(kind="TAKEN", count=1, since_at=later, last_at=later)
    runs.account.result_counts.exclude(kind="TAKEN").update(last_at=later - timedelta(hours=2))
    page = owner.get(ATTENTION_PART).content.decode()
    assert "results-silent" not in page
    assert "job-failed" in page


def test_who_may_see_little_is_told_of_little() -> None:
    scenes.troubled_house()
    user = User.objects.create_user("otto", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_campaign"))
    client = Client()
    client.force_login(user)
    page = client.get(ATTENTION_PART).content.decode()
    found = set(re.findall(r'data-trouble="([\w-]+)"', page))
    assert found == {"paused-itself", "template-not-approved"}


def test_who_may_see_no_campaign_sees_an_empty_page_and_no_part() -> None:
    client = Client()
    client.force_login(User.objects.create_user("nina", is_staff=True))
    assert "home-now" not in client.get(reverse("admin:index")).content.decode()
    assert [client.get(part).status_code for part in (NOW_PART, ATTENTION_PART, CHART)] == [403] * 3


def test_an_empty_house_shows_the_first_steps_and_no_error(owner: Client) -> None:
    page = owner.get(reverse("admin:index")).content.decode()
    assert "First steps" in page
    assert "No campaign is under way" in page


@pytest.mark.parametrize("part", [NOW_PART, ATTENTION_PART, CHART])
def test_a_refresh_takes_few_statements_however_much_there_is(owner: Client, part: str) -> None:
    scenes.troubled_house()
    owner.get(part)
    with CaptureQueriesContext(connection) as few:
        owner.get(part)
    for number in range(20, 30):
        made = scenes.under_way(f"More {number}", number)
        scenes.ringing(made, first=5000 + number)
    with CaptureQueriesContext(connection) as many:
        owner.get(part)
    assert len(many) <= len(few) <= MOST_QUERIES + OF_THE_LOGIN


def test_calls_by_time_are_those_that_ended_in_each_piece() -> None:
    now = datetime(2026, 3, 2, 10, 2, tzinfo=UTC)
    made = builders.campaign(builders.account())
    for nth, (ago, outcome) in enumerate(((1, "ANSWERED"), (4, "BUSY"), (100, "ANSWERED"), (400, "ANSWERED"))):
        lead = builders.lead(made, f"+9199{nth:08}")
        builders.attempt(lead, outcome=outcome, ended_at=now - timedelta(minutes=ago))
    with connection.cursor() as cursor:
        found = calls_by_time(cursor, day_from=datetime(2026, 3, 2, tzinfo=UTC), now=now)
    lately, today = found["lately"], found["today"]
    assert (lately["pieces"], lately["step"], today["pieces"]) == (36, 300, 11)
    assert {outcome: sum(calls) for outcome, calls in lately["outcomes"].items()} == {"ANSWERED": 2, "BUSY": 1}
    assert lately["outcomes"]["BUSY"][-2] == 1
    assert today["outcomes"]["ANSWERED"] == [0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1]


def test_the_end_is_told_by_the_pace_and_by_calls_a_lead() -> None:
    now = datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert done_about(left=100, done=50, calls=100, per_minute=10, now=now) == now + timedelta(minutes=20)
    assert done_about(left=100, done=0, calls=3, per_minute=10, now=now) == now + timedelta(minutes=10)
    assert done_about(left=100, done=50, calls=100, per_minute=0, now=now) is None
    assert done_about(left=0, done=50, calls=100, per_minute=1, now=now) is None


@pytest.mark.parametrize(("seconds", "minutes"), [(10, None), (60, 4), (300, 20), (3_600, 20)])
def test_what_has_just_begun_is_done_at_the_pace_that_it_has_had_since(seconds: int, minutes: int | None) -> None:
    now = timezone.now()
    known = {"left": 100, "done": 50, "calls": 100, "per_minute": 10.0, "now": now}
    found = done_about(**known, started_at=now - timedelta(seconds=seconds))  # type: ignore[arg-type]
    assert found == (now + timedelta(minutes=minutes) if minutes else None)
