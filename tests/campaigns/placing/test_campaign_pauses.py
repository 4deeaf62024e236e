"""An agent whose phone is not registered rests, and a campaign that finds nobody for a while pauses and says why."""

from __future__ import annotations

from datetime import datetime, timedelta

import orjson
import pytest

from campaigns.lifecycle.operations import resume_campaign
from campaigns.models import Attempt, Campaign, CampaignNotice
from campaigns.placing.campaign_pauses import ALIKE_IN_ROW
from campaigns.placing.recording import record
from campaigns.placing.results import Placed
from dialer import providers
from dialer.accounts.asking import ask
from dialer.models import AccountGate, ProviderAccount
from dialer.providers.base import (
    Accepted,
    Action,
    AgentAddress,
    AgentKind,
    Placement,
    PlaceResult,
    ProviderReply,
    Refusal,
    Refused,
)
from dialer.sandbox.client import SandboxClient
from tests.campaigns.world import NOON, account, agent, campaign, claimed, lead_of, place, set_fleet
from tests.dialer.accounts.builders import account_at

pytestmark = pytest.mark.django_db
AWAY = Refused(reason=Refusal.TARGET_AWAY, detail="HTTP 200: extension not registered")
SECOND = timedelta(seconds=1)


def recorded(made: Campaign, result: PlaceResult, *, at: datetime, has_agent: bool = True) -> Attempt:
    """Place the campaign's next call and record what came of it at that instant."""
    set_fleet(made.account, available=1000, at=at)
    attempt = place(made, state="PLACING", now=at)
    one = Placed(
        attempt_id=attempt.pk,
        account_id=made.account_id,
        campaign_id=made.pk,
        result=result,
        has_agent=has_agent,
    )
    record(results=[one], now=at)
    return Attempt.objects.get(pk=attempt.pk)


def state(made: Campaign) -> tuple[str, str]:
    found = Campaign.objects.get(pk=made.pk)
    return found.state, found.state_reason


def with_agents(count: int) -> tuple[ProviderAccount, Campaign]:
    owner = account(provider="intellicall", fleet=None)
    agents = [agent(owner) for _ in range(count)]
    return owner, campaign(owner, leads=30, agents=agents, state_changed_at=NOON - SECOND)


def test_an_agent_who_is_away_rests_while_the_others_take_calls_and_no_lead_pays_for_it() -> None:
    owner, made = with_agents(2)
    away = recorded(made, AWAY, at=NOON)
    assert (away.outcome, away.is_burned, lead_of(away).attempts_made) == ("REFUSED", False, 0)
    assert lead_of(away).state == "PENDING"
    others = [Attempt.objects.get(pk=call.attempt_id).agent_id for call in claimed(owner, now=NOON + SECOND).reserved]
    assert len(others) == 1
    assert away.agent_id not in others
    back = claimed(owner, now=NOON + 31 * SECOND).reserved
    assert [Attempt.objects.get(pk=call.attempt_id).agent_id for call in back] == [away.agent_id]
    # The account itself takes calls all the time.
    assert AccountGate.objects.get(account=owner).refusals_in_row == 0


def test_a_campaign_that_finds_nobody_for_two_minutes_pauses_and_says_why() -> None:
    _, made = with_agents(1)
    for seconds in (0, 40, 80):
        recorded(made, AWAY, at=NOON + seconds * SECOND)
        assert state(made)[0] == "RUNNING"
    last = recorded(made, AWAY, at=NOON + 120 * SECOND)
    found, reason = state(made)
    assert found == "PAUSED"
    assert "the last 4 calls, since 12:00:00 UTC" in reason
    assert "extension not registered" in reason
    notice = CampaignNotice.objects.get()
    assert notice.kind == "TARGET_AWAY"
    assert notice.attempt_ids[0] == last.pk
    assert set(Campaign.objects.get().leads.values_list("attempts_made", flat=True)) == {0}


def test_a_call_that_is_taken_begins_the_count_anew() -> None:
    _, made = with_agents(3)
    recorded(made, AWAY, at=NOON)
    recorded(made, Accepted(external_id="c-1"), at=NOON + 60 * SECOND)
    for seconds in (100, 140, 200):
        recorded(made, AWAY, at=NOON + seconds * SECOND)
    assert state(made)[0] == "RUNNING"
    recorded(made, AWAY, at=NOON + 240 * SECOND)
    assert state(made)[0] == "PAUSED"


def test_what_paused_it_once_does_not_pause_it_again_at_once() -> None:
    _, made = with_agents(1)
    for seconds in (0, 40, 80, 120):
        recorded(made, AWAY, at=NOON + seconds * SECOND)
    resume_campaign(campaign_id=made.pk, now=NOON + 600 * SECOND, by="olga")
    recorded(made, AWAY, at=NOON + 601 * SECOND)
    assert state(made)[0] == "RUNNING"


