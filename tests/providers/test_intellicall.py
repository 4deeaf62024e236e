"""Intellicall's own traps: two legs, one agent, and a 502 that may be a proxy's."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from dialer.providers.base import (
    Accepted,
    AgentAddress,
    AgentKind,
    Outcome,
    Phase,
    ProviderReply,
    Push,
    Refusal,
    Refused,
    Unclear,
)
from dialer.providers.intellicall import provider
from tests.providers import catalog

ACCOUNT = catalog.account("intellicall")


def polled(
    status: str, *, agent: str | None = None, customer: str | None = None, over: bool
) -> tuple[Phase, Outcome | None]:
    legs = [{"role": role, "status": leg} for role, leg in (("agent", agent), ("destination", customer)) if leg]
    body = {
        "status": "success",
        "call_status": status,
        "legs": legs,
        "end_time": "2026-07-03T10:02:30Z" if over else None,
    }
    found = provider.parse_poll(account=ACCOUNT, reply=ProviderReply(status=200, body=orjson.dumps(body)))
    assert found is not None
    return found.phase, found.outcome


@pytest.mark.parametrize(
    ("status", "agent", "customer", "over", "phase", "outcome"),
    [
        ("INITIATED", "DIALING", None, False, Phase.PLACED, None),
        ("INITIATED", "JOINED", "DIALING", False, Phase.RINGING, None),
        ("ANSWER", "JOINED", "DIALING", False, Phase.RINGING, None),
        ("ANSWER", "JOINED", "JOINED", False, Phase.ANSWERED, None),
        ("ANSWER", None, None, False, Phase.ANSWERED, None),
        ("ANSWER", "LEFT", "LEFT", True, Phase.ENDED, Outcome.ANSWERED),
        ("ANSWER", "LEFT", "FAILED", True, Phase.ENDED, Outcome.FAILED),
        ("NO_ANSWER", "LEFT", "FAILED", True, Phase.ENDED, Outcome.NO_ANSWER),
        ("NO_ANSWER", "FAILED", None, True, Phase.ENDED, Outcome.FAILED),
        ("BUSY", None, None, False, Phase.ENDED, Outcome.BUSY),
        ("CANCELED", "FAILED", None, True, Phase.ENDED, Outcome.CANCELED),
        ("TRANSFERRED", "JOINED", "JOINED", True, Phase.UNKNOWN, None),
    ],
)
def test_legs_tell_the_agents_silence_from_the_customers(
    status: str, agent: str | None, customer: str | None, over: bool, phase: Phase, outcome: Outcome | None
) -> None:
    assert polled(status, agent=agent, customer=customer, over=over) == (phase, outcome)


@pytest.mark.parametrize("body", [b"", b"Bad Gateway", b"<html></html>", b"[]"])
def test_502_that_is_not_the_apis_json_may_have_rung(body: bytes) -> None:
    assert isinstance(provider.parse_place(reply=ProviderReply(status=502, body=body)), Unclear)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Unknown agent", Refusal.UNKNOWN_TARGET),
        ("from_number is not assigned to your account", Refusal.UNKNOWN_TARGET),
        ("unrecognised caller ID", Refusal.UNKNOWN_TARGET),
        ("to_number is invalid", Refusal.INVALID_REQUEST),
        ("agent and customer number are equal", Refusal.INVALID_REQUEST),
        ("", Refusal.INVALID_REQUEST),
    ],
)
def test_400_burns_an_attempt_only_when_the_lead_is_at_fault(said: str, reason: Refusal) -> None:
    result = provider.parse_place(reply=ProviderReply(status=400, body=orjson.dumps({"message": said})))
    assert isinstance(result, Refused)
    assert result.reason is reason


def test_agents_extension_is_no_address_here() -> None:
    placement, _ = catalog.placements("intellicall")[0]
    agent = AgentAddress(kind=AgentKind.EXTENSION, value="1001")
    with pytest.raises(ValueError, match="agent"):
        provider.build_place(account=ACCOUNT, placement=replace(placement, agent=agent))


def test_caller_id_is_required() -> None:
    placement, _ = catalog.placements("intellicall")[0]
    with pytest.raises(ValueError, match="from_number"):
        provider.build_place(account=ACCOUNT, placement=replace(placement, from_number=None))


def test_participant_is_added_to_a_live_call() -> None:
    request = provider.build_add_leg(account=ACCOUNT, external_id="5deb67aa", number="+919812345678")
    assert (request.method, request.path) == ("POST", "/calls/5deb67aa/add-leg")
    assert orjson.loads(request.body) == {"number": "9812345678", "max_ring_time": 30}
    reply = ProviderReply(status=200, body=b'{ "status": "success", "message": "Leg queued", "leg_id": 3 }')
    assert provider.parse_add_leg(reply=reply) == Accepted(external_id="3")
    assert isinstance(provider.parse_add_leg(reply=ProviderReply(status=200, body=b"{}")), Unclear)
    assert isinstance(provider.parse_add_leg(reply=ProviderReply(status=404)), Refused)


def test_key_goes_to_recordings_of_the_account_only() -> None:
    request = provider.build_recording(account=ACCOUNT, url="https://api.clouddialer.in/recordings/crm_x.wav")
    assert request.path == "/recordings/crm_x.wav"
    with pytest.raises(ValueError, match="base URL"):
        provider.build_recording(account=ACCOUNT, url="https://elsewhere.example.com/recordings/crm_x.wav")


def test_repeats_of_a_push_have_the_uuid_as_their_key() -> None:
    bodies = [b'{"uuid":"u-1","status":"ANSWER"}', b'{ "uuid": "u-1", "status": "ANSWER" }']
    assert {provider.dedupe_key(push=Push(headers={}, body=body)) for body in bodies} == {"u-1"}
