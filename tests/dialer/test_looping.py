"""Work that is asked for runs: once at a time, once more when its bell rang meanwhile, and again after an error."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dialer import looping
from dialer.looping import Coalescer, Coalescers
from dialer.sandbox.client import wait_for

SECONDS = 10.0


class Work:
    """Work that waits until it is let go, and counts its runs."""

    def __init__(self, *, failures: int = 0) -> None:
        self.began = threading.Semaphore(0)
        self.go = threading.Semaphore(0)
        self.runs = self.at_once = self.most_at_once = 0
        self.failures = failures
        self._lock = threading.Lock()

    def __call__(self, *_: int) -> None:
        with self._lock:
            self.runs += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.began.release()
        assert self.go.acquire(timeout=SECONDS)
        with self._lock:
            self.at_once -= 1
            fails, self.failures = self.failures > 0, self.failures - 1
        if fails:
            raise ConnectionError("the server restarts")


def idle(one: Coalescer) -> None:
    """Wait until no run is under way or asked for."""
    wait_for(lambda: one.is_idle or None)


@pytest.mark.parametrize("rings", [1, 50])
def test_bells_rung_during_a_run_are_one_more_run_and_none_is_missed(rings: int) -> None:
    work = Work()
    with ThreadPoolExecutor(4) as pool:
        one = Coalescer(name="test", work=work, pool=pool)
        one.ring()
        assert work.began.acquire(timeout=SECONDS)
        for _ in range(rings):
            one.ring()
        work.go.release(2)
        idle(one)
        assert (work.runs, work.most_at_once) == (2, 1)
        one.ring()
        work.go.release()
        idle(one)
    assert work.runs == 3


def test_work_that_failed_runs_again_without_a_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looping, "AGAIN_SECONDS", 0.0)
    work = Work(failures=2)
    work.go.release(3)
    with ThreadPoolExecutor(1) as pool:
        one = Coalescer(name="test", work=work, pool=pool)
        one.ring()
        idle(one)
    assert work.runs == 3


def test_one_key_that_waits_holds_up_no_other() -> None:
    done = threading.Event()
    held = threading.Event()

    def work(key: int) -> None:
        if key == 1:
            assert held.wait(SECONDS)
        else:
            done.set()

    both = Coalescers(name="test", work=work, threads=2)
    both.ring(1)
    both.ring(2)
    assert done.wait(SECONDS)
    held.set()


def test_a_bell_after_the_end_of_the_process_is_no_error() -> None:
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    one = Coalescer(name="test", work=lambda: None, pool=pool)
    one.ring()
    assert one.is_idle
