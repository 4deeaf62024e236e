"""One key, one answer: what is asked for again under the idempotency key of before is not done again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError, transaction

from dialer.audit import unchanged

Made = TypeVar("Made")


class KeyReused(Exception):
    """The idempotency key was used for something else: send a new key."""

    def __init__(self, what: str = "something else") -> None:
        super().__init__(f"This idempotency key was used for another {what}: send a new key.")


def once(
    *,
    key: str | None,
    what: str,
    earlier: Callable[[], Made | None],
    is_same: Callable[[Made], bool],
    make: Callable[[], Made],
) -> tuple[Made, bool]:
    """Return what ``make`` makes, and True; where ``key`` was used before, what was made then, and False.

    ``make`` runs in a transaction and stores the key under a unique constraint: of two who ask at once one makes, and
    the other gets what it made. Raises KeyReused, naming ``what``, when the earlier one is not the same.
    """
    found = earlier() if key else None
    if found is None:
        try:
            with transaction.atomic():
                return make(), True
        except IntegrityError:
            found = earlier() if key else None
            if found is None:
                raise
    if not is_same(found):
        raise KeyReused(what)
    unchanged()
    return found, False
