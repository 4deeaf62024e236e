"""A second account takes over while the first is down or full, and never repeats a call that may have rung."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from campaigns.claiming.reserving import Claim, claim
from campaigns.lifecycle.operations import pause_campaign
from campaigns.models import Attempt, Campaign, CampaignState, Lead
from campaigns.placing.fence import Fence
from campaigns.placing.recording import record
from campaigns.placing.results import Placed
from campaigns.placing.sending import place
from campaigns.settling.reports import settle
from campaigns.states import attempts as attempt_states
from dialer.http.client import ProviderClient
from dialer.models import AccountGate, ProviderAccount
from dialer.providers.base import CallReport, Outcome, Phase, Refusal, Refused
from dialer.sandbox.client import SandboxClient, wait_for
from dialer.sql import hot_cursor
from tests.campaigns import world
from tests.campaigns.world import NOON, account, agent, campaign, claimed, did, live, numbers, set_fleet


def pair(*, fallback_provider: str = "voxcore", leads: int | Sequence[str] = 6, **fields: Any) -> Campaign:
    """Return a running campaign with a DID on each of two accounts; both have room."""
    first, second = account(), account(provider=fallback_provider)
    return campaign(first, leads=leads, dids=[did(first), did(second)], fallback_account=second, **fields)


def second_of(made: Campaign) -> ProviderAccount:
    assert made.fallback_account is not None
    return made.fallback_account


def rest(owner: ProviderAccount, *, until: datetime = NOON + timedelta(seconds=30)) -> None:
    AccountGate.objects.filter(account=owner).update(backoff_until=until, backoff_reason="HTTP 503")


@pytest.mark.django_db
def test_the_second_account_waits_while_the_first_takes_calls() -> None:
    made = pair()
    assert claimed(second_of(made)).reserved == []
    assert len(claimed(made.account).reserved) == 6


@pytest.mark.django_db
@pytest.mark.parametrize(
    "trouble",
    [
        {"backoff_until": NOON + timedelta(seconds=9)},
        {"refusals_in_row": 5},
        {"fleet_available": 0},
        {"fleet_measured_at": NOON - timedelta(minutes=2), "fleet_problem": "cannot be reached"},
    ],
)
def test_it_takes_over_when_the_first_is_down_or_full(trouble: dict[str, Any]) -> None:
    made = pair()
    AccountGate.objects.filter(account=made.account).update(**trouble)
    reserved = claimed(second_of(made)).reserved
    assert len(reserved) == 6
    own = set(made.dids.filter(account=second_of(made)).values_list("number", flat=True))
    assert {call.did_number for call in reserved} == own


@pytest.mark.django_db
def test_it_takes_over_when_the_first_is_switched_off() -> None:
    made = pair()
    ProviderAccount.objects.filter(pk=made.account_id).update(is_active=False)
    assert len(claimed(second_of(made)).reserved) == 6


@pytest.mark.django_db
def test_a_first_reading_of_the_fleet_is_waited_for() -> None:
    made = pair()
    AccountGate.objects.filter(account=made.account).update(fleet_measured_at=NOON - timedelta(hours=1))
    assert claimed(second_of(made)).reserved == []


@pytest.mark.django_db
def test_the_campaigns_limit_holds_across_both_accounts() -> None:
    made = pair(max_live_calls=4)
    assert len(claimed(made.account, room=3).reserved) == 3
    rest(made.account)
    assert len(claimed(second_of(made)).reserved) == 1
    assert claimed(second_of(made)).reserved == []


@pytest.mark.django_db
def test_a_lead_whose_call_may_have_rung_is_left_to_the_first_account() -> None:
    made = pair(leads=3)
    uncertain, lost, busy = Lead.objects.filter(campaign=made)
    for lead, outcome in ((uncertain, "UNCERTAIN"), (lost, "LOST"), (busy, "BUSY")):
        Lead.objects.filter(pk=lead.pk).update(last_outcome=outcome, attempts_made=1)
    rest(made.account)
    # The retry of a busy one is the campaign's own rule, and due.
    assert [call.lead.id for call in claimed(second_of(made)).reserved] == [busy.pk]


@pytest.mark.django_db
def test_it_is_left_there_though_a_later_try_was_turned_away() -> None:
    made = pair(leads=1, retry_rules={"LOST": 60})
    lost = world.place(made)
    settle(reports=[(lost.pk, CallReport(phase=Phase.ENDED, outcome=Outcome.LOST))], now=NOON)
    later = NOON + timedelta(minutes=2)
    for owner in (made.account, second_of(made)):
        set_fleet(owner, available=10, at=later)
    turned_away = world.place(made, state="PLACING", now=later)
    full = Refused(reason=Refusal.NO_CAPACITY, detail="HTTP 503")
    ids: dict[str, Any] = {"attempt_id": turned_away.pk, "account_id": made.account_id, "campaign_id": made.pk}
    record(results=[Placed(**ids, result=full)], now=later)
    rest(made.account, until=later + timedelta(minutes=5))
    assert claimed(second_of(made), now=later + timedelta(seconds=20)).reserved == []
    assert made.leads.get().last_outcome == "LOST"


@pytest.mark.django_db
def test_without_a_did_of_its_own_the_second_account_calls_nobody() -> None:
    made = pair()
    made.dids.remove(*made.dids.filter(account=second_of(made)))
    rest(made.account)
    assert claimed(second_of(made)).reserved == []


@pytest.mark.django_db(transaction=True)
def test_both_accounts_claiming_at_once_never_pass_the_limit() -> None:
    made = pair(max_live_calls=3, leads=60)
    # Half open, the first one probes while the second one stands in: both may claim.
    AccountGate.objects.filter(account=made.account).update(refusals_in_row=5)

    def turn(owner: ProviderAccount) -> int:
        try:
            return len(claim(account_id=owner.pk, now=NOON, room=50).reserved)
        finally:
            connections.close_all()

    for _ in range(5):
        with ThreadPoolExecutor(4) as pool:
            taken = sum(pool.map(turn, [made.account, second_of(made)] * 2))
        assert taken == live(made.account) + live(second_of(made)) == 3
        Attempt.objects.all().delete()
        Lead.objects.filter(campaign=made).update(state="PENDING")


@pytest.mark.django_db(transaction=True)
def test_a_pause_gives_back_what_either_account_had_reserved() -> None:
    made = pair(leads=4)
    claimed(made.account, room=1)
    rest(made.account)
    claimed(second_of(made), room=1)
    in_flight = pause_campaign(campaign_id=made.pk, now=NOON, by="olga")
    assert in_flight.attempt_ids == []
    assert Lead.objects.filter(campaign=made, state="PENDING").count() == 4


# --- with the carrier, which keeps the ledger ---------------------------------------------------------------------


def rung(sandbox: SandboxClient) -> list[dict[str, Any]]:
    """Return the rows of the ledger that rang."""
    return [row for row in sandbox.ledger() if row["rang_at"] is not None]


def at_carrier(sandbox: SandboxClient, owner: ProviderAccount, key: str, **settings: Any) -> None:
    """Put an account at the carrier."""
    sandbox.configure(owner.provider, key, api_key="key", **settings)
    ProviderAccount.objects.filter(pk=owner.pk).update(base_url=sandbox.base_url(owner.provider, key))
    owner.refresh_from_db()
    set_fleet(owner, available=1000, at=datetime.now(UTC))


def turn(owner: ProviderAccount, *, now: datetime) -> Claim:
    """Do one turn of an account, as the engine does: claim, place, record."""
    owner.refresh_from_db()
    taken = claim(account_id=owner.pk, now=now, room=50)
    with hot_cursor() as cursor:
        ids = [call.attempt_id for call in taken.reserved]
        going = attempt_states.begin_placing(cursor, account_id=owner.pk, attempt_ids=ids)

    async def send() -> list[Placed]:
        client = ProviderClient(base_url=owner.base_url, read_timeout_seconds=1.0)
        try:
            return await asyncio.gather(
                *(
                    place(
                        call=call,
                        account_id=owner.pk,
                        provider=owner.api,
                        config=owner.config,
                        client=client,
                        fence=Fence(opened_at_seconds=float("inf")),
                    )
                    for call in taken.reserved
                    if call.attempt_id in going
                )
            )
        finally:
            await client.aclose()

    results = asyncio.run(send())
    if results:
        record(results=results, now=now)
    return taken


def run_both(made: Campaign, *, turns: int) -> None:
    """Let both accounts have turns, two minutes apart: who was turned away by one is due for the other."""
    # All of it has passed: a request waits for its instant.
    at = datetime.now(UTC) - timedelta(hours=1)
    for _ in range(turns):
        for owner in (made.account, second_of(made)):
            set_fleet(owner, available=1000, at=at)
            turn(owner, now=at)
            at += timedelta(minutes=2)


@pytest.mark.django_db(transaction=True)
def test_an_account_that_answers_503_always_is_taken_over_and_everybody_rings_once(sandbox: SandboxClient) -> None:
    phones = numbers(8)
    made = pair(leads=phones, max_live_calls=8)
    at_carrier(sandbox, made.account, "down", fleet_max=0, suffixes=False)
    at_carrier(sandbox, second_of(made), "spare", outcomes={"ANSWERED": 1}, suffixes=False, talk_seconds=[9000, 9000])
    run_both(made, turns=3)
    rang = wait_for(lambda: rung(sandbox) if len(rung(sandbox)) >= len(phones) else None)
    assert sorted(row["to_number"] for row in rang) == sorted(phones)
    assert {row["account"] for row in rang} == {"spare"}
    assert Campaign.objects.get(pk=made.pk).state == CampaignState.RUNNING
    assert Attempt.objects.filter(account=second_of(made), state="PLACED").count() == len(phones)


@pytest.mark.django_db(transaction=True)
def test_a_refused_key_lets_the_second_account_take_over_instead_of_pausing(sandbox: SandboxClient) -> None:
    made = pair(leads=3)
    at_carrier(sandbox, made.account, "expired")
    sandbox.change("voxcore", "expired", api_key="another")
    at_carrier(sandbox, second_of(made), "spare", suffixes=False)
    run_both(made, turns=2)
    assert Campaign.objects.get(pk=made.pk).state == CampaignState.RUNNING
    assert {row["account"] for row in wait_for(lambda: rung(sandbox))} == {"spare"}
    # The second one's refusal leaves nobody: then the campaign pauses and says why.
    sandbox.change("voxcore", "spare", api_key="another")
    Attempt.objects.all().delete()
    Lead.objects.filter(campaign=made).update(state="PENDING", ended_at=None, next_attempt_at=NOON)
    run_both(made, turns=2)
    assert Campaign.objects.get(pk=made.pk).state == CampaignState.PAUSED


@pytest.mark.django_db(transaction=True)
def test_a_call_whose_reply_timed_out_is_never_repeated_on_the_second_account(sandbox: SandboxClient) -> None:
    phones = numbers(4)
    made = pair(leads=phones)
    at_carrier(sandbox, made.account, "silent", faults={"timeout_rang": 1}, suffixes=False)
    at_carrier(sandbox, second_of(made), "spare", suffixes=False)
    turn(made.account, now=datetime.now(UTC))
    rest(made.account, until=datetime.now(UTC) + timedelta(hours=1))
    run_both(made, turns=3)
    assert set(Attempt.objects.values_list("state", flat=True)) == {"UNCERTAIN"}
    assert {row["account"] for row in sandbox.ledger()} == {"silent"}
    assert sorted(row["to_number"] for row in sandbox.ledger()) == sorted(phones)


@pytest.mark.django_db
def test_a_template_of_another_provider_is_used_on_the_second_account() -> None:
    made = pair(fallback_provider="intellicall")
    made.fallback_template = type(made.template).objects.create(
        name="Agents", provider="intellicall", action="CONNECT_AGENT"
    )
    made.save()
    made.agents.add(agent(second_of(made)), agent(second_of(made)))
    rest(made.account)
    reserved = claimed(second_of(made)).reserved
    assert [call.campaign.action for call in reserved] == ["CONNECT_AGENT"] * 2
    assert all(call.agent for call in reserved)