def test_without_an_agent_to_rest_the_account_rests() -> None:
    owner = account(provider="astradial", fleet=None)
    made = campaign(owner, leads=30, state_changed_at=NOON - SECOND)
    for _ in range(5):
        recorded(made, AWAY, at=NOON, has_agent=False)
    gate = AccountGate.objects.get(account=owner)
    assert gate.backoff_until is not None
    assert gate.backoff_until > NOON
    assert gate.backoff_reason == AWAY.detail


@pytest.mark.parametrize("number", ["+919876543224", "+919876543299"])
def test_an_extension_that_is_not_registered_is_known_from_the_reply(number: str, sandbox: SandboxClient) -> None:
    # ...24: refused with HTTP 200 and an error in the body; else the extension is not among those registered.
    owner = account_at(sandbox, "astradial", carrier={"agents": ["102"]})
    request = owner.api.build_place(
        account=owner.config,
        placement=Placement(
            reference="r-1",
            to_number=number,
            from_number="+919800000000",
            action=Action.CONNECT_AGENT,
            agent=AgentAddress(kind=AgentKind.EXTENSION, value="102" if number.endswith("24") else "101"),
        ),
    )
    result = owner.api.parse_place(reply=ask(account=owner, request=request))
    assert isinstance(result, Refused)
    assert result.reason is Refusal.TARGET_AWAY
    assert "not registered" in result.detail
    assert sandbox.summary()["rang"] == 0


def refusal_of(slug: str, status: int, body: dict[str, object]) -> PlaceResult:
    """Return what a provider's module makes of a refusal."""
    return providers.get(slug).parse_place(reply=ProviderReply(status=status, body=orjson.dumps(body)))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"agent_id": ["Must be a valid UUID."]}),
        (400, {"agent_id": ["Object does not exist."]}),
        (422, {"detail": [{"loc": ["body", "agent_id"], "msg": "unknown agent"}]}),
        (400, {"detail": "Agent is archived."}),
        (400, {"initial_message": ["Too long."]}),
        (404, {"detail": "Not found."}),
    ],
)
def test_a_wrong_agent_pauses_after_three_calls_and_no_lead_pays_for_it(status: int, body: dict[str, object]) -> None:
    made = campaign(account(provider="altur", fleet=None), leads=30, state_changed_at=NOON - SECOND)
    for second in range(3):
        assert state(made)[0] == "RUNNING"
        attempt = recorded(made, refusal_of("altur", status, body), at=NOON + second * SECOND)
        assert (attempt.is_burned, lead_of(attempt).state) == (False, "PENDING")
    found, reason = state(made)
    assert found == "PAUSED"
    assert attempt.detail in reason
    assert CampaignNotice.objects.filter(campaign=made, kind="ACCOUNT_REJECTED").count() == 1


def test_what_is_wrong_with_a_number_is_that_lead_s_alone() -> None:
    made = campaign(account(provider="altur", fleet=None), leads=30, state_changed_at=NOON - SECOND)
    said = refusal_of("altur", 400, {"phone_number_to": ["The phone number entered is not valid."]})
    for second in range(4):
        assert recorded(made, said, at=NOON + second * SECOND).is_burned
    assert state(made)[0] == "RUNNING"


@pytest.mark.parametrize("slug", providers.slugs())
def test_a_start_of_which_every_call_is_refused_alike_pauses_before_the_list_is_used_up(slug: str) -> None:
    owner = account(provider=slug)
    agents = [agent(owner)] if owner.api.capabilities.needs_agent else []
    made = campaign(owner, leads=30, agents=agents, state_changed_at=NOON - SECOND)
    alike = Refused(reason=Refusal.INVALID_REQUEST, detail="HTTP 400: bad request")
    for second in range(ALIKE_IN_ROW):
        assert state(made)[0] == "RUNNING"
        recorded(made, alike, at=NOON + second * SECOND)
    found, reason = state(made)
    assert found == "PAUSED"
    assert "HTTP 400: bad request" in reason


@pytest.mark.parametrize("other", [Accepted(external_id="c-1"), Refused(reason=Refusal.OTHER, detail="other words")])
def test_one_call_that_was_taken_or_refused_otherwise_shows_that_it_is_not_the_template(other: PlaceResult) -> None:
    made = campaign(account(), leads=30, state_changed_at=NOON - SECOND)
    recorded(made, other, at=NOON)
    alike = Refused(reason=Refusal.INVALID_REQUEST, detail="HTTP 400: bad request")
    for second in range(1, 2 * ALIKE_IN_ROW):
        recorded(made, alike, at=NOON + second * SECOND)
    assert state(made)[0] == "RUNNING"
