"""Before the start: who would be called, what is missing, and when it would be done."""

from __future__ import annotations

import io
import time as clock
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from campaigns.explaining.forecasting import Assumptions, Cohort, forecast
from campaigns.explaining.preflight import preflight
from campaigns.lifecycle.schedule import next_runs
from campaigns.models import Campaign, Contact, Lead, PossibleOptOut, RulesProfile, SuppressedNumber, SuppressionList
from campaigns.rules.campaign import read_rules
from campaigns.rules.deciding import LeadFacts
from campaigns.rules.ruleset import CampaignRules
from tests.admin.conftest import owner, viewer
from tests.api.conftest import api, client_for
from tests.campaigns.explaining.mixed import AT, mixed_campaign
from tests.campaigns.world import NOON, account, agent, campaign, claimed, did

__all__ = ["api", "client_for", "owner", "viewer"]

pytestmark = pytest.mark.django_db


def draft(phones: list[str], **fields: Any) -> Campaign:
    """Return a campaign that was not started, over a list of these numbers."""
    made = campaign(account(), leads=phones, state="DRAFT", **fields)
    Lead.objects.filter(campaign=made).delete()
    return made


def rules_of(made: Campaign) -> CampaignRules:
    with connection.cursor() as cursor:
        return read_rules(cursor, campaign_ids=[made.pk])[made.pk]


def test_everybody_is_counted_once_and_for_one_reason() -> None:
    profile = RulesProfile(slug="asks", name="Asks", rules={"required_fields": ["consent"]})
    profile.save()
    made = draft([f"+91981000000{n}" for n in range(6)] + ["+80012345678"], hours_follow="CONTACT", profile=profile)
    Contact.objects.exclude(number__endswith="3").update(variables={"consent": "yes"})
    suppressed = SuppressionList.objects.create(name="DNC")
    for number, until in (("+919810000000", None), ("+919810000001", NOON - timedelta(days=1))):
        SuppressedNumber.objects.create(suppression_list=suppressed, number=number, until=until)
    found = preflight(campaign=made, now=NOON)
    assert (found.people, found.callable, found.suppressed, found.never, found.lacking_required) == (7, 4, 1, 1, 1)
    assert found.people == found.callable + found.suppressed + found.invalid + found.never + found.lacking_required
    assert [(one.name, one.contacts) for one in found.lacking] == [("consent", 1)]


def test_people_are_counted_by_the_zones_in_which_they_may_be_and_planned_for_when_all_are_open(
    api: APIClient, owner: Client
) -> None:
    phones = ["+13085550116", "+13085550117", "+12125550116", "+919810000000"]
    made = draft(phones, hours_follow="CONTACT", window_opens=time(8), window_closes=time(21), max_attempts=1)
    Contact.objects.filter(number="+13085550117").update(time_zone="America/Chicago")
    at = datetime(2026, 3, 2, 14, tzinfo=UTC)  # 08:00 in Chicago, 07:00 in Denver
    found = preflight(campaign=made, now=at, answer_percent=100)
    assert found.zones == {
        ("America/Chicago", "America/Denver"): 1,
        ("America/Chicago",): 1,
        ("America/New_York",): 1,
        ("Asia/Kolkata",): 1,
    }
    assert [round(calls) for calls in found.plan.calls_by_hour.values()] == [3, 1]
    assert found.plan.finish_at == at + timedelta(hours=1, minutes=15)
    shown = api.get(f"/api/v1/campaigns/{made.pk}/preflight/").json()["zones"]
    assert {"zones": ["America/Chicago", "America/Denver"], "people": 1} in shown
    page = owner.get(f"/admin/campaigns/campaign/{made.pk}/preflight/").content.decode()
    assert "America/Chicago, America/Denver" in page


def test_zones_are_left_out_where_the_campaign_goes_by_its_own_clock() -> None:
    assert preflight(campaign=draft(["+13085550116"]), now=NOON).zones == {}


def test_who_is_suppressed_until_a_date_is_planned_after_it_and_beyond_the_end_not_at_all() -> None:
    made = draft([f"+91981000000{n}" for n in range(4)], max_attempts=1, ends_at=NOON + timedelta(days=9))
    suppressed = SuppressionList.objects.create(name="DNC")
    for number, days in (("+919810000000", 2.01), ("+919810000001", 2.02), ("+919810000002", 9)):
        SuppressedNumber.objects.create(
            suppression_list=suppressed, number=number, until=NOON + timedelta(days=days), reason=""
        )
    found = preflight(campaign=made, now=NOON)
    assert (found.people, found.callable, found.suppressed, found.suppressed_for_now) == (4, 3, 1, 2)
    hours = {hour: round(calls) for hour, calls in found.plan.calls_by_hour.items()}
    assert hours == {NOON: 1, NOON + timedelta(days=2, hours=1): 2}


