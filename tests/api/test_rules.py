"""Calling rules over REST: windows, caps, retries, profiles, groups of DIDs."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from campaigns.models import RulesProfile
from dialer.models import DID, DIDGroup
from tests.api import made
from tests.api.conftest import API
from tests.api.test_errors import error_of

pytestmark = pytest.mark.django_db

RULES: dict[str, Any] = {
    "windows": [
        {"days": "12345", "opens": "09:00:00", "closes": "12:30:00", "opens_cron": "", "closes_cron": ""},
        {"opens_cron": "0 14 * * 1-5", "closes_cron": "0 18 * * 1-5"},
    ],
    "hours_follow": "CONTACT",
    "holiday_country": "IN",
    "holiday_subdivision": "MH",
    "blackout_dates": ["2026-12-24/2026-12-26"],
    "open_dates": ["2026-10-20"],
    "purpose": "PROMOTIONAL",
    "caps": [{"calls": 3, "hours": 24}, {"calls": 6, "hours": 336}],
    "minimum_gap_seconds": 3600,
    "did_rotation": "STICKY",
    "retry_rules": {"BUSY": 900, "NO_ANSWER": {"delays": [3600, 7200], "most": 2, "other_time": True}},
}


def test_a_new_campaign_has_windows_or_daily_hours(api: APIClient) -> None:
    like = made.campaign()
    many = {name: [one.pk for one in getattr(like, name).all()] for name in ("contact_lists", "dids")}
    fields = {"account": like.account_id, "template": like.template_id, "time_zone": "Asia/Kolkata", **many}
    shown = api.post(f"{API}/campaigns/", {"name": "By windows", **fields, "windows": RULES["windows"]})
    assert shown.status_code == 201, shown.content
    assert len(shown.json()["windows"]) == 2
    none: list[dict[str, Any]] = [{}, {"windows": []}, {"window_opens": "10:00"}]
    for hours in none:
        error = error_of(api.post(f"{API}/campaigns/", {"name": "By none", **fields, **hours}), 400)
        assert {one["field"] for one in error["fields"]} == {"window_opens", "window_closes"} - hours.keys()


def test_rules_are_written_and_read_back_and_windows_replaced_as_a_whole(api: APIClient) -> None:
    campaign = made.campaign()
    address = f"{API}/campaigns/{campaign.pk}/"
    reply = api.patch(address, RULES)
    assert reply.status_code == 200, reply.content
    body = api.get(address).json()
    assert body["windows"][0] == RULES["windows"][0]
    assert body["windows"][1]["opens_cron"] == "0 14 * * 1-5"
    assert {name: body[name] for name in RULES if name != "windows"} == {
        name: value for name, value in RULES.items() if name != "windows"
    }
    assert len(api.patch(address, {"name": "Renamed"}).json()["windows"]) == 2
    assert api.patch(address, {"windows": RULES["windows"][:1]}).json()["windows"] == RULES["windows"][:1]


def test_the_holidays_that_come_are_shown_and_each_can_be_opened_or_closed(api: APIClient) -> None:
    of = f"{API}/campaigns/{made.campaign(time_zone='Asia/Kolkata').pk}/"
    assert api.get(of).json()["next_holidays"] == []
    # Of any 90 days some are holidays there.
    shown = api.patch(of, {"holiday_country": "TH"}).json()["next_holidays"]
    assert len(shown) > 1
    assert all(day["name"] for day in shown)
    first, second = shown[0]["date"], shown[1]["date"]
    changed = api.patch(of, {"open_dates": [first], "blackout_dates": [second]}).json()["next_holidays"]
    assert first not in {day["date"] for day in changed}
    assert {"date": second, "name": "day without calls"} in changed


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"windows": [{"days": "8", "opens": "09:00", "closes": "10:00"}]}, "windows[0]", "names no weekdays"),
        (
            {"windows": [{"opens_cron": "61 9 * * *", "closes_cron": "0 10 * * *"}]},
            "windows[0].opens_cron",
            "minute '61'",
        ),
        (
            {"windows": [{"opens_cron": "0 9 * * *", "closes_cron": "0 9 * * 8"}]},
            "windows[0].closes_cron",
            "weekday '8'",
        ),
        ({"windows": [{"opens_cron": "0 9 * * *"}]}, "windows[0].closes_cron", "both expressions"),
        ({"run_cron": "0 25 * * *"}, "run_cron", "hour '25'"),
        ({"caps": [{"calls": 0, "hours": 24}]}, "caps", "A cap is"),
        ({"holiday_country": "XX"}, "holiday_country", "No public holidays"),
        ({"blackout_dates": ["2026-12-26/2026-12-24"]}, "blackout_dates", "ends before it begins"),
        ({"ends_at": "2027-01-15"}, "ends_at", "wrong format"),
        ({"ends_at": "9999-12-31T23:59:59Z"}, "ends_at", "leave it empty where there is no end"),
        ({"ends_at": "2027-01-15T18:00:00"}, "ends_at", "wrong format"),
        # The next 29 February is further away than an opening is looked for.
        (
            {"windows": [{"opens_cron": "0 9 29 2 *", "closes_cron": "0 18 29 2 *"}]},
            "windows[0].closes_cron",
            "every year",
        ),
        ({"windows": [{"days": "1234567", "opens": "24:00", "closes": "06:00"}]}, "windows[0]", "hh:mm"),
        ({"open_dates": ["Diwali"]}, "open_dates", "is not a date"),
        ({"retry_rules": {"BUSY": {"delays": [60], "counts": False}}}, "retry_rules", "for ever"),
        ({"retry_rules": {"RAIN": 60}}, "retry_rules", "no such outcome"),
    ],
)
def test_a_rule_that_cannot_be_applied_is_named(api: APIClient, change: dict[str, Any], field: str, words: str) -> None:
    reply = api.patch(f"{API}/campaigns/{made.campaign().pk}/", change)
    found = error_of(reply, 400)["fields"]
    assert any(one["field"].startswith(field) and words in one["message"] for one in found), found


def test_a_change_of_a_profile_makes_a_version_and_a_past_one_cannot_be_changed(api: APIClient) -> None:
    rules = {"windows": [{"days": "1234567", "opens": "10:00", "closes": "18:00"}], "caps": [{"calls": 3, "hours": 24}]}
    first = api.post(f"{API}/rules-profiles/", {"slug": "land", "name": "Land", "rules": rules})
    assert (first.status_code, first.json()["version"]) == (201, 1)
    campaign = made.campaign()
    assert api.patch(f"{API}/campaigns/{campaign.pk}/", {"profile": first.json()["id"]}).status_code == 200
    address = f"{API}/rules-profiles/{first.json()['id']}/"
    second = api.patch(address, {"rules": {**rules, "minimum_gap_seconds": 600}}).json()
    assert (second["version"], second["is_latest"], second["rules"]["minimum_gap_seconds"]) == (2, True, 600)
    campaign.refresh_from_db()
    assert campaign.profile_id == second["id"]
    assert api.get(address).json()["rules"] == rules
    assert error_of(api.patch(address, {"name": "X"}), 409)["code"] == "not_latest"
    assert error_of(api.post(f"{API}/rules-profiles/", {"slug": "land", "name": "Land"}), 409)["code"] == "exists"
    assert RulesProfile.objects.filter(slug="land").count() == 2
    assert api.delete(address).status_code == 405


def test_a_profile_with_a_misspelt_rule_is_refused(api: APIClient) -> None:
    reply = api.post(f"{API}/rules-profiles/", {"slug": "land", "name": "Land", "rules": {"windoes": []}})
    assert "windoes: unknown" in error_of(reply, 400)["fields"][0]["message"]


def test_a_group_holds_dids_of_its_account_and_a_campaign_takes_groups_of_its_own(api: APIClient) -> None:
    campaign, stranger = made.campaign(), made.campaign()
    own = DID.objects.create(account=campaign.account, number="+912212340001", max_calls_per_day=75)
    other = stranger.dids.get()
    body = {"name": "West", "account": campaign.account_id, "dids": [own.pk]}
    made_group = api.post(f"{API}/did-groups/", body).json()
    address = f"{API}/did-groups/{made_group['id']}/"
    assert "Not of account" in error_of(api.patch(address, {"dids": [other.pk]}), 400)["fields"][0]["message"]
    assert api.patch(f"{API}/campaigns/{campaign.pk}/", {"did_groups": [made_group["id"]]}).status_code == 200
    reply = api.patch(f"{API}/campaigns/{stranger.pk}/", {"did_groups": [made_group["id"]]})
    assert error_of(reply, 400)["fields"][0]["field"] == "did_groups"
    assert DIDGroup.objects.get().campaigns.get() == campaign
    assert api.get(f"{API}/dids/{own.pk}/").json()["max_calls_per_day"] == 75


def test_a_window_from_midnight_to_midnight_is_the_whole_day_or_refused_with_how_that_is_written(
    api: APIClient,
) -> None:
    window = {"days": "1234567", "opens": "00:00", "closes": "00:00"}
    reply = api.patch(f"{API}/campaigns/{made.campaign().pk}/", {"windows": [window]})
    assert "23:59:59" in error_of(reply, 400)["message"]


def test_an_end_with_its_offset_is_that_instant(api: APIClient) -> None:
    of = made.campaign()
    for text in (
        "2027-01-15T18:00:00+05:30",
        "2027-01-15T12:30:00Z",
        "2027-01-15T12:30:00.000Z",
        "2027-01-15T18:00+05:30",
    ):
        reply = api.patch(f"{API}/campaigns/{of.pk}/", {"ends_at": text})
        assert reply.json()["ends_at"] == "2027-01-15T12:30:00Z", text
