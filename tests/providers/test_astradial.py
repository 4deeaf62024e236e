"""Astradial's own traps: two dialects, no id, rows that say ANSWERED too early, and deliveries with changing ids."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest

from dialer.providers.astradial import provider
from dialer.providers.base import (
    Accepted,
    AgentAddress,
    AgentKind,
    LogQuery,
    Outcome,
    Phase,
    ProviderReply,
    Push,
    Refusal,
    Refused,
    Unclear,
)
from tests.providers import catalog

ACCOUNT = catalog.account("astradial")
QUERY = LogQuery(
    since_at=datetime(2026, 4, 13, 10, tzinfo=UTC),
    until_at=datetime(2026, 4, 13, 11, tzinfo=UTC),
    to_number="+919876543210",
)


def placed(http_status: int, /, **payload: object) -> object:
    return provider.parse_place(reply=ProviderReply(status=http_status, body=orjson.dumps(payload)))


def test_acceptance_never_invents_an_id() -> None:
    assert placed(200, status="success", call={"id": "x", "call_id": "y"}) == Accepted(external_id=None)
    assert isinstance(placed(200, success=False), Unclear)
    assert isinstance(placed(200, success=True, error="no trunk"), Unclear)
    assert isinstance(placed(200, success=True, status="queued"), Unclear)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("extension not registered", Refusal.TARGET_AWAY),
        ("all circuits congested", Refusal.NO_CAPACITY),
        ("extension not found", Refusal.UNKNOWN_TARGET),
        ("permission", Refusal.OTHER),
    ],
)
@pytest.mark.parametrize("status", [200, 500])
def test_failed_originate_rang_nobody_and_says_why(status: int, said: str, reason: Refusal) -> None:
    result = placed(status, status="error", message=f"Failed to originate call: {said}")
    assert isinstance(result, Refused)
    assert result.reason is reason


@pytest.mark.parametrize("said", ["AMI Login timeout", "AMI Login failed", "connect ETIMEDOUT 10.0.0.1:5038"])
def test_a_switch_that_could_not_be_logged_in_at_has_rung_nobody(said: str) -> None:
    result = placed(500, error="Failed to initiate call via AMI", details=said)
    assert isinstance(result, Refused)
    assert result.reason is Refusal.NO_CAPACITY


@pytest.mark.parametrize("said", ["Timeout", "ETIMEDOUT", "read ECONNRESET", "socket hang up", "AMI connection closed"])
def test_failure_while_the_switch_took_the_call_is_unclear(said: str) -> None:
    assert isinstance(placed(500, error="Failed to initiate call via AMI", details=said), Unclear)


@pytest.mark.parametrize(
    ("row", "phase", "outcome"),
    [
        ({"status": "ANSWERED", "talk_time": 0}, Phase.UNKNOWN, None),
        ({"status": "ANSWERED"}, Phase.UNKNOWN, None),
        ({"status": "ANSWERED", "talk_time": 1}, Phase.ENDED, Outcome.ANSWERED),
        ({"status": "NO ANSWER", "talk_time": 0}, Phase.ENDED, Outcome.NO_ANSWER),
        ({"status": "no-answer"}, Phase.ENDED, Outcome.NO_ANSWER),
        ({"status": "abandoned"}, Phase.ENDED, Outcome.CANCELED),
        ({"status": "ringing"}, Phase.RINGING, None),
        ({"disposition": "ANSWERED", "talk_time": 0}, Phase.UNKNOWN, None),
        ({"disposition": "ANSWERED", "talk_time": 1}, Phase.ENDED, Outcome.ANSWERED),
        ({"disposition": "NO ANSWER", "direction": "internal"}, Phase.ENDED, Outcome.NO_ANSWER),
        ({"disposition": "CONGESTION"}, Phase.ENDED, Outcome.FAILED),
    ],
)
def test_row_is_believed_only_when_it_can_be_true(
    row: dict[str, object], phase: Phase, outcome: Outcome | None
) -> None:
    reply = ProviderReply(status=200, body=orjson.dumps({"data": [{"id": "1", **row}], "total": 1}))
    page = provider.parse_log(account=ACCOUNT, query=QUERY, reply=reply)
    assert page is not None
    assert [(report.phase, report.outcome) for report in page.reports] == [(phase, outcome)]
    assert page.next_cursor is None


def test_log_is_asked_by_number_and_time_page_by_page() -> None:
    request = provider.build_log(account=ACCOUNT, query=QUERY)
    assert request.path == "/api/v1/calls"
    # Without a direction: the server calls a customer who is called first, or by an agent, internal.
    assert request.query == {
        "to": "9876543210",
        "date_from": "2026-04-13T15:30:00+05:30",
        "date_to": "2026-04-13T16:30:00+05:30",
        "limit": "200",
        "offset": "0",
    }
    assert provider.build_log(account=ACCOUNT, query=replace(QUERY, cursor="200")).query["offset"] == "200"
    full = ProviderReply(status=200, body=orjson.dumps({"data": [{"id": str(n)} for n in range(200)]}))
    page = provider.parse_log(account=ACCOUNT, query=replace(QUERY, cursor="200"), reply=full)
    assert page is not None
    assert page.next_cursor == "400"


def test_row_that_was_overwritten_is_no_repeat() -> None:
    def key(**row: object) -> str | None:
        reply = ProviderReply(status=200, body=orjson.dumps({"data": [{"id": "1", **row}]}))
        page = provider.parse_log(account=ACCOUNT, query=QUERY, reply=reply)
        assert page is not None
        return page.reports[0].dedupe_key

    early, final = {"disposition": "ANSWERED", "talk_time": 0}, {"disposition": "ANSWERED", "talk_time": 9}
    assert key(**early) == key(**early)
    assert len({key(**early), key(**final), key(disposition="BUSY", talk_time=0), key(disposition="NO ANSWER")}) == 4


@pytest.mark.parametrize(
    ("body", "cursor", "full"),
    [
        ({"data": [], "total": 1000}, None, True),
        ({"data": [], "pagination": {"total": 1000, "has_more": True}}, None, True),
        ({"data": [{"id": 1}, None], "pagination": {"has_more": False}}, None, 1),
        ({"data": [{"id": 1}], "pagination": {"total": 401, "has_more": True}}, "401", False),
        ({"data": [{"id": 1}], "pagination": {"total": 401, "has_more": False}}, None, False),
        ({"data": [{"id": 1}], "pagination": {"total": 402}}, "401", False),
        ({"data": [], "pagination": {"total": 400, "has_more": False}}, None, False),
    ],
)
def test_a_page_says_whether_the_log_goes_on_and_whether_it_is_whole(
    body: dict[str, object], cursor: str | None, full: bool | int
) -> None:
    reply = ProviderReply(status=200, body=orjson.dumps(body))
    page = provider.parse_log(account=ACCOUNT, query=replace(QUERY, cursor="400"), reply=reply)
    assert page is not None
    assert (page.next_cursor, page.full or page.unread) == (cursor, full)
    connect, queue = "CONNECT_TARGET", {"to_type": "queue"}
    assert provider.capabilities.logs_every_call(connect, queue)
    assert not provider.capabilities.logs_every_call(connect, {"to_type": "ai_agent"})


def test_a_switch_that_writes_utc_is_asked_and_read_by_its_own_clock() -> None:
    account = replace(ACCOUNT, settings={"log_clock_offset_minutes": -330})
    assert provider.build_log(account=account, query=QUERY).query["date_from"] == "2026-04-13T10:00:00+05:30"
    row = {"id": 1, "disposition": "BUSY", "started_at": "2026-04-13T04:40:00.000Z", "ended_at": "0001-01-01T00:00:00Z"}
    reply = ProviderReply(status=200, body=orjson.dumps({"data": [row]}))
    page = provider.parse_log(account=account, query=QUERY, reply=reply)
    assert page is not None
    assert page.reports[0].started_at == datetime(2026, 4, 13, 10, 10, tzinfo=UTC)
    with pytest.raises(ValueError, match="five"):
        provider.build_log(account=replace(ACCOUNT, settings={"log_clock_offset_minutes": "five"}), query=QUERY)


def test_retries_of_a_delivery_share_their_key_although_their_id_changes() -> None:
    bodies = {item.file: item.body for item in catalog.payloads("astradial")}
    keys = {
        provider.dedupe_key(push=Push(headers={}, body=bodies[name]))
        for name in ("push_ended.json", "push_ended_again.json")
    }
    assert keys == {"call.ended:c-77"}
    twins = [bodies[name] for name in ("push_ai_ended.json", "push_ai_ended_twin.json")]
    assert {provider.dedupe_key(push=Push(headers={}, body=body)) for body in twins} == {"call.ended:1776076200.77"}
    assert provider.dedupe_key(push=Push(headers={}, body=bodies["push_ringing.json"])) == "call.ringing:c-77"


def test_variables_reach_the_websocket_url_only_when_named() -> None:
    placement = next(placement for placement, body in catalog.placements("astradial") if "wss_url" in body)
    request = provider.build_place(
        account=ACCOUNT, placement=replace(placement, options={"wss_url": "wss://b.example.com"})
    )
    assert orjson.loads(request.body)["variables"] == {
        "dialer_reference": catalog.REFERENCE,
        "DID_NUMBER": catalog.REFERENCE,
    }
    chosen = {"wss_url": "wss://b.example.com", "variable_names": "DID_NUMBER,note"}
    forged = replace(placement, options=chosen, variables={"DID_NUMBER": "+911", "note": "1,200, Rs,WSS_URL=ws://x"})
    variables = orjson.loads(provider.build_place(account=ACCOUNT, placement=forged).body)["variables"]
    assert (variables["DID_NUMBER"], variables["note"]) == (catalog.REFERENCE, "1 200 Rs WSS_URL=ws://x")
    with pytest.raises(ValueError, match="wss_url"):
        provider.build_place(
            account=ACCOUNT, placement=replace(placement, options={"wss_url": "https://b.example.com"})
        )


def test_undefined_target_and_username_are_refused_before_anything_is_sent() -> None:
    target = next(placement for placement, body in catalog.placements("astradial") if body.get("to_type") == "queue")
    with pytest.raises(ValueError, match="to_type"):
        provider.build_place(account=ACCOUNT, placement=replace(target, options={"target": "1", "to_type": "moon"}))
    agent = next(placement for placement, _ in catalog.placements("astradial") if placement.agent)
    named = replace(agent, agent=AgentAddress(kind=AgentKind.USERNAME, value="asha"))
    with pytest.raises(ValueError, match="agent"):
        provider.build_place(account=ACCOUNT, placement=named)
    for value in ("1001,9876500000", "10 01"):
        with pytest.raises(ValueError, match="target: holds"):
            provider.build_place(account=ACCOUNT, placement=replace(target, options={"target": value}))


@pytest.mark.parametrize(
    ("number_format", "expected"), [("national", "9876543210"), ("e164", "+919876543210"), ("digits", "919876543210")]
)
def test_numbers_are_written_as_the_trunk_wants_them(number_format: str, expected: str) -> None:
    account = replace(ACCOUNT, settings={"number_format": number_format})
    placement = catalog.placements("astradial")[0][0]
    assert orjson.loads(provider.build_place(account=account, placement=placement).body)["to"] == expected
    assert provider.build_log(account=account, query=QUERY).query["to"] == expected
