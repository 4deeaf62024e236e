"""Lines as they are: fields, tracebacks and texts together, and what they cost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.logs import redaction
from dialer.logs.redaction import know_secrets, redact, redact_fields
from tests.logs.spellings import spelled

NUMBER = "+919876543210"
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.just(NUMBER))
NESTED = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(("to", "token", "a", NUMBER, "number")), inner, max_size=3),
        st.tuples(inner),
    ),
    max_leaves=8,
)


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    before = redaction._known
    yield {}
    redaction._known = before


@given(NESTED)
def test_no_nesting_hides_a_number(value: Any) -> None:
    assert "9876543210" not in repr(redact_fields({"reply": value}))


@given(st.sampled_from(("token", "api_key", "Authorization", "recording_url")), st.integers(0, 9))
def test_a_secret_is_masked_by_its_name_however_deep(name: str, depth: int) -> None:
    value: Any = {name: "s3cret value"}
    for _ in range(depth):
        value = [{"a": value}]
    assert "s3cret" not in repr(redact_fields({"reply": value}))
    assert redact_fields({name: {"anything": "s3cret"}}) == {name: "***"}
    assert redact_fields({name: None}) == {name: None}


@given(spelled())
def test_a_number_is_masked_in_errors_and_other_objects(number: tuple[str, str]) -> None:
    national, spelling = number
    fields = redact_fields({"error": ValueError(spelling), "raw": spelling.encode(), "whole": int(national)})
    assert national not in repr(fields)


def test_our_ids_counts_and_instants_stay_as_they_are() -> None:
    at = datetime(2026, 11, 21, 11, 41, 14, tzinfo=UTC)
    fields = {"attempt_id": 9876543210, "attempt_ids": [9876543210], "rows": 12345678, "seconds": 0.123456789}
    fields |= {"at": at.timestamp(), "port": 54321, "full": False}
    assert redact_fields(fields) == fields
    assert redact_fields({"since": at})["since"] == repr(at)
    assert redact_fields({"caller_id": 9876543210, "value": 9876543210.0}) == {"caller_id": "…3210", "value": "…2100"}


def test_secrets_of_the_environment_are_masked_wherever_they_stand(environment: dict[str, str]) -> None:
    know_secrets(
        {
            "SECRET_KEY": "s3cret, with spaces",
            "DIALER_ENCRYPTION_KEYS": "first long key,second long key",
            "DATABASE_URL": "postgresql://dialer:p%40ss-word@db/dialer",
            "REDIS_URL": "redis://:r3dis-pass@redis/0",
            "OTHER_REDIS_URL": "sentinel://:s3ntinel-pass@one,two/0?master=dialer&sentinel_password=l00k-out",
            "LOG_LEVEL": "WARNING /srv",
            "PWD": "/srv/dialer",
        }
    )
    said = redact("s3cret, with spaces|second long key|first long key|p@ss-word|p%40ss-word|r3dis-pass|at /srv/dialer")
    assert redact("s3ntinel-pass and l00k-out") == "*** and ***"
    assert said == "***|***|***|***|***|***|at /srv/dialer"


@given(st.text('0123456789 +-"=:token/?&()', max_size=80))
def test_redacting_twice_is_redacting_once(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize(
    "piece",
    ["1", "1 ", "1    ", "a", "://", "http://a?", "token=", 'token="', "Key (", "Key (a)=(", "bearer ", "%20", "\\",
     "'", "id 1, ", "2026-11-21 ", "/push/a/", "0x", "é", "Failing row contains (", "token: [", "a-", "aA1"],
)  # fmt: skip
def test_the_time_grows_with_the_length_only(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    began = time.process_time()
    redact(text)
    assert time.process_time() - began < 3.0, "100 kB take over three seconds"
