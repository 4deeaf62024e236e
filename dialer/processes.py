"""The kinds of our processes, and how many connections each may open; PostgreSQL is told with every connection.

So a look at ``pg_stat_activity`` tells which process a session belongs to, and a check can add up what the
processes that run now may come to.
"""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Threads of a worker besides Celery's that speak with PostgreSQL: engine 6, chores 2, enrolling 1, hosted dialers 4,
#: notes 2, logs of hosted dialers 2, subscribers 2, and the main thread.
WORKER_THREADS = 20
#: Threads of a web process that answer requests, and of any that takes pushes, unless the environment says otherwise.
WEB_THREADS, PUSH_THREADS = 8, 4
#: A request that stops hosted campaigns asks so many of their providers at one time.
SWITCHING_THREADS = 8
#: An upload writes its rows over one connection and its progress over another.
CONNECTIONS_OF_AN_IMPORT = 2
_NAME = re.compile(r"dialer (?P<kind>[a-z]+) (?P<most>\d+) .*")
_LONGEST_NAME = 63  # PostgreSQL's limit, in bytes


@dataclass(frozen=True, slots=True)
class Process:
    """What a process is, and the most connections that it opens to PostgreSQL."""

    kind: str
    most_connections: int


def describe(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Process:
    """Return what a process with this command line is: web, inbox, worker, batch, beat or command."""
    words = [Path(arguments[0]).parent.name if arguments[0].endswith("__main__.py") else Path(arguments[0]).name]
    words += arguments[1:]
    if words[0] == "granian":
        pushes = _given(environment, "DIALER_PUSH_THREADS", default=PUSH_THREADS)
        if "dialer.asgi:inbox" in words:
            return Process(kind="inbox", most_connections=pushes)
        pages = _given(environment, "DIALER_WEB_THREADS", default=WEB_THREADS)
        return Process(kind="web", most_connections=pages + pushes + SWITCHING_THREADS)
    if words[0] == "celery" and "beat" in words:
        return Process(kind="beat", most_connections=1)
    if words[0] == "celery" and "worker" in words:
        solo = _value(words, ("--pool", "-P")) == "solo"
        at_once = 1 if solo else _number(words, ("--concurrency", "-c"), default=os.cpu_count() or 1)
        if "dialer" in (_value(words, ("--queues", "-Q")) or "dialer").split(","):
            return Process(kind="worker", most_connections=at_once + WORKER_THREADS)
        return Process(kind="batch", most_connections=at_once * CONNECTIONS_OF_AN_IMPORT + 1)
    return Process(kind="command", most_connections=1)


def application_name(process: Process, *, host: str, pid: int) -> str:
    """Return what PostgreSQL is told of a process, different for each."""
    end = f":{pid}"
    start = f"dialer {process.kind} {process.most_connections} "
    return start + host.encode("ascii", "replace").decode()[: _LONGEST_NAME - len(start) - len(end)] + end


def of_application_name(name: str) -> Process | None:
    """Return the process that a name tells of, or None where it is not ours."""
    match = _NAME.fullmatch(name)
    return Process(kind=match["kind"], most_connections=int(match["most"])) if match is not None else None


def is_server() -> bool:
    """Return whether this process answers requests."""
    return describe(sys.argv or [""]).kind in {"web", "inbox"}


def this_process() -> str:
    """Return the application name of this process."""
    return application_name(describe(sys.argv or [""]), host=socket.gethostname(), pid=os.getpid())


def _value(words: Sequence[str], names: Sequence[str]) -> str | None:
    for place, word in enumerate(words):
        name, _, value = word.partition("=")
        if name in names:
            return value or next(iter(words[place + 1 :]), None)
    return None


def _given(environment: Mapping[str, str], name: str, *, default: int) -> int:
    value = environment.get(name, "")
    return int(value) if value.isdecimal() else default


def _number(words: Sequence[str], names: Sequence[str], *, default: int) -> int:
    value = _value(words, names) or ""
    return int(value) if value.isdecimal() else default
