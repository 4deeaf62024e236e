"""Who is reserved, in which order, and what a rule keeps back."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time, timedelta
from itertools import pairwise

import pytest

from campaigns.claiming.gate import set_next_send
from campaigns.claiming.new_attempts import DEADLINE_MARGIN_SECONDS
from campaigns.models import Attempt, CallTemplate, Campaign, Lead, SuppressedNumber, SuppressionList
from campaigns.rules.order import Lane, rank
from campaigns.settling.reports import settle
from dialer.models import DID, AccountGate, ProviderAccount, Switchboard
from dialer.providers.base import CallReport, Outcome, Phase
from tests.campaigns.world import (
    NOON,
    account,
    agent,
    campaign,
    claimed,
    did,
    lead_of,
    live,
    numbers,
    place,
    set_fleet,
    taken_numbers,
)

pytestmark = pytest.mark.django_db


def test_a_did_carries_no_more_calls_than_its_limit_whoever_shares_it() -> None:
    owner = account()
    line = did(owner, 3)
    campaign(owner, dids=[line])
    campaign(owner, dids=[line])
    assert len(claimed(owner).reserved) == 3
    assert claimed(owner).reserved == []


def test_every_limit_holds_at_once() -> None:
    owner = account(max_live_calls=9)
    first, second = did(owner, 2), did(owner, 5)
    limited = campaign(owner, dids=[second], max_live_calls=1)
    wide = campaign(owner, dids=[first, second], leads=20)
    reserved = claimed(owner).reserved
    by_campaign = Counter(call.campaign.id for call in reserved)
    by_did = Counter(call.did_number for call in reserved)
    assert by_campaign[limited.pk] == 1
    assert by_campaign[wide.pk] == 6
    assert by_did == {first.number: 2, second.number: 5}


def test_an_account_has_no_more_calls_than_its_limit() -> None:
    owner = account(max_live_calls=2)
    campaign(owner)
    campaign(owner)
    assert len(claimed(owner).reserved) == 2


def test_calls_that_are_uncertain_keep_their_slot() -> None:
    owner = account(max_live_calls=1)
    place(campaign(owner), state="UNCERTAIN")
    assert claimed(owner).reserved == []


def test_the_fleet_gets_no_call_beyond_its_room_nor_on_an_old_reading() -> None:
    owner = account(fleet=2)
    campaign(owner)
    assert len(claimed(owner).reserved) == 2
    assert claimed(owner).reserved == []
    other = account(fleet=None)
    campaign(other)
    assert claimed(other).reserved == []
    set_fleet(other, available=5, at=NOON - timedelta(seconds=31))
    assert claimed(other).reserved == []


def test_an_agent_takes_one_call_and_rests_after_it() -> None:
    owner = account(provider="intellicall")
    human = agent(owner, wrap_up_seconds=20)
    made = campaign(owner, agents=[human])
    attempt = place(made)
    assert claimed(owner).reserved == []
    settle(reports=[(attempt.pk, CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED))], now=NOON)
    assert claimed(owner, now=NOON + timedelta(seconds=19)).reserved == []
    assert len(claimed(owner, now=NOON + timedelta(seconds=21)).reserved) == 1


def test_an_agent_who_is_away_gets_no_call() -> None:
    owner = account(provider="intellicall")
    campaign(owner, agents=[agent(owner, is_available=False)])
    assert claimed(owner).reserved == []


def test_switched_off_dids_make_a_campaign_wait() -> None:
    owner = account()
    line = did(owner, is_active=False)
    campaign(owner, dids=[line])
    assert claimed(owner).reserved == []
    DID.objects.filter(pk=line.pk).update(is_active=True)
    assert len(claimed(owner).reserved) == 5


def test_a_rate_spaces_the_requests_and_says_when_to_come_again() -> None:
    owner = account(calls_per_second=10)
    campaign(owner, leads=50)
    first = claimed(owner)
    times = [call.send_at for call in first.reserved]
    assert times == sorted(times)
    assert 2 <= len(times) <= 3
    assert all(later - earlier >= timedelta(seconds=0.1) for earlier, later in pairwise(times))
    assert first.wait_seconds is not None
    assert all(call.send_at > times[-1] for call in claimed(owner, now=NOON + timedelta(seconds=0.05)).reserved)


def test_an_account_that_rests_calls_nobody_and_says_for_how_long() -> None:
    owner = account()
    campaign(owner)
    AccountGate.objects.filter(account=owner).update(backoff_until=NOON + timedelta(seconds=7))
    assert claimed(owner).wait_seconds == pytest.approx(7)
    assert live(owner) == 0


def test_after_a_rest_one_call_shows_whether_the_provider_takes_calls_again() -> None:
    owner = account()
    campaign(owner)
    AccountGate.objects.filter(account=owner).update(refusals_in_row=5, backoff_until=NOON - timedelta(seconds=1))
    assert len(claimed(owner).reserved) == 1
    # Until it is answered, no other leaves.
    assert claimed(owner).reserved == []
    Attempt.objects.update(state="PLACED")
    assert len(claimed(owner).reserved) == 1


def test_callbacks_go_first_then_the_first_pass_then_retries_and_priority_within() -> None:
    owner = account()
    made = campaign(owner, leads=5)
    order = [
        rank(lane=Lane.RETRY, priority=0),
        rank(lane=Lane.FIRST_PASS, priority=9),
        rank(lane=Lane.CALLBACK, priority=9),
        rank(lane=Lane.FIRST_PASS, priority=0),
        rank(lane=Lane.CALLBACK, priority=0),
    ]
    leads = list(Lead.objects.filter(campaign=made))
    for lead, value in zip(leads, order, strict=True):
        Lead.objects.filter(pk=lead.pk).update(rank=value)
    expected = [lead.number for _, lead in sorted(zip(order, leads, strict=True), key=lambda pair: pair[0])]
    assert [taken_numbers(claimed(owner, room=1))[0] for _ in leads] == expected


def test_a_lead_that_is_due_later_waits() -> None:
    owner = account()
    made = campaign(owner, leads=2)
    lead = made.leads.earliest("id")
    Lead.objects.filter(pk=lead.pk).update(next_attempt_at=NOON + timedelta(seconds=1), rank=0)
    assert lead.number not in taken_numbers(claimed(owner))
    assert taken_numbers(claimed(owner, now=NOON + timedelta(seconds=2))) == [lead.number]


@pytest.mark.parametrize(
    "fields",
    [
        {"time_zone": "Mars/Olympus"},
        {"time_zone": ""},
        {"window_opens": time(13), "window_closes": time(14)},
        {"window_opens": time(9), "window_closes": time(12)},
        {"time_zone": "Asia/Kolkata", "window_opens": time(9), "window_closes": time(17, 30)},
        {"starts_at": NOON + timedelta(seconds=1)},
        {"ends_at": NOON},
        {"state": "PAUSED"},
        {"state": "STOPPED"},
    ],
    ids=str,
)
def test_nobody_is_called_outside_hours_or_by_a_broken_rule(fields: dict[str, object]) -> None:
    owner = account()
    campaign(owner, **fields)  # type: ignore[arg-type]
    assert claimed(owner).reserved == []


def test_an_account_that_is_off_and_the_kill_switch_stop_every_claim() -> None:
    owner = account()
    campaign(owner)
    ProviderAccount.objects.filter(pk=owner.pk).update(is_active=False)
    assert claimed(owner).reserved == []
    ProviderAccount.objects.filter(pk=owner.pk).update(is_active=True)
    Switchboard.objects.create(pk=1, dialing_allowed=False)
    assert claimed(owner).reserved == []


def test_suppressed_numbers_are_never_called_and_say_why() -> None:
    owner = account()
    made = campaign(owner, leads=4)
    everywhere, own, foreign, over = made.leads.order_by("id")
    suppress(everywhere.number, applies_to_all=True)
    made.suppression_lists.add(suppress(own.number, applies_to_all=False))
    suppress(foreign.number, applies_to_all=False)
    suppress(over.number, applies_to_all=True, until=NOON)
    assert set(taken_numbers(claimed(owner))) == {foreign.number, over.number}
    for lead in (everywhere, own):
        lead.refresh_from_db()
        assert (lead.state, lead.ended_at) == ("SUPPRESSED", NOON)
        assert "suppressed" in lead.state_reason


def suppress(number: str, *, until: datetime | None = None, **fields: bool) -> SuppressionList:
    made = SuppressionList.objects.create(name=f"Never {number}", **fields)
    SuppressedNumber.objects.create(suppression_list=made, number=number, until=until)
    return made


def test_one_person_has_one_live_call_whatever_the_campaigns_and_accounts() -> None:
    shared = numbers(6)
    one, other = account(), account()
    campaign(one, leads=shared)
    campaign(one, leads=shared)
    second = campaign(other, leads=shared)
    assert len(set(taken_numbers(claimed(one)))) == len(shared)
    assert claimed(other).reserved == []
    waiting = Lead.objects.filter(campaign=second, state="PENDING", next_attempt_at__gt=NOON)
    assert waiting.count() == len(shared)
    assert set(waiting.values_list("state_reason", flat=True)) == {"On the line already"}


def test_campaigns_that_share_every_contact_share_the_lines_by_weight() -> None:
    owner = account()
    line, shared = did(owner, 4), numbers(80)
    heavy = campaign(owner, leads=shared, dids=[line], weight=3)
    light = campaign(owner, leads=shared, dids=[line], weight=1)
    calls: Counter[int] = Counter()
    for second in range(30):
        now = NOON + timedelta(milliseconds=second)
        calls.update(call.campaign.id for call in claimed(owner, now=now).reserved)
        # The call of the campaign that has most of them ends, as calls of equal length would in the long run.
        oldest = Attempt.objects.filter(account=owner).exclude(state="ENDED").earliest("id")
        settle(reports=[(oldest.pk, CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED))], now=now)
    assert calls[light.pk] >= 6
    assert calls[heavy.pk] >= 2 * calls[light.pk]


def test_a_lead_is_reserved_once_and_says_dialing() -> None:
    owner = account()
    made = campaign(owner, leads=3)
    attempts = Attempt.objects.filter(pk__in=[call.attempt_id for call in claimed(owner).reserved])
    assert claimed(owner).reserved == []
    assert {lead_of(attempt).state for attempt in attempts} == {"DIALING"}
    assert Campaign.objects.get(pk=made.pk).leads.filter(state="DIALING").count() == 3
    assert all(attempt.deadline_at > NOON + timedelta(seconds=3600) for attempt in attempts)


def test_the_longest_call_of_a_template_goes_before_that_of_its_account() -> None:
    owner = account(max_call_seconds=900)
    deadlines = {}
    for own in (None, 120, 1800):
        made = campaign(owner, leads=1)
        CallTemplate.objects.filter(pk=made.template_id).update(max_call_seconds=own, max_ring_seconds=20)
        claimed(owner)
        deadlines[own] = Attempt.objects.get(campaign=made).deadline_at
    rest = NOON + timedelta(seconds=20 + DEADLINE_MARGIN_SECONDS)
    assert {own: (at - rest).total_seconds() for own, at in deadlines.items()} == {None: 900, 120: 120, 1800: 1800}


def test_a_second_leg_that_the_provider_lets_ring_on_is_part_of_the_deadline() -> None:
    """Astradial's server rings the party that is called second for 60 s, whatever it is asked for."""
    allowed = {}
    for provider in ("astradial", "altur"):
        owner = account(provider=provider, fleet=None, max_call_seconds=900)
        made = campaign(owner, leads=1)
        CallTemplate.objects.filter(pk=made.template_id).update(max_ring_seconds=20)
        claimed(owner)
        deadline_at = Attempt.objects.get(campaign=made).deadline_at
        allowed[provider] = (deadline_at - NOON).total_seconds() - DEADLINE_MARGIN_SECONDS
    assert allowed == {"astradial": 20 + 60 + 900, "altur": 20 + 900}


def test_next_send_is_written_under_the_gate() -> None:
    from django.db import connection

    owner = account()
    with connection.cursor() as cursor:
        set_next_send(cursor, account_id=owner.pk, next_send_at=NOON)
    assert AccountGate.objects.get(account=owner).next_send_at == NOON
