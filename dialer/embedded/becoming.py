"""What a process from the nursery becomes: a program of the project, with its words but without its command line.

Reading a command line takes more memory than the words are worth (whatever runs after the fork is no longer shared),
and granian's first process does nothing but watch its second one, as our supervisor does. Other programs, and these
programs elsewhere, run as modules.
"""

from __future__ import annotations

import importlib
import os
import runpy
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from celery.exceptions import SecurityWarning
from celery.utils.log import mlevel
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.mp import MPServer

#: Of Celery's words: under which name its worker or beat gets the value, and as what.
_CELERY: dict[str, tuple[str, Callable[[str], Any]]] = {
    "--hostname": ("hostname", str),
    "--loglevel": ("loglevel", mlevel),
    "--pool": ("pool", str),
    "--concurrency": ("concurrency", int),
    "--queues": ("queues", str),
    "--scheduler": ("scheduler", str),
    "--max-interval": ("max_interval", float),
    "--pidfile": ("pidfile", lambda path: path or None),
    "--without-mingle": ("without_mingle", bool),
    "--without-gossip": ("without_gossip", bool),
    "--without-heartbeat": ("without_heartbeat", bool),
}
#: Of granian's: what is for its first process, which is not there, and for one that knows no logging of ours.
_OF_THE_FIRST_PROCESS = {"--workers", "--workers-kill-timeout", "--respawn-failed-workers", "--log-config"}
#: Logging is configured; this adds nothing to it.
_LOGGING: dict[str, Any] = {"incremental": True, "formatters": {}, "handlers": {}, "loggers": {}}


def become(words: Sequence[str]) -> None:
    """Be the program with these words, until it ends."""
    sys.argv = [*words]
    if words[0] == "granian":
        granian_server(words[1:]).serve()
        # As granian's own process would: its threads are not Python's, and may want the interpreter while it ends.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
    elif words[0] == "celery" and words[5:6] in (["worker"], ["beat"]):
        program = celery_program(words[1:])
        if words[5] == "beat":
            print("celery beat is starting.", flush=True)  # noqa: T201 (as it says itself, with its banner)
            program.run()
        else:
            program.start()
            sys.exit(program.exitcode)
    else:
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)


class _OneProcess(MPServer):
    """granian without its first process: what its worker would be is this one."""

    def _serve(self, spawn_target: Callable[..., None], target_loader: Callable[..., Any]) -> None:
        self._init_shared_socket()  # type: ignore[no-untyped-call]
        self._spawn_worker(idx=0, target=spawn_target, callback_loader=target_loader).inner.run()


def granian_server(words: Sequence[str]) -> MPServer:
    """Return granian's server, to be run in this process. Raises KeyError for a word that it does not know."""
    *given, target = words
    options = _options(given)
    for name in _OF_THE_FIRST_PROCESS:
        options.pop(name, None)
    server = _OneProcess(
        target,
        address=options.pop("--host"),
        port=int(options.pop("--port")),
        interface=Interfaces(options.pop("--interface")),
        http=HTTPModes(options.pop("--http")),
        backlog=int(options.pop("--backlog")),
        backpressure=int(options.pop("--backpressure")),
        http1_settings=HTTP1Settings(header_read_timeout=int(options.pop("--http1-header-read-timeout"))),
        websockets=options.pop("--no-ws", None) is None,
        log_dictconfig=_LOGGING,
    )
    if options:
        raise KeyError(f"granian: {', '.join(options)}")
    return server


def celery_program(words: Sequence[str]) -> Any:
    """Return Celery's worker or beat. Raises KeyError for a word that it does not know."""
    _app, name, _workdir, _folder, kind, *given = words
    taken = celery_options(given)
    # As root, Celery warns of pickled messages, of which it takes none here; to format the warning it reads sources.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    # By its name, as Celery finds it: nothing here is built on what it starts.
    app = importlib.import_module(f"{name}.celery").app
    # Their banners look for everything that is installed, to say what their options say.
    return app.Worker(**taken, quiet=True) if kind == "worker" else app.Beat(**taken, quiet=True)


def celery_options(words: Sequence[str]) -> dict[str, Any]:
    """Return what a worker or beat is made with. Raises KeyError for a word that it does not know."""
    found = {}
    for word, value in _options(words).items():
        keyword, read = _CELERY[word]
        found[keyword] = True if read is bool else read(value)
    return found


def _options(words: Sequence[str]) -> dict[str, str]:
    """Return what follows each word that begins with dashes, empty where nothing does."""
    found: dict[str, str] = {}
    last = ""
    for word in words:
        if word.startswith("--"):
            last, _, value = word.partition("=")
            found[last] = value
        else:
            found[last] = word
    return found
