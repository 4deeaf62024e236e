"""Conformance, replies: may a phone have rung? Whatever a server or a proxy answers, the reading is safe."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer import providers
from dialer.providers.base import (
    Accepted,
    Capacity,
    Correlation,
    LogPage,
    LogQuery,
    ProviderReply,
    Refused,
    Unclear,
)
from tests.providers import catalog, garbage
from tests.providers.judging import check_means, check_report, fuzzed

SLUGS = providers.slugs()
each_provider = pytest.mark.parametrize("slug", SLUGS)
QUERY = LogQuery(
    since_at=datetime(2026, 4, 13, 10, tzinfo=UTC),
    until_at=datetime(2026, 4, 13, 11, tzinfo=UTC),
    to_number=catalog.TO_NUMBER,
)
#: Bytes from which on a body is tried at some statuses only: reading it costs milliseconds.
LARGE = 10_000


def read(payload: catalog.Payload, reply: ProviderReply) -> Any:
    """Return what the provider's parser for this kind of payload makes of ``reply``."""
    provider, account = providers.get(payload.slug), catalog.account(payload.slug)
    match payload.kind:
        case "place_reply":
            return provider.parse_place(reply=reply)
        case "poll_reply":
            return provider.parse_poll(account=account, reply=reply)
        case "log_reply":
            return provider.parse_log(account=account, query=QUERY, reply=reply)
        case "numbers_reply":
            return provider.parse_numbers(reply=reply)
        case _:
            return provider.parse_capacity(reply=reply)


def accepted(slug: str) -> catalog.Payload:
    """Return a reply by which the provider takes a call."""
    return next(item for item in catalog.payloads(slug) if item.means.get("result") == "Accepted")


REPLIES = catalog.every("place_reply", "poll_reply", "log_reply", "capacity_reply", "numbers_reply")
each_reply = pytest.mark.parametrize(
    ("slug", "payload"), [(reply.slug, reply) for reply in REPLIES], ids=map(str, REPLIES)
)


@each_reply
def test_reply_is_read_as_its_source_means(slug: str, payload: catalog.Payload) -> None:
    check_means(read(payload, payload.reply), payload.means)


@each_provider
@pytest.mark.parametrize("body", garbage.BODIES.values(), ids=garbage.BODIES)
def test_garbage_is_never_an_acceptance_at_any_status(slug: str, body: bytes) -> None:
    provider, account = providers.get(slug), catalog.account(slug)
    for status in range(100, 600, 1 if len(body) < LARGE else 50):
        reply = ProviderReply(status=status, body=body)
        result = provider.parse_place(reply=reply)
        if status < 400:
            assert isinstance(result, Unclear), f"HTTP {status} with garbage proves nothing"
        assert not isinstance(result, Accepted)
        if provider.capabilities.polls_call:
            assert provider.parse_poll(account=account, reply=reply) is None
        if provider.capabilities.reports_capacity:
            assert provider.parse_capacity(reply=reply) is None
        if provider.capabilities.pulls_logs:
            page = provider.parse_log(account=account, query=QUERY, reply=reply)
            assert page is None or not page.reports


@each_provider
def test_informational_and_redirecting_replies_are_unclear(slug: str) -> None:
    """A redirect does not say whether the address that gave it had acted before."""
    body, headers = accepted(slug).body, {"location": "https://elsewhere.example.com/"}
    for status in (100, 101, 301, 302, 303, 307, 308):
        reply = ProviderReply(status=status, headers=headers, body=body)
        assert isinstance(providers.get(slug).parse_place(reply=reply), Unclear), status


@each_provider
def test_errors_that_may_follow_a_placed_call_are_unclear_without_the_providers_word(slug: str) -> None:
    for status in (408, 409, 425, 499, 500, 504, 520, 524, 599):
        reply = ProviderReply(status=status, body=b"<html>gateway</html>")
        assert isinstance(providers.get(slug).parse_place(reply=reply), Unclear), status


@each_provider
def test_error_status_is_never_an_acceptance_even_with_an_accepting_body(slug: str) -> None:
    taken = accepted(slug).reply
    read = [providers.get(slug).parse_place(reply=replace(taken, status=status)) for status in range(400, 600)]
    assert [result for result in read if isinstance(result, Accepted)] == []


@each_provider
@pytest.mark.parametrize("key", ["detail", "message", "error", "details"])
def test_details_hide_secrets_and_numbers(slug: str, key: str) -> None:
    secret = catalog.account(slug).credentials["api_key"]
    said = (
        f'{{"status":"error","{key}":"Failed to originate: key {secret} ({secret}) for +91 98765-43210, 919876543210"}}'
    )
    for status in (400, 401, 403, 404, 422, 429, 500, 502, 503):
        result = providers.get(slug).parse_place(reply=ProviderReply(status=status, body=said.encode()))
        assert isinstance(result, Refused | Unclear), status
        assert secret not in result.detail
        assert "98765" not in result.detail
        assert str(status) in result.detail
        assert len(result.detail) < 250


@each_provider
@pytest.mark.parametrize(
    ("header", "expected"),
    [("7", 7.0), ("0", 0.0), ("-5", None), ("soon", None), ("", None), ("nan", None), ("1e99", 86_400.0)],
)
def test_retry_after_is_kept_when_too_many(slug: str, header: str, expected: float | None) -> None:
    reply = ProviderReply(status=429, headers={"retry-after": header}, body=b'{"detail":"slow down"}')
    result = providers.get(slug).parse_place(reply=reply)
    assert isinstance(result, Refused)
    assert result.retry_after_seconds == expected


@each_reply
@fuzzed
@given(data=st.data())
def test_mutated_replies_never_raise_and_keep_the_contract(
    slug: str, payload: catalog.Payload, data: st.DataObject
) -> None:
    body = data.draw(garbage.mutations(payload.body))
    result = read(payload, replace(payload.reply, body=body))
    match result:
        case Accepted(external_id=external_id):
            assert 200 <= payload.status < 300
            wanted = providers.get(slug).capabilities.correlation is Correlation.EXTERNAL_ID
            assert external_id or not wanted, "accepted without the id that correlation needs"
        case Refused(detail=detail) | Unclear(detail=detail):
            assert len(detail) < 250
            assert detail.isprintable()
        case Capacity(available=available, maximum=maximum):
            assert 0 <= available <= maximum
        case tuple(numbers):
            assert all(re.fullmatch(r"\+[1-9]\d{6,14}", number) for number in numbers)
        case LogPage(reports=reports):
            for report in reports:
                check_report(report)
        case None:
            assert payload.kind != "place_reply"
        case report:
            check_report(report)
