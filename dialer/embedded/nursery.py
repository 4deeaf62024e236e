"""A process that has everything imported, and forks the project's processes: `python -m dialer.embedded.nursery FD`.

Web servers, workers and beat import the same modules: forked from one that has them, they begin at once and share that
memory. It has one thread and opens nothing but its socket FD, over which it is told what to start and says who ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import re
import selectors
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dialer.embedded.nurslings import MOST_BYTES
from dialer.embedded.tie import PR_SET_PDEATHSIG

#: What the programs import beyond the apps; none of them starts a thread or opens a connection by being imported.
PROGRAMS = (
    *("dialer.embedded.becoming", "dialer.asgi", "dialer.serving.front", "dialer.urls", "uvloop"),
    *("webhooks.doorway", "webhooks.short_way", "granian._loops", "granian._signals"),
    *("celery.apps.worker", "celery.apps.beat", "celery.worker.consumer", "celery.worker.components"),
    *("celery.worker.strategy", "celery.worker.consumer.delayed_delivery", "celery.events.receiver"),
    *("celery.worker.autoscale", "billiard.pool", "billiard.dummy", "multiprocessing.popen_fork"),
    *("celery.concurrency.thread", "celery.concurrency.solo", "django_celery_beat.schedulers", "kombu.transport.redis"),
)
#: A private mapping of a file that nobody may write to, as ``/proc/self/smaps`` has it. What was written to it may be
#: swapped out.
_MAPPING = re.compile(
    r"^(?P<start>[0-9a-f]+)-(?P<end>[0-9a-f]+) r-[x-]p \S+ \S+ (?!0 )\d+ .*\n(?:(?![0-9a-f]+-).*\n)*?"
    r"Anonymous: +(?P<anonymous>\d+) kB\n(?:(?![0-9a-f]+-).*\n)*?Swap: +(?P<swapped>\d+) kB$",
    re.MULTILINE,
)
#: Of a mapping: its pages are not needed now.
MADV_DONTNEED = 4
#: What libraries import where it is installed, for what nobody here does: coloured tracebacks, tests, another client.
UNUSED = ("rich", "pygments", "requests", "jinja2", "click_repl", "opentelemetry", "psutil")
#: What else they read before they begin, of files alone: where, and which function reads it.
READ = (("campaigns.settling.opt_outs", "get_ready"), ("dialer.asgi", "get_ready"))


def main() -> None:
    """Import, then fork until the other end of the socket is closed; what was forked goes on as its program."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    _import()
    become = _serve(channel)
    if become:
        # Here, where nothing of ours is left to be done: the program ends as if it had been started by itself.
        importlib.import_module("dialer.embedded.becoming").become(become)


@contextlib.contextmanager
def _without(names: Sequence[str]) -> Iterator[None]:
    """Have modules be missing during the block."""
    sys.modules.update(dict.fromkeys(names))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]


def _import() -> None:
    with _without([name for name in UNUSED if name not in sys.modules]):
        _import_all()
    # What each would do first, done once: what it writes to is no longer shared.
    _do_first()
    # Should it have asked the database: two may not have one session.
    importlib.import_module("django.db").connections.close_all()
    # What is alive now stays: a collection that visits it would write into pages that all share.
    gc.collect()
    gc.freeze()
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # not each kernel says so
            _give_back(Path("/proc/self/smaps").read_text(errors="replace"))


def _give_back(mappings: str) -> None:
    """Forget the pages of files that loading has read, code of libraries above all; what is read again comes back.

    Only of mappings that nothing was written to: of others, what was written would be gone.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    for each in _MAPPING.finditer(mappings):
        if each["anonymous"] == each["swapped"] == "0":
            start, end = int(each["start"], 16), int(each["end"], 16)
            libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), MADV_DONTNEED)


def _import_all() -> None:
    import django

    django.setup()
    for name in PROGRAMS:
        importlib.import_module(name)


def _do_first() -> None:
    from django.db import connection
    from django.urls import get_resolver

    # By its name, as the settings name apps: nothing here is built on what it starts.
    celery = importlib.import_module("dialer.celery").app
    celery.loader.init_worker()
    celery.finalize()
    for name, function in READ:
        getattr(importlib.import_module(name), function)()
    get_resolver()._populate()
    connection.get_connection_params()
    for name in ("backend", "control", "log"):
        getattr(celery, name)
    celery.amqp.queues  # noqa: B018 (made when it is asked for, and kept)


def _serve(channel: socket.socket) -> Sequence[str]:
    """Return what this process is to become, empty at the end of the one that forks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ended, wake = socket.socketpair()
    wake.setblocking(False)
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with selectors.DefaultSelector() as selector:
        selector.register(channel, selectors.EVENT_READ)
        selector.register(ended, selectors.EVENT_READ)
        channel.send(b'{"ready": true}')
        while True:
            for key, _ in selector.select():
                if key.fileobj is ended:
                    ended.recv(4096)
                    _tell_ended(channel)
                    continue
                order, listeners, _, _ = socket.recv_fds(channel, MOST_BYTES, 1)
                if not order:
                    return ()
                wanted = json.loads(order)
                own = os.getpid()
                pid = os.fork()
                if pid == 0:
                    signal.set_wakeup_fd(-1)
                    for each in (channel, ended, wake):
                        each.close()
                    _settle_in(wanted, parent=own)
                    return [*wanted["argv"], *(f"--listener={number}" for number in listeners)]
                for number in listeners:
                    os.close(number)
                channel.send(json.dumps({"started": pid}).encode())


def _tell_ended(channel: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        channel.send(json.dumps({"ended": pid, "code": os.waitstatus_to_exitcode(status)}).encode())


def _settle_in(wanted: dict[str, Any], *, parent: int) -> None:
    """Have a session, an output and a death signal of one's own, as ``tie.py`` gives them."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    log = os.open(wanted["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(wanted["death_signal"]), 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("the nursery is gone")


if __name__ == "__main__":
    main()
