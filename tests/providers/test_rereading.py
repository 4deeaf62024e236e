"""Damaged pushes, polls, logs and replies of all providers: they say what they would say whole, and never more."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from dialer import providers
from dialer.providers import rereading
from dialer.providers.base import Accepted, CallReport, Malformed, Phase, ProviderReply, Push, Refused
from tests.providers import catalog, damage
from tests.providers.test_conformance_replies import QUERY

#: Those whose bytes are an object: what a proxy answers in HTML stays what it is.
TOLD = [
    payload
    for payload in catalog.every("push", "poll_reply", "log_reply", "place_reply")
    if payload.file.endswith(".json") and payload.body.lstrip()[:1] == b"{"
]
each_payload = pytest.mark.parametrize("payload", TOLD, ids=map(str, TOLD))


def read(payload: catalog.Payload, body: bytes) -> Any:
    """Return what is made of a body in the place of the payload's: reports, rows, or what became of a placement."""
    provider, account = providers.get(payload.slug), catalog.account(payload.slug)
    reply = ProviderReply(status=payload.status, headers=payload.headers, body=body)
    match payload.kind:
        case "push":
            try:
                push = Push(headers=payload.headers, body=body)
                return rereading.push_reports(provider=provider, account=account, push=push)
            except Malformed:
                return None
        case "poll_reply":
            return rereading.polled(provider=provider, account=account, reply=reply)
        case "log_reply":
            page = rereading.log_page(provider=provider, account=account, query=QUERY, reply=reply)
            return None if page is None else list(page.reports)
        case _:
            return rereading.placed(provider=provider, reply=reply)


def bare(found: Any) -> Any:
    """Return reports without what holds the bytes."""
    return [replace(report, raw=None, dedupe_key=None) for report in found] if isinstance(found, list) else found


@each_payload
def test_what_is_wrapped_says_the_same(payload: catalog.Payload) -> None:
    whole = read(payload, payload.body)
    for name, wrap in damage.WRAPPED.items():
        found = read(payload, wrap(payload.body))
        if payload.kind == "place_reply":
            assert is_careful(whole, found), f"{name}: {whole} became {found}"
            assert isinstance(found, Accepted) is isinstance(whole, Accepted), name
        else:
            assert bare(found) == bare(whole), name


def is_careful(whole: Any, found: Any) -> bool:
    """Return whether a damaged reply is taken for no refusal where the whole one is none, and for no taking either."""
    if isinstance(whole, Refused):
        return not isinstance(found, Accepted)
    return not isinstance(found, Refused)


@each_payload
def test_what_is_cut_never_says_more(payload: catalog.Payload) -> None:
    """Cut before and behind each mark of it, so that each field once is the first that is missing."""
    whole = read(payload, payload.body)
    told = bare(whole) or []
    marks = [found.start() for found in re.finditer(rb'[,:"{}\[\]]', payload.body)]
    for at in sorted({*marks, *(mark + 1 for mark in marks)}):
        found = read(payload, payload.body[:at])
        if payload.kind == "place_reply":
            assert is_careful(whole, found) or found == whole, (at, whole, found)
            continue
        for report in bare(found) or []:
            if (report.phase, report.outcome, report.disposition) == (Phase.UNKNOWN, None, None):
                continue  # it tells nothing of a call that perhaps is none of ours
            assert report.outcome in {None, *(one.outcome for one in told)}, at
            assert report.external_id in {None, *(one.external_id for one in told)}, at
            assert report.duration_seconds in {None, *(one.duration_seconds for one in told)}, at


ENDS = [payload for payload in TOLD if payload.kind == "push" and any(bare(read(payload, payload.body)))]


def test_a_result_that_is_cut_after_its_outcome_is_a_result() -> None:
    """The long transcript is what is cut; reference and outcome are whole before it."""
    for payload in ENDS:
        (whole,) = read(payload, payload.body)
        long = payload.body.rstrip()[:-1] + b',"zz_transcript":"' + b"a" * 1000
        (found,) = read(payload, long)
        assert replace(found, raw=None) == replace(whole, raw=None), str(payload)


def test_a_cut_page_of_a_log_says_that_rows_are_missing() -> None:
    for payload in (one for one in TOLD if one.kind == "log_reply" and len(read(one, one.body) or []) > 1):
        provider, account = providers.get(payload.slug), catalog.account(payload.slug)
        for at in range(len(payload.body) // 2, len(payload.body.rstrip()) - 1, 7):
            reply = ProviderReply(status=200, headers=payload.headers, body=payload.body[:at])
            page = rereading.log_page(provider=provider, account=account, query=QUERY, reply=reply)
            assert page is None or (page.full and page.is_damaged), payload.body[:at]


@pytest.mark.parametrize("slug", providers.slugs())
def test_a_reply_that_says_two_things_is_no_refusal(slug: str) -> None:
    """A doubled status: the last one says error, and the first that the call was taken."""
    taken = [one for one in catalog.payloads(slug) if one.kind == "place_reply" and isinstance(of(one), Accepted)]
    for payload in taken:
        members = b'"status":"error"'
        if b'"status"' not in payload.body:
            continue
        for body in (payload.body.rstrip()[:-1] + b"," + members + b"}", b"{" + members + b"," + payload.body[1:]):
            found = read(payload, body)
            assert not isinstance(found, Refused), f"{payload}: {found}"


def of(payload: catalog.Payload) -> Any:
    return read(payload, payload.body)


def test_of_doubled_keys_every_word_of_the_same_call_is_told() -> None:
    payload = next(one for one in TOLD if str(one) == "voxcore-push_answered.json")
    (whole,) = read(payload, payload.body)
    for first, last in (("DNC", "PTP"), ("PTP", "DNC")):
        body = payload.body.rstrip()[:-1] + f',"disposition":"{first}","disposition":"{last}"}}'.encode()
        body = body.replace(b'"disposition"', b'"disposition_before"', 1) if b'"disposition":' in payload.body else body
        found: list[CallReport] = read(payload, body)
        assert {report.disposition for report in found} >= {first, last}
        assert found[0].disposition == last
        assert {report.reference for report in found} == {whole.reference}
    other_call = payload.body.rstrip()[:-1] + b',"dialer_reference":"another"}'
    assert len(read(payload, other_call)) == 1, "a call that is named in two ways is none that could be guessed"
