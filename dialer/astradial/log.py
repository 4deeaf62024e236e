"""The call log: how it is asked for, what a page says, and its clock.

Sources: docs.astradial.com, api-reference/call-management; ``GET /api/v1/calls`` of api/src/server.js at commit
a68d6aa of github.com/astradial/astradial.

The server compares ``date_from`` as text with the wall time that the switch wrote, a day is added to ``date_to``, and
the times of rows are that wall time read as of +05:30. Where the switch writes UTC, all are 5 h 30 min behind, with a
``Z``: the account's setting says by how much.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from dialer.astradial import results
from dialer.astradial.placing import dialed
from dialer.providers import parsing
from dialer.providers.base import AccountConfig, Field, LogPage, LogQuery, ProviderReply, ProviderRequest, load_object

CALLS = "/api/v1/calls"
#: "limit: records per page (1-200, default: 20)".
PAGE_ROWS = 200
#: The clock that the server takes the switch to have.
SERVER_CLOCK = timezone(timedelta(hours=5, minutes=30))
FURTHEST_MINUTES = 14 * 60
CLOCK = Field(
    name="log_clock_offset_minutes",
    label="Log's clock ahead (minutes)",
    default=0,
    between=(-FURTHEST_MINUTES, FURTHEST_MINUTES),
    help="By how many minutes the times of the call log are ahead of the true ones; -330 where the switch writes UTC. "
    "Checking the account tells it, from calls that it placed.",
)


def ahead(account: AccountConfig) -> timedelta:
    """Return by how much the log's times are ahead of the true ones. Raises ValueError for no number."""
    given = account.settings.get(CLOCK.name)
    return timedelta(minutes=int(given)) if given not in (None, "") else timedelta(0)


def request(*, account: AccountConfig, query: LogQuery, headers: dict[str, str]) -> ProviderRequest:
    """Return one page of the log, of all directions: the server counts a customer who is called first as internal.

    Times are sent as wall time of the server's clock with its zone, so that a server that reads zones and one that
    compares texts both find the same rows. The number is part of the URL: mask it wherever URLs are logged.
    """
    off = ahead(account)
    asked = {
        "date_from": _wall_time(query.since_at + off),
        "date_to": _wall_time(query.until_at + off),
        "limit": str(PAGE_ROWS),
        "offset": str(_offset(query)),
    }
    if query.to_number:
        asked["to"] = dialed(account, query.to_number)
    return ProviderRequest(method="GET", path=CALLS, headers=headers, query=asked)


def page(*, account: AccountConfig, query: LogQuery, reply: ProviderReply) -> LogPage | None:
    """Return the page: rows in ``data``, its place in ``pagination`` (the server) or beside them (the page).

    It is not whole, ``full``, where rows are announced that do not come.
    """
    payload = load_object(reply.body) if 200 <= reply.status < 300 else None
    rows = payload.get("data") if payload else None
    if payload is None or not isinstance(rows, list):
        return None
    off = ahead(account)
    known = [row for row in rows if isinstance(row, dict) and row]
    found = tuple(results.of_row(row=row, account=account, ahead=off) for row in known if results.may_be_ours(row))
    more = _has_more(payload, seen=_offset(query) + len(rows), rows=len(rows))
    return LogPage(
        reports=found,
        next_cursor=str(_offset(query) + len(rows)) if more and rows else None,
        full=more and not rows,
        unread=len(rows) - len(known),
    )


def _has_more(payload: dict[str, Any], *, seen: int, rows: int) -> bool:
    place = parsing.mapping(payload.get("pagination"))
    if isinstance(place.get("has_more"), bool):
        return bool(place["has_more"])
    total = parsing.number(place.get("total", payload.get("total")))
    return seen < total if total is not None else rows >= PAGE_ROWS


def _wall_time(at: datetime) -> str:
    return at.astimezone(SERVER_CLOCK).isoformat(timespec="seconds")


def _offset(query: LogQuery) -> int:
    return int(query.cursor) if query.cursor and query.cursor.isdecimal() else 0
