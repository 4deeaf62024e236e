"""What is stored as JSON or as a name of ours is said in a manager's words."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.admin.explained import RULES, duration, name_of
from campaigns.explaining.checks import Limit
from campaigns.models import RulesProfile
from campaigns.rules.deciding import Rule
from tests.admin import builders


def text_of(client: Client, name: str, pk: int) -> str:
    return client.get(reverse(f"admin:{name}_change", args=[pk])).content.decode()


def test_a_campaign_that_is_over_says_its_rules(owner: Client) -> None:
    rules = {"NO_ANSWER": 3600, "disposition:voicemail": {"delays": [86400], "most": 1, "counts": False}, "BUSY": None}
    caps = [{"calls": 3, "hours": 24}, {"calls": 6, "hours": 336}]
    campaign = builders.campaign(builders.account(), state="COMPLETED", caps=caps, retry_rules=rules)
    page = text_of(owner, "campaigns_campaign", campaign.pk)
    assert "3 in 24 h, 6 in 14 d" in page
    assert "No answer: after 1 h; Voicemail: after 1 d, at most 1, does not count" in page
    assert "do not call, dnc" in page
    assert "Start or resume it" not in page


@pytest.mark.parametrize("client_name", ["owner", "viewer"])
def test_a_profile_says_its_rules_and_which_figures_nobody_has_verified(
    client_name: str, request: pytest.FixtureRequest
) -> None:
    client: Client = request.getfixturevalue(client_name)
    profile = RulesProfile.objects.get(slug="in-rbi-recovery", is_latest=True)
    page = text_of(client, "campaigns_rulesprofile", profile.pk)
    assert "daily 08:00–19:00" in page
    assert "Loan recovery: +911600" in page
    assert "RBI circular" in page


def test_an_analysis_is_a_table_whatever_its_form(owner: Client) -> None:
    lead = builders.lead(builders.campaign(builders.account()), "+919900000001")
    analysis = {"sub_disposition": "WARM", "user": {"opt_out": False}, "tags": ["a", "b"], "steps": [{"said": "yes"}]}
    page = text_of(owner, "campaigns_attempt", builders.attempt(lead, analysis=analysis).pk)
    for name, said in (
        ("Sub disposition", "WARM"),
        ("User · Opt out", "no"),
        ("Tags", "a, b"),
        ("Steps · 1 · Said", "yes"),
    ):
        assert f'<th scope="row">{name}</th><td>{said}</td>' in page


def test_a_plan_with_impossible_figures_says_so(owner: Client) -> None:
    campaign = builders.campaign(builders.account())
    address = reverse("admin:campaigns_campaign_preflight", args=[campaign.pk])
    page = owner.get(address, {"answer_percent": "140"}).content.decode()
    assert "Answered (%): Ensure this value is less than or equal to 100." in page
    assert "talk time 60 s" in page
    assert "&quot;bot_id&quot;: &quot;b-1&quot;" in page


@pytest.mark.parametrize("known", [*Limit, *Rule])
def test_every_limit_and_rule_has_a_name(known: Limit | Rule) -> None:
    name = name_of(known)
    assert name != known
    assert "_" not in name
    assert set(RULES) == set(Rule)


@pytest.mark.parametrize(
    ("seconds", "said"), [(86_400, "1 d"), (7200, "2 h"), (5400, "90 min"), (50, "50 s"), (0, "0 s"), (0.5, "0.5 s")]
)
def test_a_duration_is_said_in_its_largest_whole_unit(seconds: float, said: str) -> None:
    assert duration(seconds) == said
