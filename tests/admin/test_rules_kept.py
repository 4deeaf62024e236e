"""Rules are the same after their page was saved untouched, whatever they are."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from campaigns.admin.inputs.caps import CapEntries
from campaigns.admin.inputs.days import DayEntries
from campaigns.admin.inputs.durations import duration_text, seconds_of
from campaigns.admin.inputs.retries import RetryEntries
from campaigns.admin.inputs.week import WindowEntries
from campaigns.models import Campaign, RulesProfile
from campaigns.rules.retry import LONGEST_DELAY_SECONDS, MAY_BE_ABSENT, RETRYABLE
from dialer.admin.rows import Entries
from tests.admin import builders
from tests.admin.drawn_rules import FEW, caps, cells, days_off, matrices, profiles, sources, windows
from tests.admin.posted import problems
from tests.admin.rule_pages import api, rules_in, save, shown
from tests.admin.sent import inputs_of

__all__ = ["api"]


@FEW
@given(matrix=matrices, hours=windows, limits=caps, off=days_off, gap=st.integers(0, LONGEST_DELAY_SECONDS))
def test_what_rest_wrote_is_the_same_after_the_page_was_saved_untouched(
    owner: Client, api: APIClient, matrix: Any, hours: Any, limits: Any, off: Any, gap: int
) -> None:
    campaign = Campaign.objects.first() or builders.campaign(builders.account())
    body = {"retry_rules": matrix, "windows": hours, "caps": limits, "blackout_dates": off, "minimum_gap_seconds": gap}
    written = api.patch(f"/api/v1/campaigns/{campaign.pk}/", body, format="json")
    assert written.status_code == 200, written.content
    before = rules_in(api, campaign)
    reply = save(owner, campaign, shown(owner, campaign))
    assert reply.status_code == 302, problems(reply)
    assert rules_in(api, campaign) == before


@FEW
@given(rules=profiles, figures=sources)
def test_a_profile_is_the_same_after_its_page_was_saved_untouched(
    owner: Client, api: APIClient, rules: Any, figures: Any
) -> None:
    known = RulesProfile.objects.filter(slug="land", is_latest=True).first()
    body = {"name": "Land", "rules": rules, "sources": figures} | ({} if known else {"slug": "land"})
    address = f"/api/v1/rules-profiles/{known.pk}/" if known else "/api/v1/rules-profiles/"
    written = (api.patch if known else api.post)(address, body, format="json")
    assert written.status_code in (200, 201), written.content
    latest = RulesProfile.objects.get(slug="land", is_latest=True)
    page = reverse("admin:campaigns_rulesprofile_change", args=[latest.pk])
    inputs = inputs_of(owner.get(page).content.decode(), form="rulesprofile_form")
    reply: Any = owner.post(page, inputs)
    assert reply.status_code == 302, problems(reply)
    found = RulesProfile.objects.get(slug="land", is_latest=True)
    assert (found.version, found.rules, found.sources) == (latest.version + 1, latest.rules, latest.sources)


@given(seconds=st.integers(0, LONGEST_DELAY_SECONDS))
def test_a_duration_is_read_as_it_is_written(seconds: int) -> None:
    assert seconds_of(duration_text(seconds)) == seconds


@pytest.mark.parametrize("outcome", [one.value for one in RETRYABLE])
@given(cell=cells)
@settings(max_examples=30)
def test_every_rule_that_rest_takes_is_shown_or_kept(outcome: str, cell: dict[str, Any]) -> None:
    if cell.get("absent") and outcome not in {one.value for one in MAY_BE_ABSENT}:
        return
    if cell.get("counts") is False and cell.get("most") is None:
        return
    _shown_or_kept(RetryEntries(), [outcome, cell])


@given(hours=windows, limits=caps, off=days_off)
def test_every_window_cap_and_day_is_shown_or_kept(hours: Any, limits: Any, off: Any) -> None:
    for entries, found in ((WindowEntries(), hours), (CapEntries(), limits), (DayEntries(), off)):
        for entry in found:
            _shown_or_kept(entries, entry)
            assert not entries.row_of(entry).kept, entry


def _shown_or_kept(entries: Entries, entry: Any) -> None:
    row = entries.row_of(entry)
    if not row.kept:
        assert entries.means(entries.read(row, entry)) == entries.means(entry)
