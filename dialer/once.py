"""One key, one doing: what a user asks for again under a key is not done again, and its first answer is given.

REST keeps answers under the header Idempotency-Key, the admin under a key in each form. Many who ask at once wait for
the first of them. An act that writes to the database only is done in one transaction with its kept answer: after a
crash it is either done and its answer kept, or neither. An act that asks a provider cannot be: its key is taken first,
and when it broke off, those who ask again are told so (BrokeOff), as only the provider knows whether it was done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction

from dialer.advisory_locks import AdvisoryLock
from dialer.held_locks import StillHeld, held
from dialer.models import KeptAnswer

Answer = TypeVar("Answer")

KEY_LENGTH = 100
#: How long one who asks again waits for the first.
WAIT_SECONDS = 10
#: Old answers are deleted so many at a time.
PIECE = 2_000


class OtherRequest(Exception):
    """The key was used for another request, whose answer is with it."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__("This key was used for another request: send a new key.")
        self.answer = answer


class UnderWay(Exception):
    """The first request with this key is still under way."""

    def __init__(self) -> None:
        super().__init__("The first request with this key is still under way: ask again in a moment.")


class BrokeOff(Exception):
    """The first request with this key broke off, and may have been done."""

    def __init__(self) -> None:
        super().__init__(
            "The first request with this key broke off, and may have been done: look, then send it with a new key."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks for what under which key. ``now``: UTC."""

    user_id: int
    face: str
    key: str
    request_hash: str
    now: datetime


def once(
    asked: Asked,
    *,
    act: Callable[[], Answer],
    to_keep: Callable[[Answer], dict[str, Any] | None],
    again: Callable[[dict[str, Any]], Answer],
    in_one_transaction: bool,
    undone_by: tuple[type[Exception], ...] = (),
) -> Answer:
    """Return the answer of ``act``; where it was done under this key before, ``again`` of the answer that was kept.

    ``to_keep`` gives of an answer what is kept, None where nothing was done: then, and after an error of the kinds
    ``undone_by``, the key is free again. Raises OtherRequest, UnderWay, BrokeOff, and what ``act`` raises.
    """
    try:
        with held(AdvisoryLock.KEPT_ANSWER, which=_lock_of(asked), wait_seconds=WAIT_SECONDS):
            kept = _kept(asked)
            if kept is not None:
                if not kept.is_done:
                    raise BrokeOff
                if kept.request_hash != asked.request_hash:
                    raise OtherRequest(kept.answer)
                return again(kept.answer)
            if in_one_transaction:
                return _with_its_answer(asked, act, to_keep)
            return _claimed_first(asked, act, to_keep, undone_by)
    except StillHeld as error:
        raise UnderWay from error


def forget_old_answers(*, now: datetime) -> int:
    """Delete the answers that are kept no longer, some thousands at a time; return how many."""
    deleted = 0
    while True:
        old = KeptAnswer.objects.filter(asked_at__lte=_oldest(now)).order_by("asked_at").values_list("id", flat=True)
        # As values: PostgreSQL joins a set of unknown size with all answers.
        piece, _ = KeptAnswer.objects.filter(id__in=list(old[:PIECE])).delete()
        deleted += piece
        if piece < PIECE:
            return deleted


def _oldest(now: datetime) -> datetime:
    return now - timedelta(hours=settings.DIALER_KEEP_ANSWERS_HOURS)


def _mine(asked: Asked) -> Any:
    return KeptAnswer.objects.filter(user_id=asked.user_id, face=asked.face, key=asked.key)


def _kept(asked: Asked) -> KeptAnswer | None:
    """Return what is kept under the key; what is too old is deleted now."""
    _mine(asked).filter(asked_at__lte=_oldest(asked.now)).delete()
    found: KeptAnswer | None = _mine(asked).first()
    return found


def _with_its_answer(
    asked: Asked, act: Callable[[], Answer], to_keep: Callable[[Answer], dict[str, Any] | None]
) -> Answer:
    with transaction.atomic():
        answer = act()
        kept = to_keep(answer)
        if kept is not None:
            _claim(asked, is_done=True, answer=kept)
        return answer


def _claimed_first(
    asked: Asked,
    act: Callable[[], Answer],
    to_keep: Callable[[Answer], dict[str, Any] | None],
    undone_by: tuple[type[Exception], ...],
) -> Answer:
    _claim(asked)
    try:
        answer = act()
    except undone_by:
        _mine(asked).delete()
        raise
    kept = to_keep(answer)
    if kept is None:
        _mine(asked).delete()
    else:
        _mine(asked).update(is_done=True, answer=kept)
    return answer


def _claim(asked: Asked, **values: Any) -> None:
    """Take the key. Raises UnderWay where another one has just done so, whom the lock did not hold off."""
    try:
        with transaction.atomic():
            KeptAnswer.objects.create(
                user_id=asked.user_id,
                face=asked.face,
                key=asked.key,
                request_hash=asked.request_hash,
                asked_at=asked.now,
                **values,
            )
    except IntegrityError as error:
        raise UnderWay from error


def _lock_of(asked: Asked) -> int:
    digest = hashlib.sha256(f"{asked.user_id} {asked.face} {asked.key}".encode()).digest()
    return int.from_bytes(digest[:4])
