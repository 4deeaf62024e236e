"""Pushes taken in: how many a second, and how long one of a hundred waits for its answer."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from dialer.embedded.processes import Supervisor
from dialer.embedded.stack import HOST, PROJECT, WEB_OPTIONS, free_port
from tests.benchmarks import pushes
from tests.benchmarks.arena import arena
from tests.benchmarks.plain.processes import TOKEN, answers, plain_processes
from tests.benchmarks.table.figures import Figure, compared

PUSHES, PLAIN_PUSHES = 20_000, 5_000
CONNECTIONS = 64


def run(*, quick: bool) -> list[Figure]:
    """Measure each way with the same sender; return the figures."""
    many, plain_many = (500, 200) if quick else (PUSHES, PLAIN_PUSHES)
    with arena(name="pushes") as ground:
        ours = pushes.measured(ground, pushes=many, connections=CONNECTIONS)
        assert not ours["lost"], ours
        assert not ours["not_answered_200"], ours
        ground.stack.stop()
        with _bare() as (port, pid):
            bare = _sent(f"http://{HOST}:{port}/", many, pid)
        plain = _plain(plain_many)
    cpu = ours["cpu_seconds_per_1000"]
    said: dict[str, Any] = {
        "ours": ours,
        "limit": bare,
        "plain": plain,
        "took": f"CPU-s per 1,000: web {cpu['web']}, PostgreSQL {cpu['postgresql']}",
        "size": f"{many:,} pushes over {CONNECTIONS} connections, the sender on the same cores",
        "limit_is": "the same web server (granian, one process) answering 200 with nothing behind it",
        "plain_is": f"a DRF view that saves the attempt and its lead, granian with 2 processes; {plain_many:,} pushes",
    }
    return [
        compared(
            figure="pushes taken in: authenticated, stored, committed",
            unit="/s",
            goal=4000,
            by="per_second",
            more_is_better=True,
            **said,
        ),
        compared(figure="the same, answered within (99 of 100)", unit="ms", goal=50, by="p99_ms", **said),
    ]


def _sent(url: str, many: int, pid: int, bodies: Callable[[], bytes] | None = None) -> dict[str, Any]:
    row = pushes.sent(url, token=f"Bearer {TOKEN}", pushes=many, connections=CONNECTIONS, web=pid, bodies=bodies)
    assert not row["not_answered_200"], row
    return row


@contextmanager
def _bare() -> Iterator[tuple[int, int]]:
    """Run our web server with an application that does nothing; give its port and process id."""
    port = free_port()
    there = ["--host", HOST, "--port", str(port), "--workers", "1"]
    argv = [sys.executable, "-m", "granian", *there, *WEB_OPTIONS, "tests.benchmarks.limits.bare_web:application"]
    with Supervisor() as supervisor, TemporaryDirectory(prefix="dialer-bench-") as logs:
        supervisor.start("web", argv=argv, log_file=Path(logs) / "web.log", cwd=PROJECT)
        supervisor.wait_ready("web", lambda: answers(port), 30)
        yield port, supervisor.pid("web")


def _plain(many: int) -> dict[str, Any]:
    from tests.benchmarks.plain.models import Attempt, Lead, tables

    port = free_port()
    now = datetime.now(UTC)
    with tables(), plain_processes(limit=1, base_url="") as plain:
        numbers = [f"+91{9_100_000_000 + n}" for n in range(many + pushes.WARMING)]
        leads = Lead.objects.bulk_create([Lead(number=number, next_attempt_at=now) for number in numbers])
        attempts = Attempt.objects.bulk_create([Attempt(lead=lead, state="PLACED") for lead in leads])
        references = iter([attempt.reference for attempt in attempts])
        plain.web(port=port)
        return _sent(f"http://{HOST}:{port}/push/", many, plain.pids[0], partial(_body, references))


def _body(references: Iterator[uuid.UUID]) -> bytes:
    """Return the push of one call, as long as that of ours."""
    return orjson.dumps(
        {
            "reference": str(next(references)),
            "call_id": str(uuid.uuid4()),
            "disposition": "customer",
            "duration": "31.5",
            "recording_url": "https://recordings.example.com/a.wav",
            "transcript": '[{"speaker": "bot", "text": "Good morning, this is a reminder."}]',
        }
    )
