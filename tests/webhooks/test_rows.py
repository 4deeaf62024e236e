"""Rows of logs: each once for each state, and what one says is the same when it is read back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.providers.base import CallReport, Outcome, Phase
from tests.campaigns import world
from webhooks.models import EventState, ProviderEvent
from webhooks.rows import as_json, from_json, row_key, store_rows

TEXTS = st.none() | st.text(max_size=30)
INSTANTS = st.none() | st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
REPORTS = st.builds(
    CallReport,
    phase=st.sampled_from(Phase),
    outcome=st.none() | st.sampled_from(Outcome),
    reference=TEXTS, external_id=TEXTS, to_number=TEXTS, from_number=TEXTS, disposition=TEXTS, recording_url=TEXTS,
    disconnected_by=TEXTS, digits=TEXTS, cost=TEXTS, dedupe_key=TEXTS,
    duration_seconds=st.none() | st.floats(0, 1e6), talk_seconds=st.none() | st.floats(0, 1e6),
    started_at=INSTANTS, answered_at=INSTANTS, ended_at=INSTANTS,
    transcript=VALUES, analysis=VALUES, raw=VALUES,
    is_outbound=st.none() | st.booleans(),
)  # fmt: skip


def without_nul(value: Any) -> Any:
    """Return what PostgreSQL can store of a value."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, dict):
        return {without_nul(key): without_nul(one) for key, one in value.items()}
    return [without_nul(one) for one in value] if isinstance(value, list) else value


@given(report=REPORTS)
def test_what_a_row_says_is_read_back(report: CallReport) -> None:
    found = from_json(orjson.loads(as_json(report)))
    # What is not kept: the payload is the event's body, and the key is its column.
    said = replace(report, raw=None, dedupe_key=None, source="LOG")
    names = [name for name in CallReport.__slots__ if name != "source"]
    assert {name: getattr(found, name) for name in names} == {name: without_nul(getattr(said, name)) for name in names}
    assert found.source == "LOG"


@given(report=REPORTS)
def test_a_row_that_is_seen_again_shares_its_key_and_one_that_has_ended_since_does_not(report: CallReport) -> None:
    key = row_key(report)
    assert key == row_key(replace(report))
    assert "\x00" not in key
    assert len(key) <= 300
    if report.dedupe_key is not None and len(report.dedupe_key) < 200 and report.outcome is None:
        ended = replace(report, phase=Phase.ENDED, outcome=Outcome.BUSY)
        assert row_key(ended) != key


@pytest.mark.django_db
@pytest.mark.parametrize("dedupe_key", ["row-1", None])
def test_rows_are_stored_once_a_state_and_an_account(dedupe_key: str | None) -> None:
    first, second = world.account(), world.account()
    ringing = CallReport(phase=Phase.RINGING, external_id="c-1", dedupe_key=dedupe_key, raw={"id": 1})
    ended = replace(ringing, phase=Phase.ENDED, outcome=Outcome.BUSY)
    assert store_rows(account_id=first.pk, reports=[ringing, ringing]) == 1
    assert store_rows(account_id=first.pk, reports=[ringing, ended]) == 1
    assert store_rows(account_id=second.pk, reports=[ended]) == 1
    assert store_rows(account_id=first.pk, reports=[]) == 0
    assert set(ProviderEvent.objects.values_list("source", "state")) == {("LOG", EventState.NEW.value)}


@pytest.mark.django_db
def test_a_row_that_is_nested_too_deeply_spoils_no_other() -> None:
    deep: Any = []
    for _ in range(2000):
        deep = [deep]
    account = world.account()
    rows = [
        CallReport(phase=Phase.ENDED, dedupe_key="deep", raw=deep, transcript=deep),
        CallReport(phase=Phase.ENDED, dedupe_key="flat", raw={"id": 2}),
    ]
    assert store_rows(account_id=account.pk, reports=rows) == 2
