"""What every statement reads: PostgreSQL's own account of each, by auto_explain, nested statements and triggers too.

The plans come to the client as notices of the connection that ran the statement, so that those of all threads of this
process are seen, and none is run twice.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

import orjson
from django.db import connections
from django.db.backends.signals import connection_created
from psycopg.errors import Diagnostic

#: What a statement may read beside ten times what it returns: what is live, and a look-up here and there.
SPARE_ROWS = 200
ROWS_FOR_ONE = 10
#: Pages may be touched for each row that may be read; index pages of a tree, and the visibility of a row.
PAGES_FOR_ONE = 10

_EXPLAINING = """
LOAD 'auto_explain';
SET auto_explain.log_min_duration = 0;
SET auto_explain.log_analyze = on;
SET auto_explain.log_buffers = on;
SET auto_explain.log_timing = off;
SET auto_explain.log_nested_statements = on;
SET auto_explain.log_format = json;
SET auto_explain.log_parameter_max_length = 0;
SET auto_explain.log_level = notice
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One statement as it ran: the rows it read of the tables that grow, the rows it returned or changed, its pages."""

    text: str
    read: int
    returned: int
    pages: int
    gone_through: tuple[str, ...]

    @property
    def problem(self) -> str:
        """What it read too much; empty where it read what it was asked for."""
        allowed = ROWS_FOR_ONE * self.returned + SPARE_ROWS
        if self.gone_through and self.read > 2 * self.returned:
            return f"goes through {', '.join(self.gone_through)} ({self.read} rows read, {self.returned} returned)"
        if self.read > allowed:
            return f"reads {self.read} rows to return {self.returned}"
        if self.pages > PAGES_FOR_ONE * allowed:
            return f"touches {self.pages} pages to return {self.returned} rows"
        return ""


class Plans:
    """The statements that ran while it was watching, in the order in which they ended."""

    def __init__(self, *, growing: Collection[str]) -> None:
        self.ran: list[Ran] = []
        self._growing = frozenset(growing)
        self._lock = Lock()

    def problems(self, *, allowed: Collection[str] = ()) -> dict[str, str]:
        """Return of each statement that reads too much what it does; ``allowed``: parts of statements that may."""
        worst: dict[str, Ran] = {}
        for one in self.ran:
            if one.problem and not any(part in one.text for part in allowed):
                known = worst.get(one.text)
                worst[one.text] = one if known is None or one.read > known.read else known
        return {text: one.problem for text, one in worst.items()}

    def take(self, notice: Diagnostic) -> None:
        """Take a plan in from a notice; other notices are none of ours."""
        _, found, plan = (notice.message_primary or "").partition("plan:\n")
        if not found:
            return
        explained = orjson.loads(plan)
        one = _ran(explained["Query Text"], explained["Plan"], self._growing)
        with self._lock:
            self.ran.append(one)


@contextmanager
def watched(*, growing: Collection[str]) -> Iterator[Plans]:
    """Watch all statements of this process for the time of a block, on connections that begin in it."""
    plans = Plans(growing=growing)

    def explain(connection: Any, **_: Any) -> None:
        connection.connection.add_notice_handler(plans.take)
        with connection.connection.cursor() as cursor:
            cursor.execute(_EXPLAINING)

    connections.close_all()
    connection_created.connect(explain, weak=False)
    try:
        yield plans
    finally:
        connection_created.disconnect(explain)
        connections.close_all()


def _ran(text: str, plan: dict[str, Any], growing: frozenset[str]) -> Ran:
    nodes = list(_nodes(plan))
    scans = [node for node in nodes if node.get("Relation Name") in growing and "Scan" in node["Node Type"]]
    return Ran(
        # The same statement of another instant is the same.
        text=re.sub(r"\s+", " ", re.sub(r"'[^']*'::timestamptz", "'…'::timestamptz", text)).strip(),
        read=round(sum(_read(node) for node in scans)),
        returned=round(max(_rows(plan), *(_rows(node) for node in nodes if node["Node Type"] == "ModifyTable"), 0)),
        pages=plan.get("Shared Hit Blocks", 0) + plan.get("Shared Read Blocks", 0),
        gone_through=tuple(sorted({node["Relation Name"] for node in scans if _goes_through(node)})),
    )


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _rows(node: dict[str, Any]) -> float:
    """Return how many rows a node gave or, where it changes rows, how many it changed."""
    if node["Node Type"] == "ModifyTable":
        return max((_rows(child) for child in node.get("Plans", ())), default=0.0)
    return float(node.get("Actual Rows", 0)) * float(node.get("Actual Loops", 1))


def _read(node: dict[str, Any]) -> float:
    passed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return float(node.get("Actual Rows", 0) + passed) * float(node.get("Actual Loops", 1))


def _goes_through(node: dict[str, Any]) -> bool:
    """Whether it is a sequential scan that was begun and found something: an empty table costs nothing."""
    return node["Node Type"] == "Seq Scan" and _read(node) > SPARE_ROWS
