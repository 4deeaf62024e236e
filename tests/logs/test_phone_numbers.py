"""No whole number in a log, however it is spelled; ids, instants, durations and counts stay legible."""

from __future__ import annotations

import re
import unicodedata
import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from dialer.logs.phone_numbers import mask_numbers
from tests.logs.spellings import spelled

WITHOUT_DIGITS = st.text(st.characters(exclude_categories=("Nd", "Cs")), max_size=30)
CONTEXTS = st.sampled_from(
    (
        ("{} failed", "calling "),
        ("", "id="),
        (" took 250 ms", "2026-11-21 11:41:14.123456 "),
        ("/", "https://provider.example/call/"),
        ("&key=1", "https://provider.example/call?to="),
        (") already exists.", "psycopg.errors.UniqueViolation: duplicate key value\nDETAIL:  Key (number)=("),
        ("'}, attempt_id=12", "attempt 550e8400-e29b-41d4-a716-446655440000: {'to': '"),
    )
)


def digits_in(text: str) -> str:
    return "".join(str(unicodedata.decimal(each)) for each in text if each.isdecimal())


def shown(national: str, text: str, *, ends: str = "…") -> set[str]:
    """Return the runs of five digits of a number that a text shows; ``ends`` matches what no number goes across."""
    runs = [digits_in(part) for part in re.split(ends, text)]
    fives = {national[at : at + 5] for at in range(len(national) - 4)}
    return {five for five in fives if any(five in run for run in runs)}


@given(spelled(), WITHOUT_DIGITS, WITHOUT_DIGITS)
@settings(max_examples=400, deadline=None)
def test_of_a_number_four_digits_are_left_whatever_its_spelling(
    number: tuple[str, str], before: str, after: str
) -> None:
    national, spelling = number
    assert shown(national, mask_numbers(before + spelling + after)) == set()


@given(spelled(), CONTEXTS)
@settings(max_examples=200, deadline=None)
def test_a_number_is_masked_among_ids_and_instants(number: tuple[str, str], context: tuple[str, str]) -> None:
    national, spelling = number
    after, before = context
    ends = "…|[a-z'{(=:]"
    plain = shown(national, f"{before}…{after}", ends=ends)
    assert shown(national, mask_numbers(before + spelling + after), ends=ends) <= plain


@given(st.uuids(), WITHOUT_DIGITS, WITHOUT_DIGITS)
@example(uuid.UUID(int=0x12345678_1234_4321_8765_123456789012), "attempt ", " failed")
def test_uuids_stay(found: uuid.UUID, before: str, after: str) -> None:
    assume(not before[-1:].isalnum() and not after[:1].isalnum())
    assert str(found) in mask_numbers(f"{before}{found}{after}")
    assert str(found) in mask_numbers(f"attempt_id=12345678 {found} 2026-11-21T11:41:14Z")


@given(
    st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2099, 1, 1)),  # noqa: DTZ001
    st.sampled_from((UTC, timezone(timedelta(hours=5, minutes=30)), None)),
    st.sampled_from(("T", " ")),
)
def test_instants_stay(at: datetime, zone: timezone | None, separator: str) -> None:
    written = at.replace(tzinfo=zone).isoformat(separator)
    for text in (written, f"since {written} 12 calls", f"[{written}] line 7", f"{at:%Y-%m-%d}, {at:%H:%M:%S.%f}"):
        assert mask_numbers(text) == text


@given(st.floats(min_value=1e9, max_value=1.99e9), st.sampled_from(("timestamp", "received_at", "until", "expires")))
def test_epoch_seconds_stay_under_the_names_of_instants(seconds: float, name: str) -> None:
    for text in (f"{name}={seconds:.6f}", f'{{"{name}": {int(seconds)}, "a": 1}}', f"{name}: {int(seconds * 1000)}."):
        assert mask_numbers(text) == text


@given(st.integers(0, 99_999_999))
def test_ids_and_counts_stay_under_their_names(number: int) -> None:
    for text in (
        f"attempt_id={number} failed",
        f"{{'campaign_id': {number}, 'rows': {number}}}",
        f"attempt_ids=[{number}, {number}, 7]",
        f'POST /api/v1/leads/{number}/ HTTP/1.1" 200',
        f"read {number} bytes in {number} ms",
        f'File "engine.py", line {number % 10_000}, in work',
    ):
        assert mask_numbers(text) == text


@given(st.floats(min_value=0, max_value=999, allow_subnormal=False), st.integers(1, 65535))
def test_durations_addresses_and_ports_stay(seconds: float, port: int) -> None:
    for text in (
        f"succeeded in {seconds:.12f}s: None",
        f"took {timedelta(seconds=seconds)} (port {port})",
        f'connection to server at "192.168.100.200", port {port} failed',
        f"POST http://10.100.200.150:{port}/calls",
        f"worker-1@127.0.0.1-{port} ready.",
    ):
        assert mask_numbers(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "id: 98765\u00a043210",
        "rows 98765 43210",
        "x/98765/43210",
        "created 9876543210",
        "987654321 s",
        "abc98765-43210",
        "caller_id=919876543210",
        "on 2026-11-21 9876543210",
        "9.876543210E9",
        "%252B919876543210",
    ],
)
def test_what_only_looks_like_an_id_is_masked(text: str) -> None:
    masked = mask_numbers(text)
    assert not shown("9876543210", masked, ends="…"), masked
    assert "98765" not in masked


def test_a_masked_number_keeps_country_and_tail() -> None:
    assert mask_numbers("to=%2B91+98765+43210, 09876543210.") == "to=%2B91…3210, …3210."


@given(st.text("0123456789 +-()./:abT=%\u00a0…é", max_size=60))
def test_masking_twice_is_masking_once(text: str) -> None:
    assert mask_numbers(mask_numbers(text)) == mask_numbers(text)
