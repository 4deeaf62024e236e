"""Bells: hints that there is work. In a worker its engine answers them, from elsewhere Redis carries them to one.

A bell may be lost, doubled or late; the beat's bells and each engine's own make up for it. Nothing here knows the
engine: it says itself that it answers. A bell is named by the task that it asks for, and may name an account.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

import structlog
from celery import current_app
from django.db import transaction

from dialer.bells import Listener, Ringing

log = structlog.get_logger(__name__)

#: A process rings at Redis at most this often; bells rung in between leave together.
PUBLISH_EVERY_SECONDS = 0.01
#: After a failure to publish (Redis away), the next try waits this long.
PUBLISH_AGAIN_SECONDS = 1.0


class Publisher:
    """Publishes bells from a thread of its own, so that ringing never waits for Redis."""

    def __init__(self) -> None:
        self._redis = Ringing()
        self._waiting: dict[tuple[str, int | None], None] = {}
        self._lock = threading.Lock()
        self._rung = threading.Event()
        self._thread: threading.Thread | None = None

    def ring(self, task: str, account_id: int | None = None) -> None:
        """Have a task's bell published soon; the same bell rung twice before that is published once."""
        with self._lock:
            self._waiting[task, account_id] = None
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="doorbells", daemon=True)
                self._thread.start()
        self._rung.set()

    def _run(self) -> None:
        # The first bell leaves at once; those that follow closely leave together.
        while True:
            self._rung.wait()
            self._rung.clear()
            with self._lock:
                bells, self._waiting = list(self._waiting), {}
            time.sleep(PUBLISH_EVERY_SECONDS if self._publish(bells) else PUBLISH_AGAIN_SECONDS)

    def _publish(self, bells: list[tuple[str, int | None]]) -> bool:
        try:
            self._redis.ring([task if account_id is None else f"{task}:{account_id}" for task, account_id in bells])
        except Exception as error:
            log.warning("bell not published", error=type(error).__name__)
            return False
        return True


publisher = Publisher()


def answer(name: str) -> None:
    """Do what a bell asks for: the task that it names, in this process and without a message."""
    task, _, account_id = name.partition(":")
    current_app.tasks[task].run(**({"account_id": int(account_id)} if account_id else {}))


def listener() -> Listener:
    """Return what hears the bells of other processes, for one that has an engine."""
    return Listener(answer=answer)


#: What answers the bells of accounts in this process, given the account's id; None: Redis carries them.
_answers: Callable[[int], object] | None = None


def answer_here(ring: Callable[[int], object]) -> None:
    """Have the bells of accounts that are rung in this process answered by ``ring``, which returns at once."""
    global _answers
    _answers = ring


def ring_account(account_id: int) -> None:
    """Ask for a turn of an account's pacing, once the current transaction is committed."""
    transaction.on_commit(lambda: ring_account_now(account_id))


class CallsThrough(Protocol):
    """What calls through accounts: a campaign, which may have a second one."""

    @property
    def account_ids(self) -> list[int]:
        """The accounts, the first one first."""


def ring_campaign(campaign: CallsThrough) -> None:
    """Ask for a turn of each account that a campaign calls through, once the current transaction is committed."""
    for account_id in campaign.account_ids:
        ring_account(account_id)


def ring_enrolling() -> None:
    """Ask for the rest of large lists to be enrolled, once the current transaction is committed."""
    transaction.on_commit(lambda: publisher.ring("campaigns.enrol"))


def ring_capacity() -> None:
    """Ask for the providers' free room to be read where it is due, once the current transaction is committed."""
    transaction.on_commit(lambda: publisher.ring("campaigns.poll_capacity"))


def ring_notes() -> None:
    """Ask for notes on calls to be written back, once the current transaction is committed."""
    transaction.on_commit(lambda: publisher.ring("campaigns.write_notes"))


def ring_account_now(account_id: int) -> None:
    """Ask for a turn of an account's pacing at once."""
    if _answers is not None:
        _answers(account_id)
    else:
        publisher.ring("campaigns.pace", account_id)
