"""Starts or joins the embedded servers of a data folder: many processes may use them, the last to end stops them."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dialer.embedded.keeper import KEEP, lock_path, state_path
from dialer.embedded.locks import FileLock, is_taken, taken
from dialer.embedded.postgres import ServerError
from dialer.embedded.spawning import last_lines, wait_until

VARIABLES = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}


class Services(NamedTuple):
    """Where PostgreSQL and Redis are; `embedded` says which are ours, `data_dir` where those keep their files."""

    database_url: str
    redis_url: str
    data_dir: Path
    embedded: tuple[str, ...] = ()


@contextlib.contextmanager
def services(*, data_dir: Path, durable: bool = True) -> Iterator[Services]:
    """Give the addresses of PostgreSQL and Redis: from DATABASE_URL and REDIS_URL where set, else of embedded servers.

    The servers are started if nobody else has started them, and stopped when the last process that uses them has left
    the block or died. `durable=False` is for tests. Raises ServerError when a server does not come up.
    """
    data_dir = data_dir.resolve()
    urls = {kind: os.environ.get(variable, "") for kind, variable in VARIABLES.items()}
    wanted = tuple(kind for kind, url in urls.items() if not url)
    holds = [Hold(kind=kind, data_dir=data_dir, durable=durable) for kind in wanted]
    left = threading.Event()
    try:
        if holds:
            _make_data_dir(data_dir)
            urls |= dict(zip(wanted, _join(holds), strict=True))
            threading.Thread(target=_revive, args=(holds, left), name="embedded-services", daemon=True).start()
        yield Services(database_url=urls["postgres"], redis_url=urls["valkey"], data_dir=data_dir, embedded=wanted)
    finally:
        left.set()
        for hold in holds:
            hold.leave()
        for hold in holds:
            hold.wait_for_the_end()


class Hold:
    """Our share in one server: while we have it, the server runs."""

    def __init__(self, *, kind: str, data_dir: Path, durable: bool) -> None:
        self._kind, self._data_dir, self._durable = kind, data_dir, durable
        self._share: FileLock | None = None
        self._keeper: subprocess.Popen[bytes] | None = None
        self._alone = False

    def join(self) -> str:
        """Take a share, start a keeper if there is none, and return the server's URL."""
        self._share = FileLock(self._path("users"))
        self._share.share()  # waits here while a keeper is stopping its server
        with taken(self._path("starting")):
            if not is_taken(self._path("keeper")):
                self._start_keeper()
            url: str = json.loads(state_path(data_dir=self._data_dir, kind=self._kind).read_text())["url"]
            return url

    def revive(self) -> None:
        """Start a new keeper when the present one was killed."""
        if is_taken(self._path("keeper")):
            return
        with taken(self._path("starting")):
            if not is_taken(self._path("keeper")):
                self._start_keeper()

    def leave(self) -> None:
        """Give the share back."""
        if self._share is not None:
            self._alone = self._share.try_take()
            self._share.close()

    def wait_for_the_end(self, *, deadline_seconds: float = 20.0) -> None:
        """If ours was the last share, wait until the server has stopped: nothing is left running."""
        if self._alone:
            wait_until(lambda: not is_taken(self._path("keeper")), deadline_seconds=deadline_seconds)

    def _path(self, name: str) -> Path:
        return lock_path(data_dir=self._data_dir, kind=self._kind, name=name)

    def _start_keeper(self) -> None:
        log_file = self._data_dir / "logs" / f"{self._kind}-keeper.log"
        log_file.parent.mkdir(parents=True, exist_ok=True)
        arguments = [self._kind, str(self._data_dir), "durable" if self._durable else "fast"]
        with log_file.open("ab") as log:
            self._keeper = subprocess.Popen(  # noqa: S603
                [sys.executable, "-P", str(KEEP), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        assert self._keeper.stdout is not None
        with self._keeper.stdout as said:
            answer = json.loads(said.readline() or b"{}")
        if "url" not in answer:
            raise ServerError(answer.get("error") or f"The keeper of {self._kind} failed:\n{last_lines(log_file)}")


def _join(holds: list[Hold]) -> list[str]:
    """Take all shares at one time, and return the URLs."""
    found: dict[Hold, str | BaseException] = {}

    def join(hold: Hold) -> None:
        try:
            found[hold] = hold.join()
        except BaseException as error:  # raised below, where it is waited for
            found[hold] = error

    together = [threading.Thread(target=join, args=(hold,)) for hold in holds]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    urls = []
    for hold in holds:
        if isinstance(said := found[hold], BaseException):
            raise said
        urls.append(said)
    return urls


def _revive(holds: list[Hold], left: threading.Event) -> None:
    while not left.wait(1.0):
        for hold in holds:
            # A server that cannot be started has said why in its log; the next second tries again.
            with contextlib.suppress(ServerError):
                hold.revive()


def _make_data_dir(data_dir: Path) -> None:
    # Others may pass through, not look: where PostgreSQL runs under an account of its own, that has to.
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o711)
    if not os.access(data_dir, os.W_OK | os.X_OK):
        raise ServerError(f"{data_dir} belongs to somebody else: use another folder, or remove it as its owner")
