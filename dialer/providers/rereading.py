"""What a provider tells in a body that is not clean JSON: its own reader is asked again, with the object found in it.

The strict reading always comes first. Every provider is served alike, as none of them reads damaged bytes itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

import orjson

from dialer.providers import damaged
from dialer.providers.base import (
    Accepted,
    AccountConfig,
    Answer,
    CallReport,
    Leg,
    LogPage,
    LogQuery,
    Malformed,
    Phase,
    PlaceResult,
    Provider,
    ProviderReply,
    Push,
    Question,
    Refused,
    Unclear,
    load_object,
)

T = TypeVar("T")

#: Statuses with which a server says that it did not act on the request, whatever is in the body.
CLIENT_ERRORS = range(400, 500)
_JSON = {"content-type": "application/json"}


def push_reports(*, provider: Provider, account: AccountConfig, push: Push) -> list[CallReport]:
    """Return what a push says. Raises Malformed where neither reading finds a call of the provider's.

    Of doubled keys the last counts; what the others say of the same call stands after it, so that an opt-out in one
    of them is heard.
    """
    try:
        found = provider.parse_push(account=account, push=push)
    except Malformed as error:
        return _damaged_push(provider, account, push, error)
    reading = damaged.doubled(push.body)
    if reading is None:
        return found
    return found + _others(found, _pushed(provider, account, push, reading))


def placed(*, provider: Provider, reply: ProviderReply) -> PlaceResult:
    """Return what a reply to ``build_place`` means. A damaged one can prove that a call was taken, never a refusal."""
    return _taken(reply, lambda each: provider.parse_place(reply=each))


def leg_added(*, provider: Provider, reply: ProviderReply) -> PlaceResult:
    """Return what a reply to ``build_add_leg`` means, as for a call."""
    return _taken(reply, lambda each: provider.parse_add_leg(reply=each))


def polled(*, provider: Provider, account: AccountConfig, reply: ProviderReply) -> list[CallReport]:
    """Return what a reply to ``build_poll`` says of the call; nothing where it says nothing."""
    found = provider.parse_poll(account=account, reply=reply)
    reading = _reading(reply) if found is None else damaged.doubled(reply.body)
    if reading is None:
        return [] if found is None else [found]
    again = [provider.parse_poll(account=account, reply=clean) for clean in _replies(reply, reading)]
    told = [report for report in ([found] if found else []) + again if report is not None]
    if reading.is_cut and not provider.is_decided(account=account, payload=reading.objects[0]):
        return [_undecided(report) for report in told[:1]]
    return told[:1] + _others(told[:1], told[1:])


def legs(*, provider: Provider, reply: ProviderReply) -> tuple[Leg, ...]:
    """Return the parties in a reply to ``build_poll``."""
    found = provider.parse_legs(reply=reply)
    reading = _reading(reply) if not found else None
    return provider.parse_legs(reply=next(_replies(reply, reading))) if reading is not None else found


def log_page(*, provider: Provider, account: AccountConfig, query: LogQuery, reply: ProviderReply) -> LogPage | None:
    """Return the page of a call log, None where the reply is none. Of one that was cut, rows are missing."""
    page = provider.parse_log(account=account, query=query, reply=reply)
    is_clean = page is not None and load_object(reply.body) is not None
    reading = damaged.doubled(reply.body) if is_clean else _reading(reply)
    if reading is None:
        return page
    again = [provider.parse_log(account=account, query=query, reply=clean) for clean in _replies(reply, reading)]
    found = [other for other in again if other is not None]
    if not found:
        return page
    first = found[0]
    reports = (*first.reports, *_other_rows(first, found[1:]))
    return replace(first, reports=reports, full=first.full or reading.is_cut, is_damaged=reading.is_damaged)


def _other_rows(page: LogPage, others: list[LogPage]) -> Iterator[CallReport]:
    """Give rows of the same calls that say something else, each with a key of its own."""
    for n, other in enumerate(others, start=2):
        for row, also in zip(page.reports, other.reports, strict=False):
            if also != row and _names(also) == _names(row):
                yield replace(also, dedupe_key=f"{also.dedupe_key}:{n}" if also.dedupe_key else None)


def whole(question: Question[T]) -> Question[T]:
    """Return a question whose answer is also read where its JSON is damaged, as long as nothing of it is missing."""

    def read(reply: ProviderReply) -> Answer[T]:
        found = question.read(reply)
        if found.problem is None or load_object(reply.body) is not None:
            return found
        reading = _reading(reply)
        if reading is None or reading.is_cut:
            return found
        return question.read(next(_replies(reply, reading)))

    return replace(question, read=read)


def _damaged_push(provider: Provider, account: AccountConfig, push: Push, error: Malformed) -> list[CallReport]:
    reading = damaged.read(push.body, content_type=push.headers.get("content-type", ""))
    if reading is None:
        raise error
    found = provider.parse_push(account=account, push=_clean(push, reading.objects[0]))
    if reading.is_cut and not provider.is_decided(account=account, payload=reading.objects[0]):
        return [_undecided(report) for report in found]
    return found + _others(found, _pushed(provider, account, push, reading))


def _pushed(provider: Provider, account: AccountConfig, push: Push, reading: damaged.Reading) -> list[CallReport]:
    """Return what the variants of a push say, after its first reading."""
    found: list[CallReport] = []
    for value in reading.objects[1:]:
        try:
            found += provider.parse_push(account=account, push=_clean(push, value))
        except Malformed:
            continue
    return found


def _clean(push: Push, value: dict[str, Any]) -> Push:
    return replace(push, headers={**push.headers, **_JSON}, body=orjson.dumps(value))


def _undecided(report: CallReport) -> CallReport:
    """Return only which call a report is of: what is missing could make another of the rest."""
    return CallReport(
        phase=Phase.UNKNOWN,
        reference=report.reference,
        external_id=report.external_id,
        to_number=report.to_number,
        started_at=report.started_at,
        is_outbound=report.is_outbound,
        raw=report.raw,
    )


def _others(found: list[CallReport], more: list[CallReport]) -> list[CallReport]:
    """Return those of ``more`` that are of the same call as the one report found, and say something else."""
    if len(found) != 1:
        return []
    (first,) = found
    same = [report for report in more if _names(report) == _names(first)]
    return [report for n, report in enumerate(same) if report != first and report not in same[:n]]


def _names(report: CallReport) -> tuple[str | None, ...]:
    return report.reference, report.external_id, report.to_number


def _taken(reply: ProviderReply, parse: Callable[[ProviderReply], PlaceResult]) -> PlaceResult:
    found = parse(reply)
    if load_object(reply.body) is not None:
        return (_contradicted(reply) or found) if isinstance(found, Refused) else found
    reading = None if isinstance(found, Accepted) else _reading(reply)
    if reading is None:
        return found
    again = parse(next(_replies(reply, reading)))
    # What is refused by its status alone may be refused in better words; what is unclear can only be accepted.
    return again if isinstance(found, Refused) or isinstance(again, Accepted) else found


def _contradicted(reply: ProviderReply) -> Unclear | None:
    """Return that a refusal proves nothing where its body says two things, unless the status says it alone."""
    if reply.status in CLIENT_ERRORS or damaged.doubled(reply.body) is None:
        return None
    return Unclear(detail=f"HTTP {reply.status}: the reply says two things of the call")


def _reading(reply: ProviderReply) -> damaged.Reading | None:
    return damaged.read(reply.body, content_type=reply.headers.get("content-type", ""))


def _replies(reply: ProviderReply, reading: damaged.Reading) -> Iterator[ProviderReply]:
    return (replace(reply, body=orjson.dumps(value)) for value in reading.objects)