def test_a_recurring_campaign_is_planned_for_its_next_run_which_ends_with_the_one_after_it() -> None:
    made = draft([f"+91981000000{n}" for n in range(4)], max_attempts=1, run_cron="30 14 * * *")
    suppressed = SuppressionList.objects.create(name="DNC")
    for number, hours in (("+919810000000", 5), ("+919810000001", 27)):
        until = NOON + timedelta(hours=hours)
        SuppressedNumber.objects.create(suppression_list=suppressed, number=number, until=until, reason="")
    found = preflight(campaign=made, now=NOON)
    assert found.plan.first_call_at == next_runs(campaign=made, now=NOON, count=5)[0] == NOON + timedelta(hours=2.5)
    hours_of_calls = {hour: round(calls) for hour, calls in found.plan.calls_by_hour.items()}
    assert hours_of_calls == {NOON + timedelta(hours=2): 2, NOON + timedelta(hours=5): 1}


def test_preflight_counts_as_suppressed_whom_claiming_then_ends_so() -> None:
    made = mixed_campaign(quantity=800)
    Lead.objects.filter(campaign=made).update(next_attempt_at=AT, state="PENDING", ended_at=None, other_number=None)
    Lead.objects.filter(campaign=made, occasion=1).delete()
    # A hold keeps a lead back whatever else is said of it, and says so in place of a suppression until a date.
    PossibleOptOut.objects.update(decision="NOT_OPT_OUT", decided_at=AT)
    found = preflight(campaign=made, now=AT)
    for _ in range(20):
        if not claimed(made.account, now=AT, room=100_000).more:
            break
    states = Counter(made.leads.filter(state_reason__startswith="Number is suppressed").values_list("state", flat=True))
    assert (found.suppressed, found.suppressed_for_now) == (states["SUPPRESSED"], states["PENDING"])
    assert min(states.values()) > 10


def test_whom_other_campaigns_have_called_too_often_is_capped() -> None:
    phones = ["+919810000000", "+919810000001"]
    other = campaign(account(), leads=phones[:1])
    claimed(other.account)
    made = draft(phones, caps=[{"calls": 1, "hours": 24}])
    assert preflight(campaign=made, now=NOON + timedelta(hours=1)).capped == 1
    assert preflight(campaign=made, now=NOON + timedelta(hours=25)).capped == 0


def test_variables_that_template_and_text_need_are_named_with_rows() -> None:
    made = campaign(account(provider="ivrsolutions"), leads=["+919810000000", "+919810000001"], state="DRAFT")
    made.template.variables = {"customer": "name", "amount": "due"}
    made.template.action = "VOICE_BOT"
    made.template.options = {"voicechat_id": "7", "system_msg": "Dear {{customer}}, pay {amount} by {{ day }}"}
    made.template.save()
    first = Contact.objects.earliest("id")
    Contact.objects.filter(pk=first.pk).update(name="Asha", variables={"due": "77"})
    second = Contact.objects.latest("id")
    lacks = {one.name: list(one.contact_ids) for one in preflight(campaign=made, now=NOON).lacking}
    assert lacks == {"day": [first.pk, second.pk], "due": [second.pk], "name": [second.pk]}


def test_the_plan_calls_inside_the_hours_alone_and_as_fast_as_the_lines_allow() -> None:
    made = draft(["+919810000000"], window_opens=time(9), window_closes=time(11), max_attempts=1)
    facts = LeadFacts(number="+919810000000")
    assumed = Assumptions(lines=2, ring_seconds=30, talk_seconds=30, answer_percent=100)
    plan = forecast(rules=rules_of(made), cohorts=[Cohort(facts=facts, size=400)], assumed=assumed, starts_at=NOON)
    monday = datetime(2026, 3, 3, tzinfo=UTC)
    # 2 lines, 60 s a call: 120 calls an hour, 2 hours a day.
    assert {hour: round(calls) for hour, calls in plan.calls_by_hour.items()} == {
        monday + timedelta(hours=9): 120,
        monday + timedelta(hours=10): 120,
        monday + timedelta(days=1, hours=9): 120,
        monday + timedelta(days=1, hours=10): 40,
    }
    assert plan.finish_at == monday + timedelta(days=1, hours=10, minutes=30)


def test_caps_of_persons_and_dids_hold_in_the_plan() -> None:
    made = draft(["+919810000000"], max_attempts=3, caps=[{"calls": 1, "hours": 48}], retry_rules={"NO_ANSWER": 3600})
    facts = LeadFacts(number="+919810000000")
    assumed = Assumptions(lines=500, calls_per_hour=10, answer_percent=0)
    plan = forecast(rules=rules_of(made), cohorts=[Cohort(facts=facts, size=30)], assumed=assumed, starts_at=NOON)
    assert sum(plan.calls_by_hour.values()) == 90
    assert max(plan.calls_by_hour.values()) <= 10
    firsts = [hour for hour in plan.calls_by_hour if hour < NOON + timedelta(hours=47)]
    assert sum(plan.calls_by_hour[hour] for hour in firsts) == 30


