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


@pytest.mark.parametrize("said", ["Timeout", "ETIMEDOUT", "read ECONNRESET", "socket hang up", "AMI connection closed"])
def test_failure_while_the_switch_took_the_call_is_unclear(said: str) -> None:
    assert isinstance(placed(500, error="Failed to initiate click-to-call", details=said), Unclear)


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
    assert request.query == {
        "direction": "outbound",
        "to": "9876543210",
        "date_from": "2026-04-13T10:00:00Z",
        "date_to": "2026-04-13T11:00:00Z",
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

    early, final = {"status": "ANSWERED", "talk_time": 0}, {"status": "ANSWERED", "talk_time": 9}
    assert key(**early) == key(**early)
    assert key(**early) != key(**final)


def test_last_page_ends_the_log_even_when_the_total_lies() -> None:
    reply = ProviderReply(status=200, body=b'{"data":[],"total":1000}')
    page = provider.parse_log(account=ACCOUNT, query=replace(QUERY, cursor="400"), reply=reply)
    assert page is not None
    assert page.next_cursor is None


def test_retries_of_a_delivery_share_their_key_although_their_id_changes() -> None:
    bodies = {item.file: item.body for item in catalog.payloads("astradial")}
    keys = {
        provider.dedupe_key(push=Push(headers={}, body=bodies[name]))
        for name in ("push_ended.json", "push_ended_again.json")
    }
    assert keys == {"call.ended:c-77"}
    assert provider.dedupe_key(push=Push(headers={}, body=bodies["push_ringing.json"])) == "call.ringing:c-77"


def test_variables_reach_the_websocket_url_only_when_named() -> None:
    placement = next(placement for placement, body in catalog.placements("astradial") if "wss_url" in body)
    request = provider.build_place(
        account=ACCOUNT, placement=replace(placement, options={"wss_url": "wss://b.example.com"})
    )
    assert orjson.loads(request.body)["variables"] == {"dialer_reference": catalog.REFERENCE}
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


@pytest.mark.parametrize(
    ("number_format", "expected"), [("national", "9876543210"), ("e164", "+919876543210"), ("digits", "919876543210")]
)
def test_numbers_are_written_as_the_trunk_wants_them(number_format: str, expected: str) -> None:
    account = replace(ACCOUNT, settings={"number_format": number_format})
    placement = catalog.placements("astradial")[0][0]
    assert orjson.loads(provider.build_place(account=account, placement=placement).body)["to"] == expected
    assert provider.build_log(account=account, query=QUERY).query["to"] == expected
