"""An erasure from its asking to its proof. The row holds the work; a bell only hurries it, and may be doubled.

A run that dies is gone on with: what is erased already is erased, the rest is found by the number, which the row keeps
(encrypted) until all is done.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import structlog
from celery import current_app
from django.db import connection, transaction

from campaigns.acts import ERASE
from campaigns.erasure.elsewhere import not_reachable
from campaigns.erasure.own_rows import Refused, erase_own, refuse_live
from campaigns.erasure.person import Person, erasers, find, numbers_of
from campaigns.erasure.search import KEPT, erase_mentions, search
from campaigns.models import Erasure, ErasureState, SuppressedNumber
from dialer.advisory_locks import AdvisoryLock
from dialer.audit import record
from dialer.held_locks import StillHeld, held

log = structlog.get_logger(__name__)

TASK = "campaigns.run_erasure"
_OPEN = (ErasureState.WAITING, ErasureState.RUNNING)

Told = Callable[[str, int, int], None]


def may_ask(*, number: str, reason: str) -> list[str]:
    """Return the person's numbers. Raises ValueError for what is no number, Refused while a call is under way."""
    numbers = numbers_of(number)
    with connection.cursor() as cursor:
        person = find(cursor, numbers=numbers)
        refuse_live(cursor, person)
    if re.search(person.pattern, reason):
        raise ValueError("The reason names the number, and is kept: leave the number out.")
    return numbers


def ask(*, number: str, never_call: bool, reason: str, by: str, now: datetime) -> Erasure:
    """Have a person erased by a worker. Raises as ``may_ask``."""
    numbers = may_ask(number=number, reason=reason)
    with transaction.atomic():
        made = Erasure.objects.create(
            person={"number": numbers[0]}, never_call=never_call, reason=reason[:200], asked_by=by[:150], asked_at=now
        )
        record(act=ERASE.name, what="Erasure of a person asked for", subject=made, reason=reason, now=now)
    transaction.on_commit(_ring)
    return made


def _ring() -> None:
    try:
        current_app.send_task(TASK)
    except Exception:  # Redis is away: the row waits for the look by the clock
        log.info("bell not rung", task=TASK)


def run_waiting(*, told: Told = lambda step, done, total: None) -> int:
    """Run what waits, or was left by a run that died; return how many. One at a time in the whole installation."""
    done = 0
    while (erasure := Erasure.objects.filter(state__in=_OPEN).order_by("id").first()) is not None:
        try:
            with held(AdvisoryLock.ERASING, wait_seconds=1):
                erasure.refresh_from_db()
                if erasure.state in _OPEN:
                    run(erasure, told=told)
                    done += 1
        except StillHeld:
            return done
    return done


def run(erasure: Erasure, *, told: Told = lambda step, done, total: None) -> None:
    """Erase, search, and write the proof down. The caller holds the lock of erasures."""
    now = datetime.now(UTC)
    _note(
        erasure, state=ErasureState.RUNNING, begun_at=erasure.begun_at or now, step="Erasing contacts, leads and calls"
    )
    try:
        person = _erased_here(erasure, now)
    except Refused as problem:
        _note(erasure, state=ErasureState.REFUSED, problem=str(problem)[:300], step="", ended_at=now, person={})
        return
    erased = Counter(erasure.erased)
    for eraser in erasers():
        with transaction.atomic(), connection.cursor() as cursor:
            erased += Counter(eraser(cursor, person))
    erased += Counter(erase_mentions(person))
    found = search(pattern=person.pattern, told=_telling(erasure, told))
    kept = {
        column: f"{count} rows: {KEPT[_table(column)]}" for column, count in found.items() if _table(column) in KEPT
    }
    _note(
        erasure,
        erased=dict(erased),
        still_found={column: count for column, count in found.items() if _table(column) not in KEPT},
        kept=kept,
        is_suppressed=SuppressedNumber.objects.filter(number__in=person.numbers).exists(),
        state=ErasureState.DONE,
        step="",
        ended_at=datetime.now(UTC),
        person={},
    )
    record(act=ERASE.name, what="Person erased", subject=erasure, rows=sum(erased.values()))


def _erased_here(erasure: Erasure, now: datetime) -> Person:
    """Erase this app's part, and keep with the run whom it is about: other apps find their rows by it afterwards."""
    if "labels" in erasure.person:
        return Person(**{name: value for name, value in erasure.person.items() if name != "number"})
    numbers = numbers_of(erasure.number)
    with transaction.atomic(), connection.cursor() as cursor:
        elsewhere = not_reachable(person=find(cursor, numbers=numbers), now=now)
        person, rows = erase_own(numbers=numbers, never_call=erasure.never_call, now=now)
        kept = {"number": numbers[0], **asdict(person)}
        _note(erasure, person=kept, erased=rows, not_reachable=elsewhere)
    return person


def _telling(erasure: Erasure, told: Told) -> Told:
    def tell(step: str, done: int, total: int) -> None:
        Erasure.objects.filter(pk=erasure.pk).update(step=step[:100])
        told(step, done, total)

    return tell


def _table(column: str) -> str:
    return column.partition(".")[0]


def _note(erasure: Erasure, **values: Any) -> None:
    for name, value in values.items():
        setattr(erasure, name, value)
    erasure.save(update_fields=list(values))


def would_erase(*, number: str, told: Told = lambda step, done, total: None) -> dict[str, int]:
    """Return how many rows name a person now, by column; changes nothing. Raises ValueError, Refused."""
    with connection.cursor() as cursor:
        person = find(cursor, numbers=numbers_of(number))
        refuse_live(cursor, person)
    return search(pattern=person.pattern, told=told)
