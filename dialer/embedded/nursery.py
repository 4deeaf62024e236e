"""A process that has everything imported, and forks the project's processes: `python -m dialer.embedded.nursery FD`.

Web servers, workers and beat import the same modules: forked from one that has them, they begin at once and share that
memory. It has one thread and opens nothing but its socket FD, over which it is told what to start and says who ended.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
from collections.abc import Sequence
from typing import Any

from dialer.embedded.tie import PR_SET_PDEATHSIG

#: What the programs import beyond the apps; none of them starts a thread or opens a connection by being imported.
PROGRAMS = (
    *("dialer.asgi", "dialer.serving.front", "dialer.urls", "granian.cli", "uvloop", "webhooks.doorway"),
    *(
        "celery.bin.celery",
        "celery.bin.worker",
        "celery.bin.beat",
        "celery.apps.worker",
        "celery.apps.beat",
        "celery.worker.consumer",
    ),
    *("celery.concurrency.thread", "celery.concurrency.solo", "django_celery_beat.schedulers"),
)
#: What else they read before they begin, of files alone: where, and which function reads it.
READ = (("campaigns.settling.opt_outs", "get_ready"),)
#: The longest message over the socket, either way.
MOST_BYTES = 64 * 1024


def main() -> None:
    """Import, then fork until the other end of the socket is closed; what was forked goes on as its program."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    _import()
    become = _serve(channel)
    if become:
        # Here, where nothing of ours is left to be done: the program ends as if it had been started by itself.
        sys.argv = [*become]
        runpy.run_module(become[0], run_name="__main__", alter_sys=True)


def _import() -> None:
    import django

    django.setup()
    from django.urls import get_resolver

    # By its name, as the settings name apps: nothing here is built on what it starts.
    celery = importlib.import_module("dialer.celery").app
    celery.loader.init_worker()
    celery.finalize()
    for name in PROGRAMS:
        importlib.import_module(name)
    for name, function in READ:
        getattr(importlib.import_module(name), function)()
    # What each would do first, done once: what it writes to is no longer shared.
    get_resolver()._populate()
    # What is alive now stays: a collection that visits it would write into pages that all share.
    gc.collect()
    gc.freeze()


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
                order = channel.recv(MOST_BYTES)
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
                    return list(wanted["argv"])
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
