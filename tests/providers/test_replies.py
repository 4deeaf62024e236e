"""Details that a manager reads: the provider's words, without secrets and numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.providers import replies
from dialer.providers.base import ProviderReply


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Bot not found", "Bot not found"),
        ("Invalid API key", "Invalid API key"),
        ("Authorization: Bearer abc", "[hidden]"),
        ("bad api-key sk-M2Q6e7A0 given", "bad [hidden] given"),
        ("basic authentication is off", "basic authentication is off"),
        ("token=abc123 expired", "[hidden] expired"),
        ("API key 'abc' is scoped to other bots", "API [hidden] is scoped to other bots"),
        ("see https://api.example.com/x?token=abc now", "see [hidden] now"),
        ("sent 5f4dcc3b5aa765d61d8327deb882cf99 twice", "sent [hidden] twice"),
        ("cannot dial +91 98765 43210", "cannot dial [number]"),
        ("cannot dial 9876543210 on 2 lines", "cannot dial [number] on 2 lines"),
        ("two\r\nlines\x1b[31m", "two lines [31m"),
    ],
)
def test_secrets_and_numbers_are_masked(said: str, expected: str) -> None:
    assert replies.masked(said) == expected


@given(
    prefix=st.text(max_size=30),
    number=st.from_regex(r"\+91[6-9][0-9]{9}", fullmatch=True),
    suffix=st.text(max_size=300),
)
def test_no_text_around_a_number_brings_it_through(prefix: str, number: str, suffix: str) -> None:
    assert number[-10:] not in replies.masked(f"{prefix} {number} {suffix}")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"detail":"Bot not found"}', "Bot not found"),
        (b'{"error":{"code":"E7","message":"No trunk"}}', "E7: No trunk"),
        (b'{"error":"Failed","details":"not registered"}', "Failed: not registered"),
        (
            b'{"detail":[{"loc":["body","to_number"],"msg":"Field required","input":{"x":"9876543210"}}]}',
            "body.to_number: Field required",
        ),
        (b'{"error":"Same","message":"Same"}', "Same"),
        (b'{"status":"error"}', ""),
        (b"<html>", ""),
    ],
)
def test_message_is_found_in_the_shapes_that_apis_use(body: bytes, expected: str) -> None:
    described = replies.describe(reply=ProviderReply(status=400, body=body))
    assert described == (f"HTTP 400: {expected}" if expected else "HTTP 400")


def test_retry_after_date_is_taken_relative_to_the_replys_own_date() -> None:
    headers = {"retry-after": "Sat, 21 Nov 2026 10:00:40 GMT", "date": "Sat, 21 Nov 2026 10:00:00 GMT"}
    assert replies.retry_after_seconds(reply=ProviderReply(status=429, headers=headers)) == 40
    del headers["date"]
    assert replies.retry_after_seconds(reply=ProviderReply(status=429, headers=headers)) is None
