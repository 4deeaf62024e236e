"""Judges the chunks of a large file in processes of their own, in the order of the file."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from campaigns.rows.chunks import Judged, Plan, last_lines
from campaigns.rows.process import receive, send

PROJECT = str(Path(__file__).parents[2])
PROGRAM = "import sys; sys.path.append(sys.argv.pop(1)); from campaigns.rows.process import main; main()"
#: More do not help: PostgreSQL and the process that asks them keep the other cores busy.
MOST_PROCESSES = 4
#: Chunks that are judged, or wait for their turn in the file.
_AHEAD = 2


class Chunk(NamedTuple):
    """A chunk with what its rows are. ``rows_before`` and ``lines_before`` count from the beginning of the file."""

    text: bytes
    found: Judged
    rows_before: int
    lines_before: int
    is_last: bool


class ProcessEnded(Exception):
    """A process that judges rows has ended by itself."""


def processes() -> int:
    """Return how many processes judge a file."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(MOST_PROCESSES, cores - 1))


def judged_chunks(
    texts: Iterable[bytes], *, plan: Plan, skip: int, rows_before: int, lines_before: int
) -> Iterator[Chunk]:
    """Give each chunk with what its rows are, in order.

    ``skip`` rows of the first chunk are no rows of people; the counts say what stands before its first line. Raises
    ProcessEnded.
    """
    waiting: deque[tuple[bytes, bool, Future[Judged]]] = deque()
    with _pool(plan) as pool:
        source = _with_last(texts)
        left = b""
        is_first = True
        while True:
            while len(waiting) < pool.size + _AHEAD and (following := next(source, None)) is not None:
                text, is_last = following
                waiting.append((text, is_last, pool.submit(text, skip=skip if is_first else 0, is_last=is_last)))
                is_first = False
            if not waiting:
                return
            text, is_last, asked = waiting.popleft()
            if left:
                # It began within a row: what was said of it is worth nothing.
                text = left + text
                asked = pool.submit(text, skip=0, is_last=is_last)
            found = asked.result()
            left = last_lines(text.decode("utf-8", "replace"), found.left_over).encode()
            yield Chunk(text, found, rows_before, lines_before, is_last)
            rows_before += found.rows
            lines_before += found.lines


def _with_last(texts: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Give each text, and whether it is the last one."""
    before: bytes | None = None
    for text in texts:
        if before is not None:
            yield before, False
        before = text
    if before is not None:
        yield before, True


class _Pool:
    """Threads that each ask a process of their own."""

    def __init__(self, plan: Plan) -> None:
        self.size = processes()
        self._plan = plan
        self._mine = threading.local()
        self._started: list[subprocess.Popen[bytes]] = []
        self._threads = ThreadPoolExecutor(self.size, thread_name_prefix="judging")

    def submit(self, text: bytes, *, skip: int, is_last: bool) -> Future[Judged]:
        """Have a chunk judged."""
        return self._threads.submit(self._ask, text, {"skip": skip, "is_last": is_last})

    def close(self) -> None:
        """End the processes, whatever they do."""
        for process in self._started:
            process.kill()
        self._threads.shutdown(wait=True, cancel_futures=True)
        for process in self._started:
            process.communicate()

    def _ask(self, text: bytes, options: dict[str, object]) -> Judged:
        asked, told = getattr(self._mine, "pipes", None) or self._start()
        try:
            send(asked, options, text)
            answer = receive(told)
        except (OSError, EOFError, ValueError) as error:
            raise ProcessEnded from error
        if answer is None:
            raise ProcessEnded
        told, copied = answer
        return Judged(**{**told, "copied": copied})

    def _start(self) -> tuple[IO[bytes], IO[bytes]]:
        command = [sys.executable, "-I", "-c", PROGRAM, PROJECT]
        process = subprocess.Popen(  # noqa: S603 (our own program)
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}
        )
        self._started.append(process)
        assert process.stdin is not None
        assert process.stdout is not None
        self._mine.pipes = process.stdin, process.stdout
        send(process.stdin, None, self._plan.as_json())
        return process.stdin, process.stdout


@contextmanager
def _pool(plan: Plan) -> Iterator[_Pool]:
    pool = _Pool(plan)
    try:
        yield pool
    finally:
        pool.close()
