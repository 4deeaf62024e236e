"""Call Logs: what became of calls. All times in them are local to the account.

Sources: IVR Solutions public OpenAPI 3.0.3 document; for the reply of ``/v1/all_call_logs``, which the document leaves
open, the public source of the vendor's CRM integration: three lists, newest first, at most 20 rows each, no paging.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from dialer.ivrsolutions.formats import bare
from dialer.ivrsolutions.operation import operation
from dialer.ivrsolutions.records import Raw
from dialer.ivrsolutions.rows import Category, LogRow, log_row, log_rows
from dialer.providers import parsing
from dialer.providers.base import Rows

#: A category with this many rows is full: older rows may be missing and nothing pages to them.
MOST_ROWS = 20
#: Where ``/v1/all_call_logs`` puts each category.
LISTS: Mapping[Category, str] = {
    Category.CALL: "call_logs",
    Category.CLICK_TO_CALL: "click_to_call_logs",
    Category.DIALER: "dialer_logs",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursors:
    """The last record seen in each category; "0" asks for the newest."""

    call: str = "0"
    c2c: str = "0"
    dialer: str = "0"

    def as_text(self) -> str:
        """Return the cursors as compact JSON text, for ``from_text``."""
        return orjson.dumps({"call": self.call, "c2c": self.c2c, "dialer": self.dialer}).decode()

    @classmethod
    def from_text(cls, text: str | None) -> Cursors:
        """Return the cursors in ``text``; None and what is no cursor start at the newest."""
        given = parsing.mapping(parsing.load_json((text or "").encode("utf-8", "replace")))
        found = {name: parsing.identifier(given.get(name)) or "0" for name in ("call", "c2c", "dialer")}
        return cls(**found)

    def after(self, rows: tuple[LogRow, ...]) -> Cursors:
        """Return the cursors once ``rows`` are taken in: they only move forward."""
        return Cursors(
            **{name.value: _furthest(getattr(self, name.value), rows, name) for name in LISTS},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentLogs:
    """New records of all categories, newest first in each. ``full``: the categories that may miss rows.

    ``is_log`` is False for a reply that has none of the three lists: its shape is not the known one.
    """

    rows: tuple[LogRow, ...] = ()
    full: frozenset[Category] = frozenset()
    is_log: bool = False


def _recent(payload: Raw) -> RecentLogs:
    inner = parsing.mapping(payload.get("data"))
    lists = {category: payload.get(key, inner.get(key)) for category, key in LISTS.items()}
    found = {
        category: [row for row in given if isinstance(row, dict)]
        for category, given in lists.items()
        if isinstance(given, list)
    }
    return RecentLogs(
        rows=tuple(log_row(row, category=category) for category, given in found.items() for row in given),
        full=frozenset(category for category, given in found.items() if len(given) >= MOST_ROWS),
        is_log=bool(found),
    )


@operation("v1_all_call_logs", "POST /v1/all_call_logs", _recent, may_be_empty=True)
def all_call_logs(*, cursors: Cursors) -> Mapping[str, Any]:
    """List the records since ``cursors``, of all categories."""
    return {
        "last_c2c_log_id": cursors.c2c,
        "last_call_log_id": cursors.call,
        "last_dialer_log_id": cursors.dialer,
    }


def _call_rows(payload: Raw) -> Rows[LogRow]:
    return log_rows(payload, category=Category.CALL, mixed=True)


def _c2c_rows(payload: Raw) -> Rows[LogRow]:
    return log_rows(payload, category=Category.CLICK_TO_CALL)


def _dialer_rows(payload: Raw) -> Rows[LogRow]:
    return log_rows(payload, category=Category.DIALER)


@operation("getCallLogs", "POST /api/call_logs", _call_rows, may_be_empty=True)
def call_logs(*, from_date: date | None = None, to_date: date | None = None) -> Mapping[str, Any]:
    """List the records of whole days; dates are local to the account."""
    return {
        "from_date": from_date.isoformat() if from_date else None,
        "to_date": to_date.isoformat() if to_date else None,
    }


@operation("getCallLogByNumber", "GET /api/calllog_by_number", _call_rows, sends="query", may_be_empty=True)
def calllog_by_number(*, phone: str) -> Mapping[str, Any]:
    """List the records of one number (E.164)."""
    return {"phone": bare(phone)}


@operation("getC2CLogs", "POST /api/click_to_call_log", _c2c_rows, sends="nothing", may_be_empty=True)
def click_to_call_log() -> Mapping[str, Any]:
    """List the click-to-call records."""
    return {}


@operation("getC2CLogByNumber", "GET /api/c2clog_by_number", _c2c_rows, sends="query", may_be_empty=True)
def c2clog_by_number(*, phone: str) -> Mapping[str, Any]:
    """List the click-to-call records of one number (E.164)."""
    return {"phone": bare(phone)}


@operation("getDialerLogs", "POST /api/dialer_logs", _dialer_rows, may_be_empty=True)
def dialer_logs(*, dialer_id: int | None = None) -> Mapping[str, Any]:
    """List the calls of one hosted dialer, or of all."""
    return {"dialerid": dialer_id}


def _furthest(known: str, rows: tuple[LogRow, ...], category: Category) -> str:
    """Return the largest id of ``category``. Ids that are no whole numbers have no order: then the first row's."""
    ids = [row.record_id for row in rows if row.category is category and row.record_id]
    if all(found.isascii() and found.isdigit() for found in (known, *ids)):
        return str(max(map(int, (known, *ids))))
    return ids[0] if ids else known
