"""What is explained of a lead is what claiming then does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from campaigns.explaining.checks import Limit
from campaigns.explaining.why_not_now import Effect, Explanation, explain_lead, explain_leads
from campaigns.models import Campaign, Lead, SuppressedNumber, SuppressionList
from dialer.models import DID, AccountGate, ProviderAccount, Switchboard
from tests.campaigns.explaining.mixed import AT, mixed_campaign
from tests.campaigns.world import NOON, account, agent, campaign, claimed, did, place, set_fleet

pytestmark = pytest.mark.django_db

Row = dict[str, Any]


def rows(made: Campaign) -> dict[int, Row]:
    fields = ("id", "number", "other_number", "state", "state_reason", "next_attempt_at", "last_attempt_at", "rank")
    return {row["id"]: row for row in made.leads.values(*fields)}


def agrees(said: Explanation, before: Row, after: Row) -> bool:
    """Return whether the lead became what was said."""
    if said.effect == Effect.CALL:
        return bool(after["state"] == "DIALING" and after["last_attempt_at"] == said.at)
    if said.effect == Effect.PUT_OFF:
        return bool(after["state"] == "PENDING" and after["next_attempt_at"] == said.put_off_until)
    if said.effect == Effect.END:
        return bool(after["state"] == said.end_state)
    return before == after


def test_of_1000_mixed_leads_each_becomes_what_was_explained() -> None:
    made = mixed_campaign(quantity=1000)
    before = rows(made)
    said = explain_leads(lead_ids=list(before), now=AT)
    assert rows(made) == before
    for _ in range(20):
        found = claimed(made.account, now=AT, room=100_000)
        if not found.more and not found.reserved:
            break
    else:
        pytest.fail("claiming finds no end")
    after = rows(made)
    person = Counter(
        before[lead_id]["other_number"] or before[lead_id]["number"] for lead_id, one in said.items() if one.allowed
    )
    shared = {lead_id for lead_id, one in said.items() if one.allowed and person[one.number] > 1}
    wrong = [
        (one.effect, one.said, before[lead_id], after[lead_id])
        for lead_id, one in said.items()
        if lead_id not in shared and not agrees(one, before[lead_id], after[lead_id])
    ]
    assert len(said) == 1000
    assert wrong == []
    # Two leads of one person, each of which may be called alone: one of them is, the other waits for it.
    called = Counter(said[lead_id].number for lead_id in shared if after[lead_id]["state"] == "DIALING")
    assert called == Counter({said[lead_id].number: 1 for lead_id in shared})
    assert shared
    effects = Counter(one.effect for one in said.values())
    limits = Counter(one.decided_by.limit for one in said.values() if one.decided_by)
    held = Counter(one.effect for one in said.values() if one.decided_by and one.decided_by.limit == Limit.SUPPRESSION)
    assert min(held[Effect.PUT_OFF], held[Effect.END]) > 5
    rules = {check.rule or str(check.limit) for one in said.values() for check in one.checks if not check.is_ok}
    assert min(effects[effect] for effect in Effect) > 10
    assert {Limit.DUE, Limit.LEAD_STATE, Limit.SUPPRESSION, Limit.HELD, Limit.RULES} <= set(limits)
    assert {
        "ON_THE_LINE",
        "CAMPAIGN_HOURS",
        "PROFILE_HOURS",
        "CAPS",
        "REQUIRED_FIELDS",
        "UNKNOWN_ZONE",
        "BROKEN",
    } <= rules


def test_the_next_instant_said_is_one_at_which_claiming_calls() -> None:
    made = mixed_campaign(quantity=400, seed=2)
    said = [one for one in explain_leads(lead_ids=list(rows(made)), now=AT).values() if not one.allowed and one.next_at]
    chosen = [
        one
        for one in said
        if one.decided_by
        and one.decided_by.limit in (Limit.RULES, Limit.DUE, Limit.SUPPRESSION)
        # Nobody knows when a call ends.
        and all(check.is_ok for check in one.checks if check.limit == Limit.ON_THE_LINE)
    ]
    assert len(chosen) > 50
    for one in chosen:
        assert one.next_at is not None
        assert may_be_called(made, one.lead_id, one.next_at), (one.said, one.next_at)
        assert not may_be_called(made, one.lead_id, one.next_at - timedelta(seconds=1)), (one.said, one.next_at)


def may_be_called(made: Campaign, lead_id: int, at: datetime) -> bool:
    set_fleet(made.account, available=1000, at=at)
    found = explain_lead(lead_id=lead_id, now=at)
    assert found is not None
    return found.allowed


def paused(made: Campaign) -> None:
    Campaign.objects.filter(pk=made.pk).update(state="PAUSED", state_reason="Paused by Asha")


def killed(made: Campaign) -> None:
    Switchboard.objects.update_or_create(pk=1, defaults={"dialing_allowed": False, "reason": "fire drill"})


def switched_off(made: Campaign) -> None:
    ProviderAccount.objects.filter(pk=made.account_id).update(is_active=False)


def backing_off(made: Campaign) -> None:
    AccountGate.objects.filter(account=made.account).update(backoff_until=NOON + timedelta(seconds=9))


def full_fleet(made: Campaign) -> None:
    set_fleet(made.account, available=0)


def full_did(made: Campaign) -> None:
    place(made)


def capped_did(made: Campaign) -> None:
    place(made, now=NOON - timedelta(minutes=20))
    DID.objects.update(max_live_calls=9, max_calls_per_hour=1)


def inactive_did(made: Campaign) -> None:
    DID.objects.update(is_active=False)


def full_campaign(made: Campaign) -> None:
    place(made)
    DID.objects.update(max_live_calls=9)
    Campaign.objects.filter(pk=made.pk).update(max_live_calls=1)


def full_account(made: Campaign) -> None:
    place(made)
    DID.objects.update(max_live_calls=9)
    ProviderAccount.objects.filter(pk=made.account_id).update(max_live_calls=1)


def rated(made: Campaign) -> None:
    ProviderAccount.objects.filter(pk=made.account_id).update(calls_per_second=1)
    AccountGate.objects.filter(account=made.account).update(next_send_at=NOON + timedelta(seconds=1))


def closed(made: Campaign) -> None:
    Campaign.objects.filter(pk=made.pk).update(window_opens="13:00", window_closes="14:00")


def over(made: Campaign) -> None:
    Campaign.objects.filter(pk=made.pk).update(ends_at=NOON)


@pytest.mark.parametrize(
    ("trouble", "limit", "waits_seconds"),
    [
        (paused, Limit.CAMPAIGN_STATE, None),
        (killed, Limit.KILL_SWITCH, None),
        (switched_off, Limit.ACCOUNT, None),
        (backing_off, Limit.BACK_OFF, 9),
        (full_fleet, Limit.FLEET, 0),
        (full_did, Limit.DID, 0),
        (capped_did, Limit.DID, 40 * 60),
        (inactive_did, Limit.READINESS, None),
        (full_campaign, Limit.CAMPAIGN_LIMIT, 0),
        (full_account, Limit.ACCOUNT_LIMIT, 0),
        (rated, Limit.RATE, 0.75),
        (closed, Limit.HOURS, 3600),
        (over, Limit.HOURS, None),
    ],
)
def test_each_limit_is_named_and_nobody_is_called(
    trouble: Callable[[Campaign], None], limit: Limit, waits_seconds: float | None
) -> None:
    owner = account()
    made = campaign(owner, leads=3, dids=[did(owner, 1)])
    last = made.leads.latest("id")
    trouble(made)
    said = explain_lead(lead_id=last.pk, now=NOON)
    assert said is not None
    assert said.decided_by is not None
    assert (said.allowed, said.decided_by.limit) == (False, limit)
    assert said.next_at == (None if waits_seconds is None else NOON + timedelta(seconds=waits_seconds))
    assert claimed(owner).reserved == []


def test_a_person_reads_on_which_list_and_since_when_a_number_is() -> None:
    owner = account()
    made = campaign(owner, leads=1)
    lead = made.leads.get()
    dnc = SuppressionList.objects.create(name="Do not call")
    SuppressedNumber.objects.create(suppression_list=dnc, number=lead.number, reason="asked by letter")
    said = explain_lead(lead_id=lead.pk, now=NOON)
    assert said is not None
    check = next(check for check in said.checks if check.limit == Limit.SUPPRESSION)
    assert check.values["entries"][0] | {"added_at": None} == {
        "list": "Do not call",
        "reason": "asked by letter",
        "until": None,
        "added_at": None,
    }


def test_the_second_account_takes_no_lead_whose_last_call_may_have_rung() -> None:
    first, second = account(), account()
    made = campaign(first, leads=2, dids=[did(first), did(second)], fallback_account=second)
    AccountGate.objects.filter(account=first).update(backoff_until=NOON + timedelta(seconds=9))
    lost, fresh = made.leads.order_by("id")
    Lead.objects.filter(pk=lost.pk).update(last_outcome="LOST")
    said = explain_leads(lead_ids=[lost.pk, fresh.pk], now=NOON)
    assert [said[lost.pk].allowed, said[fresh.pk].allowed] == [False, True]
    assert [call.lead.id for call in claimed(second).reserved] == [fresh.pk]


def test_agents_in_wrap_up_hold_the_lead_back() -> None:
    owner = account(provider="intellicall", fleet=None)
    busy = agent(owner, max_live_calls=1)
    made = campaign(owner, leads=2, agents=[busy])
    place(made)
    said = explain_lead(lead_id=made.leads.latest("id").pk, now=NOON)
    assert said is not None
    assert said.decided_by is not None
    assert said.decided_by.limit == Limit.AGENT
    assert claimed(owner).reserved == []
