"""The retry matrix: after which outcome or disposition, after how long, how often, and where from. Pure.

Stored as JSON by outcome, or by ``disposition:`` and what was said of an answered call. A number of seconds stands for
a rule that has this delay and nothing else:

    {"BUSY": 900, "NO_ANSWER": {"delays": [3600, 14400], "most": 2, "other_time": true},
     "disposition:voicemail": {"delays": [86400], "most": 1, "counts": false},
     "UNCERTAIN": {"absent": true, "delays": [1800], "most": 1}}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from dialer.providers.base import Outcome

#: Outcomes after which a manager may ask for another attempt. ANSWERED is the end of a lead unless its disposition has
#: a rule. REFUSED counts only when the refusal burned the attempt.
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
DISPOSITION = "disposition:"
#: Among the names of `other_number`: the numbers that are kept with the contact, and no variable.
FURTHER_NUMBERS = "further_numbers"
_CELL_KEYS = {"delays", "most", "counts", "other_did", "other_time", "other_number", "absent"}
#: Outcomes of calls that nobody told of: the log may show that there was none.
MAY_BE_ABSENT = frozenset({Outcome.UNCERTAIN, Outcome.LOST})

LONGEST_DELAY_SECONDS = 90 * 24 * 3600
MOST_DELAYS = 20

#: UNCERTAIN and LOST may have rung somebody: no preset retries them.
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "standard": {"NO_ANSWER": 3600, "BUSY": 900, "FAILED": 1800, "MACHINE": 7200},
    "gentle": {
        "NO_ANSWER": {"delays": [14400, 86400], "most": 2, "other_time": True},
        "BUSY": {"delays": [3600], "most": 1},
        "FAILED": {"delays": [3600], "most": 1},
    },
    "persistent": {
        "NO_ANSWER": {"delays": [1800, 7200, 86400], "other_time": True},
        "BUSY": {"delays": [300, 900, 3600]},
        "FAILED": {"delays": [600, 3600], "other_did": True},
        "MACHINE": {"delays": [7200, 86400], "other_time": True},
        "CANCELED": {"delays": [1800]},
    },
    "once": {},
}


def default_retry_rules() -> dict[str, Any]:
    """Return the matrix of a new campaign, with seconds."""
    return dict(PRESETS["standard"])


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRule:
    """One cell. ``delays_seconds`` run from the dial, the last one again and again; ``most`` None: max_attempts alone.

    ``counts``: whether the attempt counts against max_attempts. ``other_did``: from another DID if there is one.
    ``other_time``: at another time of the contact's day. ``other_number``: variables that hold further numbers of the
    contact (``further_numbers``: those kept with it), rung in turn. ``absent``: only where the account's whole log has
    shown that there was no call.
    """

    delays_seconds: tuple[int, ...]
    most: int | None = None
    counts: bool = True
    other_did: bool = False
    other_time: bool = False
    other_number: tuple[str, ...] = ()
    absent: bool = False

    @property
    def needs_history(self) -> bool:
        """Whether it matters how often the lead has ended like this before."""
        return len(self.delays_seconds) > 1 or self.most is not None

    def delay_seconds(self, *, retries_before: int) -> int | None:
        """Return the delay after the dial, None when there have been enough retries of this kind."""
        if not self.delays_seconds or (self.most is not None and retries_before >= self.most):
            return None
        return self.delays_seconds[min(retries_before, len(self.delays_seconds) - 1)]


class Matrix(dict[str, RetryRule]):
    """Cells by outcome, or by ``disposition:`` and a name in small letters; with what they need to know of a lead."""

    def __init__(self, cells: Mapping[str, RetryRule]) -> None:
        super().__init__(cells)
        rules = self.values()
        self.needs_history = any(rule.needs_history for rule in rules)
        self.other_numbers = tuple(dict.fromkeys(name for rule in rules for name in rule.other_number))
        self.needs_contact = bool(self.other_numbers) or any(rule.other_time for rule in rules)


@lru_cache(maxsize=1024)
def matrix_of(stored: str | bytes) -> Matrix:
    """Return the matrix of JSON that was checked when it was saved; an entry that cannot be read gives no retry."""
    found = orjson.loads(stored)
    rules = found if isinstance(found, dict) else {}
    return Matrix({_key(key): _rule(cell) for key, cell in rules.items() if not cell_problem(key, cell)})


def rule_for(
    *, matrix: Matrix, outcome: Outcome, disposition: str, absent: bool = False
) -> tuple[str, RetryRule | None]:
    """Return the cell that bears on an end, with its key: the disposition's own, else the outcome's.

    ``absent``: the log has shown that there was no call; without that a cell for such calls alone bears on nothing.
    """
    said = DISPOSITION + disposition.strip().lower()
    if disposition.strip() and said in matrix:
        return said, matrix[said]
    rule = matrix.get(outcome.value)
    return outcome.value, None if rule is not None and rule.absent and not absent else rule


def retry_rules_problems(stored: Any) -> list[str]:
    """Return what is wrong with a matrix, as sentences."""
    if not isinstance(stored, dict):
        return ['Enter an object such as {"BUSY": 900}.']
    return [problem for key, cell in stored.items() if (problem := cell_problem(str(key), cell))]


def asks_for_absence(stored: Any) -> bool:
    """Return whether a matrix has a cell for calls alone that a log has shown to be none."""
    return isinstance(stored, dict) and any(isinstance(cell, dict) and cell.get("absent") for cell in stored.values())


def cell_problem(key: str, cell: Any) -> str:
    """Return what is wrong with one cell, as a sentence, or an empty text."""
    if not (key in RETRYABLE or (key.startswith(DISPOSITION) and key != DISPOSITION)):
        return f"{key}: no such outcome to retry after; known are {', '.join(RETRYABLE)}, and disposition:<name>."
    if cell is None or _is_delay(cell):
        return ""
    if not isinstance(cell, dict):
        return f"{key}: enter whole seconds from 0 to {LONGEST_DELAY_SECONDS}, null, or an object with delays."
    unknown = set(cell) - _CELL_KEYS
    if unknown:
        return f"{key}: {', '.join(sorted(unknown))}: unknown; known are {', '.join(sorted(_CELL_KEYS))}."
    return _values_problem(key, cell)


def _values_problem(key: str, cell: Mapping[str, Any]) -> str:
    delays, most = cell.get("delays"), cell.get("most")
    if not isinstance(delays, list) or len(delays) > MOST_DELAYS or not all(_is_delay(delay) for delay in delays):
        return f"{key}: delays is a list of up to {MOST_DELAYS} whole seconds, each up to {LONGEST_DELAY_SECONDS}."
    if most is not None and (not isinstance(most, int) or isinstance(most, bool) or not 0 <= most <= 100):
        return f"{key}: most is a whole number from 0 to 100, or null."
    if not all(isinstance(cell.get(name, False), bool) for name in ("counts", "other_did", "other_time", "absent")):
        return f"{key}: counts, other_did, other_time and absent are true or false."
    if cell.get("absent") and key not in MAY_BE_ABSENT:
        return f"{key}: absent is for {' and '.join(sorted(MAY_BE_ABSENT))}: calls that nobody told of."
    names = cell.get("other_number", [])
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        return f"{key}: other_number is a list of variables of the contact that hold further numbers."
    if cell.get("counts") is False and most is None:
        return f"{key}: an attempt that does not count needs most, or it would be repeated for ever."
    return ""


def _key(key: str) -> str:
    return DISPOSITION + key[len(DISPOSITION) :].strip().lower() if key.startswith(DISPOSITION) else key


def _rule(cell: Any) -> RetryRule:
    if cell is None:
        return RetryRule(delays_seconds=())
    if isinstance(cell, int):
        return RetryRule(delays_seconds=(cell,))
    return RetryRule(
        delays_seconds=tuple(cell["delays"]),
        most=cell.get("most"),
        counts=cell.get("counts", True),
        other_did=cell.get("other_did", False),
        other_time=cell.get("other_time", False),
        other_number=tuple(cell.get("other_number", ())),
        absent=cell.get("absent", False),
    )


def _is_delay(seconds: Any) -> bool:
    return isinstance(seconds, int) and not isinstance(seconds, bool) and 0 <= seconds <= LONGEST_DELAY_SECONDS
