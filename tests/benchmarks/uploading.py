"""Measures uploads: rows a second and peak memory, beside bare COPY of the same rows in the same run.

The file is made up with its own count of what must become of it. A process of its own imports it, as a worker does, and
the memory is that of this process and all that it starts (PSS: what processes share is counted once).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.arena import cpu_seconds, postgres_pid, project

BAD_SHARE = 0.03
DOUBLE_SHARE = 0.02
BAD = ("n/a", "", "12345", "9.19877E+11", "98765432109876543210")
SPELLINGS = ("{0}", "{0}", "{0}", "+91{0}", "+91 {0}", "0{0}", "91{0}", "{0}.0")
#: A prime, so that the numbers of different places differ.
_RANGE = 99_999_989
_RUN = """
import time, django; django.setup()
from campaigns.importing import run_import
began = time.perf_counter(), time.process_time()
run_import(import_id={import_id})
print(time.perf_counter() - began[0], flush=True)
"""


@dataclass
class Messy:
    """A CSV with 5 variables, 3 % bad rows and 2 % duplicates, and what must become of its rows."""

    rows: int
    seed: int = 1
    accepted: int = 0
    duplicate: int = 0
    refused: int = 0
    _seen: bytearray = field(default_factory=bytearray)

    def lines(self) -> Iterator[bytes]:
        """Give the file in pieces, and count."""
        rng = random.Random(self.seed)
        self._seen = bytearray(self.rows)
        yield b"\xef\xbb\xbfName,Mobile No,Amount Due,Due Date,City,Product,Agent\r\n"
        held: list[str] = []
        for place in range(self.rows):
            held.append(
                f'"Kumar, Asha {place}",{self._phone(place, rng)},{place % 90000}.50,2026-12-{place % 28 + 1:02},Pune,'
                f"EMI,A{place % 50}\r\n"
            )
            if len(held) == 10_000:
                yield "".join(held).encode()
                held.clear()
        yield "".join(held).encode()

    def _phone(self, place: int, rng: random.Random) -> str:
        if rng.random() < BAD_SHARE:
            self.refused += 1
            return rng.choice(BAD)
        who = rng.randrange(place + 1) if rng.random() < DOUBLE_SHARE else place
        self.duplicate += self._seen[who]
        self.accepted += not self._seen[who]
        self._seen[who] = 1
        return rng.choice(SPELLINGS).format(9800000000 + who * 1663 % _RANGE)


def run(*, rows: int) -> dict[str, Any]:
    """Upload once, and return the figures; ``counts_agree`` with those of the file's maker."""
    with project(name="upload") as services:
        return measured(rows=rows, database_url=services.database_url)


def measured(*, rows: int, database_url: str) -> dict[str, Any]:
    """Upload once into the database that Django is set up for, and return the figures."""
    from campaigns.importing import create_import
    from campaigns.importing.finding import sort_in
    from campaigns.models import Contact, ContactList, ImportRefusal

    bare_seconds = copied_bare(rows=rows)
    contact_list = ContactList.objects.create(name="benchmark", default_region="IN")
    messy = Messy(rows)
    began = time.perf_counter()
    found, _ = create_import(
        contact_list=contact_list, stream=messy.lines(), file_name="messy.csv", idempotency_key=None
    )
    stored_seconds = time.perf_counter() - began
    before = cpu_seconds([postgres_pid()])
    command = [sys.executable, "-c", _RUN.format(import_id=found.pk)]
    worker = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "DATABASE_URL": database_url}
    )
    tree = Tree(worker.pid)
    said, _ = worker.communicate()
    tree.end()
    seconds = float(said or "nan")
    began = time.perf_counter()
    sort_in()
    findable_seconds = time.perf_counter() - began
    found.refresh_from_db()
    ours = (found.rows_accepted, found.rows_duplicate, found.rows_refused)
    kept = (Contact.objects.filter(contact_list=contact_list).count(), ImportRefusal.objects.count())
    expected = (messy.accepted, messy.duplicate, messy.refused)
    return {
        "benchmark": "upload",
        "state": found.state,
        "rows": found.rows_total,
        "seconds": round(seconds, 2),
        "findable_after_seconds": round(findable_seconds, 2),
        "rows_per_second": round(rows / seconds),
        "peak_mb": round(tree.peak_mb),
        "own_cpu_seconds": round(tree.cpu_seconds, 1),
        "postgres_cpu_seconds": round(cpu_seconds([postgres_pid()]) - before, 1),
        "bare_copy_seconds": round(bare_seconds, 2),
        "ratio_to_bare_copy": round(seconds / bare_seconds, 1),
        "stored_seconds": round(stored_seconds, 1),
        "accepted": found.rows_accepted,
        "duplicate": found.rows_duplicate,
        "refused": found.rows_refused,
        "counts_agree": ours == expected and kept == (messy.accepted, messy.duplicate + messy.refused),
        "load": round(os.getloadavg()[0], 1),
    }


class Tree:
    """Watches the memory and the CPU time of a process and all below it."""

    EVERY_SECONDS = 0.2

    def __init__(self, pid: int) -> None:
        self.peak_mb = 0.0
        self.cpu_seconds = 0.0
        self._pid = pid
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop."""
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._is_over.wait(self.EVERY_SECONDS):
            self.peak_mb = max(self.peak_mb, sum(map(_pss_mb, _below(self._pid))))
            self.cpu_seconds = max(self.cpu_seconds, cpu_seconds([self._pid]))


def _below(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from _below(int(child))


def _pss_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def copied_bare(*, rows: int) -> float:
    """Return the seconds that COPY of as many good rows into a table without indexes takes: the limit."""
    from django.db import connection, transaction

    lines = "".join(f"+91{7000000000 + n}\tKumar\t{{}}\n" for n in range(10_000)).encode()
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE bare (number text, name text, variables text) ON COMMIT DROP")
        with cursor.copy("COPY bare FROM STDIN") as copy:
            for _ in range(max(1, rows // 10_000)):
                copy.write(lines)
    return time.perf_counter() - began