def test_a_list_of_100_000_is_looked_at_in_less_than_3_seconds() -> None:
    made = draft(["+919810000000"], hours_follow="CONTACT", caps=[{"calls": 3, "hours": 24}])
    people = made.contact_lists.get()
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO campaigns_contact (contact_list_id, number, name, external_reference, variables, time_zone)
               SELECT %s, (ARRAY['+9198', '+1212', '+4479'])[1 + n %% 3] || lpad(n::text, 8, '0'), 'Asha', '', '{}', ''
                 FROM generate_series(1, 100000) n""",
            [people.pk],
        )
        cursor.execute("ANALYZE campaigns_contact")
    made.template.variables = {"customer": "name", "amount": "due"}
    made.template.save()
    took_seconds = []
    for _ in range(3):  # others may be at work on the machine: the best of three
        began = clock.monotonic()
        found = preflight(campaign=made, now=NOON)
        took_seconds.append(clock.monotonic() - began)
        assert found.people == 100_001
        assert found.plan.finish_at is not None
        if took_seconds[-1] < 3:
            break
    assert min(took_seconds) < 3


def test_the_api_previews_calls_and_shows_no_key(api: APIClient) -> None:
    made = draft(["+919810000000", "+919810000001"])
    contact = Contact.objects.latest("id")
    reply = api.post(f"/api/v1/campaigns/{made.pk}/preflight/", {"contacts": [contact.pk]}, format="json")
    assert reply.status_code == 200, reply.content
    preview = reply.json()["previews"][0]
    assert (preview["contact"], preview["request"]["body"]["to_number"]) == (contact.pk, "+919810000001")
    assert not Lead.objects.filter(campaign=made).exists()
    secret = made.account.credentials["api_key"]
    assert f'"{secret}"' not in reply.content.decode()


def test_the_api_rings_a_number_of_ones_own(api: APIClient) -> None:
    made = draft(["+919810000000"])
    reply = api.post(f"/api/v1/campaigns/{made.pk}/preflight/", {"number": "+919812345678"}, format="json")
    assert reply.status_code == 200, reply.content
    assert Lead.objects.get(pk=reply.json()["test_lead"]).number == "+919812345678"


def test_page_api_and_command_show_one_plan(api: APIClient, owner: Client, client_for: Any) -> None:
    made = draft(["+919810000000", "+919810000001"])
    address = f"/api/v1/campaigns/{made.pk}/preflight/"
    found = api.get(address, {"answer_percent": 100}).json()
    assert (found["people"], found["callable"], found["calls"], found["assumed"]["lines"]) == (2, 2, 2, 100)
    assert api.get(address, {"answer_percent": 101}).status_code == 400
    assert client_for("campaigns.view_lead").get(address).status_code == 403
    page = owner.get(f"/admin/campaigns/campaign/{made.pk}/preflight/?answer_percent=100").content.decode()
    assert "2 calls" in page
    out = io.StringIO()
    call_command("preflight", str(made.pk), "--answer-percent", "100", stdout=out)
    assert "2 people: 2 callable" in out.getvalue()
    assert "2 calls" in out.getvalue()


def test_the_command_fails_for_a_campaign_that_cannot_be_started() -> None:
    made = campaign(account(provider="intellicall", fleet=None), leads=1, agents=[], state="DRAFT")
    with pytest.raises(CommandError, match="no agents"):
        call_command("preflight", str(made.pk), stdout=io.StringIO())
    made.agents.add(agent(made.account))
    made.dids.set([did(made.account)])
    call_command("preflight", str(made.pk), stdout=io.StringIO())


def test_who_waits_in_another_campaign_that_goes_is_named_before_the_start(api: APIClient) -> None:
    phones = [f"+91981000000{n}" for n in range(4)]
    goes, over = campaign(account(), leads=phones[:3]), campaign(account(), leads=phones, state="STOPPED")
    Lead.objects.filter(campaign=goes, number=phones[0]).update(state="COMPLETED", ended_at=NOON)
    made = draft(phones)
    found = preflight(campaign=made, now=NOON).as_dict()
    assert found["in_other_campaigns"] == [{"campaign": goes.pk, "name": goes.name, "state": "RUNNING", "people": 2}], (
        over.name
    )
    assert found["verdict"] == "AMBER"
    assert f"2 people wait in the campaign {goes.name} (running) as well" in " ".join(found["warnings"])
    told = api.get(f"/api/v1/campaigns/{made.pk}/preflight/")
    assert told.json()["in_other_campaigns"][0]["people"] == 2
    Campaign.objects.filter(pk=goes.pk).update(state="STOPPED")
    assert preflight(campaign=made, now=NOON).as_dict()["in_other_campaigns"] == []
