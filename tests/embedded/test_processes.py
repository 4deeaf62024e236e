"""The supervisor: starts, waits, restarts, stops, and leaves nothing running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import pytest

from dialer.embedded import NotReadyError, Supervisor
from dialer.embedded.spawning import spawn_tied, wait_until
from tests.embedded.conftest import ENVIRONMENT, PROJECT

SAYS_READY = [sys.executable, "-u", "-c", "import time; print('ready'); time.sleep(600)"]
DEAF_WITH_A_CHILD = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


def _said(log_file: Path) -> bool:
    return log_file.exists() and log_file.read_text().endswith("\n")


def _gone(pid: int) -> bool:
    """Return whether a process has ended; one that nobody has waited for yet has ended too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_program_that_ends_too_soon_shows_the_end_of_its_log(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", "import sys; sys.exit('the port is taken')"]
    with Supervisor() as supervisor:
        supervisor.start("web", argv=argv, log_file=tmp_path / "web.log")
        with pytest.raises(NotReadyError, match=r"web ended with code 1(?s:.*)the port is taken"):
            supervisor.wait_ready("web", lambda: False, deadline_seconds=30)


def test_a_program_that_stays_silent_is_named_after_the_deadline(tmp_path: Path) -> None:
    with Supervisor() as supervisor:
        supervisor.start("web", argv=SAYS_READY, log_file=tmp_path / "web.log")
        with pytest.raises(NotReadyError, match=r"web is not ready after 0\.2 s"):
            supervisor.wait_ready("web", lambda: False, deadline_seconds=0.2)


def test_an_answer_counts_however_the_next_question_would_end(tmp_path: Path) -> None:
    answers = iter([False, True, False])
    with Supervisor() as supervisor:
        supervisor.start("web", argv=SAYS_READY, log_file=tmp_path / "web.log")
        supervisor.wait_ready("web", lambda: next(answers), deadline_seconds=30)


def test_restart_gives_a_new_process_with_the_same_environment(tmp_path: Path) -> None:
    log_file = tmp_path / "worker.log"
    argv = [sys.executable, "-u", "-c", "import os, time; print(os.environ['COLOUR']); time.sleep(600)"]
    with Supervisor() as supervisor:
        supervisor.start("worker", argv=argv, log_file=log_file, env={**os.environ, "COLOUR": "blue"})
        supervisor.wait_ready("worker", lambda: log_file.read_text() == "blue\n")
        first = supervisor.pid("worker")
        supervisor.kill("worker", signal.SIGKILL)
        assert not supervisor.alive("worker")
        supervisor.restart("worker")
        supervisor.wait_ready("worker", lambda: log_file.read_text() == "blue\nblue\n")
        assert supervisor.pid("worker") != first


def test_what_dies_is_started_again_and_said(tmp_path: Path) -> None:
    log_file, said, stop = tmp_path / "beat.log", list[str](), threading.Event()
    with Supervisor() as supervisor:
        supervisor.start("beat", argv=SAYS_READY, log_file=log_file)
        supervisor.wait_ready("beat", lambda: _said(log_file))
        watching = threading.Thread(target=supervisor.watch, kwargs={"until": stop, "say": said.append})
        watching.start()
        try:
            supervisor.kill("beat", signal.SIGKILL)
            assert wait_until(lambda: supervisor.alive("beat"), deadline_seconds=30)
            assert "beat ended with code -9" in said[0]
        finally:
            stop.set()
            watching.join(10)


def test_what_is_not_needed_is_not_started_until_it_is_and_then_kept_alive(tmp_path: Path) -> None:
    log_file, wish, stop, said = tmp_path / "sandbox.log", threading.Event(), threading.Event(), list[str]()
    with Supervisor() as supervisor:
        launch = partial(spawn_tied, argv=SAYS_READY, log_file=log_file)
        supervisor.start_when("sandbox", needed=wish.is_set, launch=launch, log_file=log_file)
        looked = threading.Event()

        def look() -> bool:
            looked.set()
            return False

        supervisor.start_when("other", needed=look, launch=launch, log_file=log_file)
        watching = threading.Thread(target=supervisor.watch, kwargs={"until": stop, "say": said.append})
        watching.start()
        try:
            assert looked.wait(30)
            assert not log_file.exists()
            wish.set()
            assert wait_until(lambda: _said(log_file), deadline_seconds=30)
            wish.clear()
            supervisor.kill("sandbox", signal.SIGKILL)
            assert wait_until(lambda: log_file.read_text() == "ready\nready\n", deadline_seconds=30)
            assert not supervisor.alive("other")
        finally:
            stop.set()
            watching.join()
    assert _gone(supervisor.pid("sandbox"))


def test_what_was_stopped_on_purpose_stays_stopped(tmp_path: Path) -> None:
    stop, said = threading.Event(), list[str]()
    with Supervisor() as supervisor:
        for name in ("beat", "web"):
            supervisor.start(name, argv=SAYS_READY, log_file=tmp_path / f"{name}.log")
        supervisor.stop("beat")
        watching = threading.Thread(target=supervisor.watch, kwargs={"until": stop, "say": said.append})
        watching.start()
        try:
            supervisor.kill("web", signal.SIGKILL)
            assert wait_until(lambda: supervisor.alive("web"), deadline_seconds=30)
            assert not supervisor.alive("beat")
        finally:
            stop.set()
            watching.join(10)


def test_a_deaf_program_and_its_own_children_end_after_the_grace(tmp_path: Path) -> None:
    log_file = tmp_path / "web.log"
    with Supervisor() as supervisor:
        supervisor.start("web", argv=[sys.executable, "-c", DEAF_WITH_A_CHILD], log_file=log_file)
        supervisor.wait_ready("web", lambda: _said(log_file))
        pids = [supervisor.pid("web"), int(log_file.read_text())]
        supervisor.stop_all(grace_seconds=0.2)
        assert wait_until(lambda: all(map(_gone, pids)), deadline_seconds=30)


def test_children_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    script = f"""
import sys, time
from pathlib import Path
from dialer.embedded.processes import Supervisor
supervisor = Supervisor()
supervisor.start("one", argv={SAYS_READY!r}, log_file=Path({str(tmp_path / "one.log")!r}))
print(supervisor.pid("one"), flush=True)
time.sleep(600)
"""
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=PROJECT, env=ENVIRONMENT, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert wait_until(lambda: _said(tmp_path / "one.log"), deadline_seconds=30)
    parent.kill()
    parent.communicate(timeout=30)
    assert wait_until(lambda: _gone(child), deadline_seconds=30)
