"""Facts of a call: whatever the order and the batches in which its reports come, the end's word stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import Attempt
from campaigns.settling.reports import settle
from campaigns.states.facts import BITS
from dialer import providers
from dialer.providers import rereading
from dialer.providers.base import CallReport, Malformed, Outcome, Phase, Push
from tests.campaigns.world import NOON, account, agent, campaign, lead_of, place
from tests.providers import catalog
from tests.providers.test_conformance_replies import QUERY
from webhooks.applying import apply_inbox
from webhooks.receiving import store

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
EARLY = (Phase.PLACED, Phase.RINGING, Phase.ANSWERED, Phase.UNKNOWN)
numbers = st.none() | st.just(0.0) | st.floats(1, 100)
texts = st.none() | st.just("") | st.sampled_from(["a", "bb", "0", "ccc"])
#: What each end report says of the call, or leaves out; a call has one disposition.
ends = st.fixed_dictionaries(
    {
        "talk_seconds": numbers,
        "duration_seconds": numbers,
        "disconnected_by": texts,
        "recording_url": texts,
        "digits": texts,
        "cost": st.none() | st.sampled_from(["0 s", "60 s", "1.5", "INR 0"]),
        "answered_at": st.none() | st.integers(0, 9).map(lambda n: NOON + n * SECOND),
        "transcript": st.none() | st.sampled_from(["Hello", ["Hello", "Goodbye"]]),
        "analysis": st.none() | st.just({"a": 1}),
        "disposition": st.sampled_from([None, "", "PTP"]),
    }
)
early = st.fixed_dictionaries({"phase": st.sampled_from(EARLY), "facts": ends})


def call() -> Attempt:
    """Return a call under way; the one before is out of its way."""
    for before in Attempt.objects.exclude(state="ENDED"):
        Attempt.objects.filter(pk=before.pk).update(number=f"+91{before.pk:010}")
    return place(campaign(account(), leads=1))


def facts_after(attempt: Attempt, reports: Sequence[CallReport], *, at_once: int) -> dict[str, Any]:
    """Return the facts of the attempt once the reports came, so many in a batch."""
    for n in range(0, len(reports), at_once):
        settle(reports=[(attempt.pk, report) for report in reports[n : n + at_once]], now=NOON + SECOND)
    attempt.refresh_from_db()
    found = {name: getattr(attempt, name) for name in BITS}
    if not any(report.answered_at for report in reports):
        del found["answered_at"]  # else it is when we saw the answer, which hangs on when the report came
    return found


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_the_instant_of_an_answer_that_is_told_stands_and_not_when_we_saw_it(order: tuple[int, ...]) -> None:
    reports = [
        CallReport(phase=Phase.ANSWERED),
        CallReport(phase=Phase.PLACED, answered_at=NOON + 2 * SECOND),
        CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, source="PUSH"),
    ]
    found = facts_after(call(), [reports[n] for n in order], at_once=1)
    assert found["answered_at"] == NOON + 2 * SECOND


@given(before=st.lists(early, max_size=2), last=st.lists(ends, min_size=1, max_size=2), at_once=st.integers(1, 3))
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_order_of_reports_gives_the_same_facts(
    before: list[dict[str, Any]], last: list[dict[str, Any]], at_once: int
) -> None:
    """Dispositions before the end are left out: the first one stays until the end says another."""
    reports = [CallReport(phase=one["phase"], **{**one["facts"], "disposition": None}) for one in before]
    reports += [CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, source="PUSH", **facts) for facts in last]
    attempt = call()
    found = []
    for order in permutations(reports):
        found.append(facts_after(attempt, order, at_once=at_once))
        cleared(attempt)
    assert all(one == found[0] for one in found), found
    told = {name: [facts[name] for facts in last if facts[name] not in (None, "")] for name in BITS}
    for name, values in told.items():
        if values and name in found[0]:
            assert found[0][name] in values, f"{name}: the end's word stands"


def cleared(attempt: Attempt) -> None:
    """Let the attempt be under way again, with nothing known of it."""
    Attempt.objects.filter(pk=attempt.pk).update(
        state="PLACED",
        outcome=None,
        ended_at=None,
        is_burned=None,
        end_facts=0,
        disagreement="",
        outcome_source="",
        **dict.fromkeys(("talk_seconds", "duration_seconds", "answered_at", "transcript", "analysis")),
        **dict.fromkeys(("disposition", "disconnected_by", "recording_url", "digits", "cost"), ""),
    )
    lead = lead_of(attempt)
    type(lead).objects.filter(pk=lead.pk).update(state="DIALING", ended_at=None)


def recorded(slug: str) -> list[CallReport]:
    """Return what the recorded pushes, polls and log rows of a provider say, as of one call that ended one way."""
    provider, config = providers.get(slug), catalog.account(slug)
    found: list[CallReport] = []
    for payload in catalog.payloads(slug):
        if payload.kind == "push":
            try:
                found += rereading.push_reports(provider=provider, account=config, push=payload.push)
            except Malformed:
                continue
        elif payload.kind == "poll_reply":
            found += rereading.polled(provider=provider, account=config, reply=payload.reply)
        elif payload.kind == "log_reply":
            page = rereading.log_page(provider=provider, account=config, query=QUERY, reply=payload.reply)
            found += page.reports if page else ()
    over = [report for report in found if report.phase is Phase.ENDED]
    first = next(report for report in over if report.outcome is Outcome.ANSWERED)
    same = [one for one in over if (one.outcome, one.disposition) == (first.outcome, first.disposition)][:2]
    live = [replace(one, disposition=None) for one in found if one.phase is not Phase.ENDED][:1]
    told_early = CallReport(phase=Phase.PLACED, duration_seconds=0.0, talk_seconds=0.0, cost="0 s", recording_url="")
    return [*same, *live, told_early]


@pytest.mark.parametrize("slug", providers.slugs())
def test_every_order_of_the_recorded_reports_gives_the_same_facts(slug: str) -> None:
    reports = recorded(slug)
    attempt = call()
    found = []
    for n, order in enumerate(permutations(reports)):
        found.append(facts_after(attempt, order, at_once=1 + n % 3))
        cleared(attempt)
    for one in found:
        assert one == found[0]
    longest = max(report.duration_seconds or 0 for report in reports if report.phase is Phase.ENDED)
    assert (found[0]["duration_seconds"] or 0) == longest


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_push_of_the_beginning_never_keeps_the_length_of_the_end(order: tuple[int, ...]) -> None:
    """The pushes of the field: INITIATED says 0 s, ANSWER says 150 s, and a repeat comes of either."""
    owner = account(provider="intellicall")
    attempt = place(campaign(owner, leads=1, agents=[agent(owner)]))
    said: list[dict[str, Any]] = [
        {"status": "INITIATED", "duration": 0, "end_time": None},
        {"status": "ANSWER", "duration": 150, "end_time": "2026-11-28T10:02:30Z"},
        {"status": "INITIATED", "duration": 0, "recording_url": ""},
    ]
    for n in order:
        body = orjson.dumps({"call_id": attempt.external_id, "uuid": str(attempt.reference), **said[n]})
        store(account_id=owner.pk, source="PUSH", push=Push(headers={}, body=body))
        apply_inbox(now=datetime.now(UTC) + SECOND)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.outcome, attempt.duration_seconds) == ("ENDED", "ANSWERED", 150)


@pytest.mark.parametrize("early_first", [True, False])
def test_the_disposition_of_the_end_decides_what_follows(early_first: bool) -> None:
    """A label that was told while the call went on must not decide on the retry in the place of the end's."""
    owner = account()
    made = campaign(owner, leads=1, retry_rules={"disposition:ptp": 600})
    attempt = place(made)
    live = CallReport(phase=Phase.ANSWERED, disposition="NEW")
    over = CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, disposition="PTP", source="PUSH")
    for report in (live, over) if early_first else (over, live):
        settle(reports=[(attempt.pk, report)], now=NOON + SECOND)
    attempt.refresh_from_db()
    assert attempt.disposition == "PTP"
    assert lead_of(attempt).state == "PENDING"


def test_a_person_s_word_is_not_overruled_by_the_end() -> None:
    attempt = call()
    note = CallReport(phase=Phase.UNKNOWN, disposition="SALE", source="NOTE")
    over = CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, disposition="Connected", source="PUSH")
    for report in (note, over):
        settle(reports=[(attempt.pk, report)], now=NOON + SECOND)
    attempt.refresh_from_db()
    assert attempt.disposition == "SALE"
