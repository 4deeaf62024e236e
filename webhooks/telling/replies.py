"""What a subscriber's answer means: taken, this delivery refused, down for a while, or gone. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

#: By these a subscriber refuses one delivery, by any other failure all of them.
REFUSALS = frozenset({400, 409, 413, 415, 422})
#: By this it says that it wants nothing any more.
GONE = 410
#: A Retry-After that asks for more is heeded so far.
LONGEST_WAIT_SECONDS = 24 * 3600
#: So much of an answer's beginning is kept for people to read.
HEAD_CHARACTERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of one try. ``problem`` is empty when it was taken; ``retry_after_seconds``: when it wants the next."""

    delivery_id: int
    status_code: int | None
    problem: str
    head: str = ""
    took_ms: int | None = None
    retry_after_seconds: int | None = None

    @property
    def is_refusal(self) -> bool:
        """Whether it is this delivery that was refused, by a subscriber that takes others."""
        return self.status_code in REFUSALS

    @property
    def is_gone(self) -> bool:
        """Whether the subscriber wants nothing any more."""
        return self.status_code == GONE


def retry_after_seconds(header: str, *, now: datetime) -> int | None:
    """Return in how many seconds a ``Retry-After`` asks for the next try; None where it says nothing of use."""
    text = header.strip()
    if text.isascii() and text.isdigit():
        seconds = int(text[:10])
    else:
        try:
            at = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):  # by numbers that no date has
            return None
        seconds = int(((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())
    return min(max(1, seconds), LONGEST_WAIT_SECONDS)


def head_of(body: bytes) -> str:
    """Return the beginning of an answer as text that PostgreSQL stores."""
    return body[: 4 * HEAD_CHARACTERS].decode("utf-8", "replace").replace("\x00", "\ufffd")[:HEAD_CHARACTERS]
