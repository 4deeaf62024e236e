"""A campaign's rules as they are rehearsed: the same, but for hours, and with waits that end while somebody looks on.

Pure: it takes what is stored and returns what the copy stores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any

#: The longest wait of a rehearsal, in seconds; the others are as much shorter as it is.
LONGEST_WAIT_SECONDS = 20
#: At all hours of all days.
OPEN: Mapping[str, Any] = {
    "hours_follow": "CAMPAIGN",
    "window_opens": time(0, 0),
    "window_closes": time(23, 59, 59, 999999),
    "holiday_country": "",
    "holiday_subdivision": "",
    "blackout_dates": [],
    "profile": None,
    "starts_at": None,
    "ends_at": None,
    "run_cron": "",
    "is_standing": False,
}
DIFFERENT_HOURS = (
    "It calls at all hours of all days, without the country's profile: what they forbid, the preflight says."
)
DIFFERENT_PEOPLE = "Real calls to these people do not count in it, and what they say in it is not kept."


def shortened_by(*, retry_rules: Mapping[str, Any], minimum_gap_seconds: int) -> float:
    """Return by how much waits are divided so that the longest one is LONGEST_WAIT_SECONDS; at least 1."""
    delays = [delay for cell in retry_rules.values() for delay in _delays(cell)]
    return max([1.0, *(wait / LONGEST_WAIT_SECONDS for wait in (*delays, minimum_gap_seconds))])


def shortened_rules(retry_rules: Mapping[str, Any], *, by: float) -> dict[str, Any]:
    """Return retry rules with shorter delays; another part of the day comes at once, as there are no hours."""
    return {key: _cell(cell, by) for key, cell in retry_rules.items()}


def shortened_caps(caps: Sequence[Mapping[str, Any]], *, by: float) -> list[dict[str, Any]]:
    """Return caps over a shorter time."""
    return [{**cap, "hours": max(cap["hours"] / by, 1 / 3600)} for cap in caps]


def _delays(cell: Any) -> Sequence[int]:
    if isinstance(cell, Mapping):
        return list(cell.get("delays") or ())
    return [cell] if isinstance(cell, int) else []


def _cell(cell: Any, by: float) -> Any:
    if isinstance(cell, Mapping):
        kept = {name: value for name, value in cell.items() if name not in ("other_time", "absent")}
        return {**kept, "delays": [_shorter(delay, by) for delay in _delays(cell)]}
    return _shorter(cell, by) if isinstance(cell, int) else cell


def _shorter(seconds: int, by: float) -> int:
    return max(1, round(seconds / by)) if seconds else 0
