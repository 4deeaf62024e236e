"""Astradial as its public server is, where that differs from the pages: log, pushes of AI calls, log-in, the switch.

Source: api/src/server.js of github.com/astradial/astradial at commit a68d6aa, which was run; facts only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from secrets import token_urlsafe
from typing import Any

from dialer.sandbox.accounts import number_key
from dialer.sandbox.astradial_log import MOST_ROWS, CallLog, LogRow, duration, instant
from dialer.sandbox.behaviours import Outcome, Phase
from dialer.sandbox.calls import Call

DEFAULT_ROWS = 50
#: The server reads the switch's wall time as of this clock.
SERVER_CLOCK = timezone(timedelta(hours=5, minutes=30))
#: How far the times of rows are from the true ones, by the clock that the switch writes.
AHEAD = {"ist": timedelta(0), "utc": -timedelta(hours=5, minutes=30)}
#: The customer's leg, called second, rings so long in the dial plan, whatever is asked for.
SECOND_LEG_SECONDS = 60.0
#: What the server says of a log-in at the switch that failed, before any order; ``slow``: the order has no answer.
SWITCH_FAULTS = {
    "login_failed": "AMI Login failed",
    "login_timeout": "AMI Login timeout",
    "away": "connect ECONNREFUSED 127.0.0.1:5038",
}
#: What the switch plays to a call beyond the limit, which it answers itself, goes into no row that is shown.
NO_PARTY = "s"


def told(call: Call, phase: Phase) -> tuple[Phase, ...]:
    """Return the events of a phase: of AI calls only, from the answer on, and each twice."""
    if not call.asked.details["is_ai"] or call.answered_at is None:
        return ()
    return {Phase.ANSWERED: (Phase.INITIATED,) * 2 + (Phase.ANSWERED,) * 2, Phase.ENDED: (Phase.ENDED,) * 2}.get(
        phase, ()
    )


def event_data(call: Call, phase: Phase) -> dict[str, Any]:
    """Return the data of an AI call's event: the called party is the variable DID_NUMBER, if there is one."""
    data: dict[str, Any] = {
        "call_id": call.token,
        "channel_id": call.token,
        "from_number": call.asked.from_number,
        "to_number": call.asked.variables.get("DID_NUMBER", NO_PARTY),
        "started_at": instant(call.started_at),
    }
    if phase is Phase.INITIATED:
        return {**data, "direction": "inbound", "status": "ringing"}
    if phase is Phase.ANSWERED:
        return {**data, "status": "answered"}
    return {**data, "status": "completed", "ended_at": instant(call.ended_at), "duration": duration(call)}


def page(log: CallLog, query: Mapping[str, str], *, clock: str) -> dict[str, Any]:
    """Return one page of the log, newest first. Raises ValueError for a bad query."""
    limit = min(MOST_ROWS, max(1, int(query.get("limit") or DEFAULT_ROWS)))
    offset = max(0, int(query.get("offset") or 0))
    ahead = AHEAD[clock]
    since, until = _wall_time(query.get("date_from")), _wall_time(query.get("date_to"))
    found = [
        row
        for row in log.rows_of(query.get("to", ""))
        if not _is_hidden(row)
        and _named(row, query)
        and (since is None or _written(row, ahead) >= since)
        and (until is None or _written(row, ahead) < until + timedelta(days=1))
    ]
    found.sort(key=lambda row: row.call.started_at or 0.0, reverse=True)
    rows = found[offset : offset + limit]
    place = {"total": len(found), "limit": limit, "offset": offset, "has_more": offset + len(rows) < len(found)}
    return {"data": [_row_as_json(row, ahead) for row in rows], "pagination": place}


def new_token() -> str:
    """Return a token of the log-in."""
    return token_urlsafe(24)


def _named(row: LogRow, query: Mapping[str, str]) -> bool:
    """Return whether a row has the direction, disposition and number that were asked for."""
    direction, disposition, number = (query.get(name, "") for name in ("direction", "disposition", "to"))
    return (
        direction in ("", "all", _direction(row))
        and disposition in ("", _disposition(row))
        and (not number or number_key(_parties(row)[1]) == number_key(number))
    )


def _direction(row: LogRow) -> str:
    return "outbound" if row.call.asked.details["is_ai"] else "internal"


def _disposition(row: LogRow) -> str:
    return "CONGESTION" if row.status == "FAILED" and row.row_id % 2 else row.status


def _talk_seconds(row: LogRow) -> int:
    """Return the talk: of an AI call the row is never filled in."""
    return 0 if row.result is None or row.call.asked.details["is_ai"] else round(row.result.talk_seconds)


def _is_hidden(row: LogRow) -> bool:
    return row.status == "ANSWERED" and not _talk_seconds(row) and not row.call.asked.details["is_ai"]


def _parties(row: LogRow) -> tuple[str, str]:
    """Return who called whom. An agent who did not answer leaves his own leg only, which names no customer."""
    asked = row.call.asked
    if asked.agent_rings_first and row.call.outcome is Outcome.CANCELED:
        return asked.from_number, asked.agent
    return asked.agent or asked.from_number, asked.to_number


def _written(row: LogRow, ahead: timedelta) -> datetime:
    """Return the wall time that the switch wrote, without a zone."""
    return (datetime.fromtimestamp(row.call.started_at or 0.0, SERVER_CLOCK) + ahead).replace(tzinfo=None)


def _wall_time(text: str | None) -> datetime | None:
    """Return a time as the database reads it: the wall time that is written, whatever zone follows."""
    return datetime.fromisoformat(text[:19]) if text else None


def _row_as_json(row: LogRow, ahead: timedelta) -> dict[str, Any]:
    call, is_ai = row.call, row.call.asked.details["is_ai"]
    source, target = _parties(row)
    talk = _talk_seconds(row)
    ended_at = call.started_at if is_ai else call.ended_at
    return {
        "id": row.row_id,
        "from_number": source,
        "to_number": target,
        "direction": _direction(row),
        "disposition": _disposition(row),
        "duration": 0 if is_ai else duration(call),
        "talk_time": talk,
        "started_at": _shown(call.started_at, ahead),
        "ended_at": _shown(ended_at, ahead),
        "recording_url": f"/api/v1/calls/{row.row_id}/recording" if talk else None,
    }


def _shown(at: float | None, ahead: timedelta) -> str | None:
    return instant(None if at is None else at + ahead.total_seconds())
