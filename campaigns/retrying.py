"""The rule of retries: after which outcome, and how long after the dial. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialer.providers.base import Outcome

#: Outcomes after which a manager may ask for another attempt. ANSWERED is the end of a lead.
#: REFUSED counts only when the refusal burned the attempt.
RETRYABLE = (
    Outcome.NO_ANSWER,
    Outcome.BUSY,
    Outcome.FAILED,
    Outcome.CANCELED,
    Outcome.MACHINE,
    Outcome.REFUSED,
    Outcome.UNCERTAIN,
    Outcome.LOST,
)

LONGEST_DELAY_SECONDS = 90 * 24 * 3600


def default_retry_delays() -> dict[str, int]:
    """Return the delays of a new campaign, in seconds. UNCERTAIN and LOST may have rung somebody: no retry."""
    return {"NO_ANSWER": 3600, "BUSY": 900, "FAILED": 1800, "MACHINE": 7200}


def retry_delay_problems(delays: Any) -> list[str]:
    """Return what is wrong with ``delays``, as sentences."""
    if not isinstance(delays, dict):
        return ['Enter an object such as {"BUSY": 900}.']
    problems = []
    for outcome, seconds in delays.items():
        if outcome not in RETRYABLE:
            problems.append(f"{outcome}: no such outcome to retry after; known are {', '.join(RETRYABLE)}.")
        elif seconds is not None and not _is_delay(seconds):
            problems.append(f"{outcome}: enter whole seconds from 0 to {LONGEST_DELAY_SECONDS}, or null.")
    return problems


def _is_delay(seconds: Any) -> bool:
    return isinstance(seconds, int) and not isinstance(seconds, bool) and 0 <= seconds <= LONGEST_DELAY_SECONDS


def retry_delay_seconds(
    *, outcome: Outcome, attempts_made: int, max_attempts: int, delays: Mapping[str, int | None]
) -> int | None:
    """Return the seconds from the dial to the next attempt, or None when the lead has had its last one.

    ``attempts_made`` counts the burned attempts, the one that just ended included.
    """
    if outcome == Outcome.ANSWERED or attempts_made >= max_attempts:
        return None
    return delays.get(outcome)
