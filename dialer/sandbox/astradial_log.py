"""The call log of an Astradial account, with its traps, and the questions that can be asked of it.

A click-to-call has a row once it is over. An AI call has one at once, ANSWERED with duration 0; when it ends, the
newest row of its number that began within 60 s is overwritten. So two AI calls to one number at once are confused, as
they are by the provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dialer.sandbox.accounts import number_key
from dialer.sandbox.behaviours import Outcome
from dialer.sandbox.calls import Call

MATCHED_WITHIN_SECONDS = 60.0
MOST_ROWS, DEFAULT_ROWS = 200, 20

#: "disposition": ANSWERED, NO ANSWER, FAILED, BUSY.
DISPOSITIONS = {
    Outcome.ANSWERED: "ANSWERED",
    Outcome.MACHINE: "ANSWERED",
    Outcome.NO_ANSWER: "NO ANSWER",
    Outcome.BUSY: "BUSY",
    Outcome.FAILED: "FAILED",
    Outcome.CANCELED: "NO ANSWER",
}


class LogRow:
    """One row; ``result`` is the call whose end is written into it, None for a row that says nothing yet."""

    __slots__ = ("call", "result", "row_id")

    def __init__(self, row_id: int, call: Call, result: Call | None) -> None:
        self.row_id = row_id
        self.call = call
        self.result = result

    @property
    def status(self) -> str:
        """Return the disposition as the log shows it now."""
        if self.result is None or self.result.outcome is None:
            return "ANSWERED"
        return DISPOSITIONS.get(self.result.outcome, "FAILED")


class CallLog:
    """The rows of an account in the order in which they were written."""

    def __init__(self) -> None:
        self.rows: list[LogRow] = []
        self._by_number: dict[str, list[LogRow]] = {}

    def open(self, call: Call) -> None:
        """Write the row of an AI call that has just begun."""
        self._add(call, None)

    def close(self, call: Call, *, time_factor: float) -> None:
        """Write the end of a call: over a row that an AI call opened, or as a row of its own."""
        if not call.asked.details["is_ai"]:
            self._add(call, call)
            return
        assert call.started_at is not None
        for row in reversed(self._by_number.get(number_key(call.asked.to_number), ())):
            apart = abs((row.call.started_at or 0.0) - call.started_at) * time_factor
            if row.call.asked.details["is_ai"] and apart <= MATCHED_WITHIN_SECONDS:
                row.result = call
                return

    def find(self, query: Mapping[str, str]) -> tuple[list[LogRow], int]:
        """Return one page, newest first, and how many rows there are in all. Raises ValueError for a bad query."""
        to_number, disposition = query.get("to", ""), query.get("disposition", "")
        since, until = _moment(query.get("date_from")), _moment(query.get("date_to"))
        rows = self.rows_of(to_number)
        if query.get("direction", "outbound") != "outbound":
            rows = []
        found = [
            row
            for row in reversed(rows)
            if (not disposition or row.status == disposition)
            and (since is None or (row.call.started_at or 0.0) >= since)
            and (until is None or (row.call.started_at or 0.0) <= until)
        ]
        offset, limit = page_of(query)
        return found[offset : offset + limit], len(found)

    def rows_of(self, to_number: str) -> list[LogRow]:
        """Return the rows of a number, or all."""
        return self._by_number.get(number_key(to_number), []) if to_number else self.rows

    def _add(self, call: Call, result: Call | None) -> None:
        row = LogRow(len(self.rows) + 1, call, result)
        self.rows.append(row)
        for number in {number_key(call.asked.details["to_number"]), number_key(call.asked.to_number)}:
            self._by_number.setdefault(number, []).append(row)


def page_of(query: Mapping[str, str]) -> tuple[int, int]:
    """Return offset and limit; "limit: records per page (1-200, default: 20)". Raises ValueError."""
    limit = int(query.get("limit") or DEFAULT_ROWS)
    return max(0, int(query.get("offset") or 0)), min(MOST_ROWS, max(1, limit))


def row_as_json(row: LogRow) -> dict[str, Any]:
    """Return a row as the page shows it."""
    call, result = row.call, row.result
    answered = result is not None and result.answered_at is not None
    return {
        "id": str(row.row_id),
        "from_number": call.asked.details["from_number"],
        "to_number": call.asked.details["to_number"],
        "direction": "outbound",
        "status": row.status,
        "duration": 0 if result is None else duration(result),
        "talk_time": 0 if result is None else round(result.talk_seconds),
        "started_at": instant(call.started_at),
        "ended_at": None if result is None else instant(result.ended_at),
        "recording_url": f"/api/v1/calls/{row.row_id}/recording" if answered else None,
    }


def duration(call: Call) -> int:
    """Return the simulated seconds from the start of a call to its end."""
    assert call.plan is not None
    return round(call.plan.agent_ring_seconds + call.plan.ring_seconds + call.talk_seconds)


def instant(at: float | None) -> str | None:
    """Return an instant as ISO 8601 text in UTC, None for None."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def _moment(text: str | None) -> float | None:
    """Return an ISO 8601 instant as Unix time; without a zone it is UTC. Raises ValueError."""
    if not text:
        return None
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
