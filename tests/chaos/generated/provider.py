"""Faults of the provider: slow, broken, full, unreachable, and its pushes lost, doubled, late, early, disordered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from tests.chaos.generated.hurt import Hurt, Kind
from tests.chaos.generated.plan import Fault
from tests.chaos.generated.servers import frozen

#: Shares of requests; of each group at most one is drawn.
BROKEN = {"timeout_rang": 0.1, "garbage_reply": 0.1, "drop_after_reading_rang": 0.1, "http_500_rang": 0.1}
NOT_RUNG = {"timeout_not_rang": 0.1, "drop_after_reading_not_rang": 0.1, "http_500": 0.1}
DISORDER = {"push_doubled": 0.3, "push_late": 0.2, "push_early": 0.1, "push_disordered": 0.2}


@contextmanager
def _provider(hurt: Hurt, fault: Fault, settings: Mapping[str, Any], usual: Mapping[str, Any]) -> Iterator[None]:
    for scene in hurt.scenes:
        scene.change(hurt.arena, **settings)
    yield
    for scene in hurt.scenes:
        scene.change(hurt.arena, **usual)


def slow_replies(hurt: Hurt, fault: Fault) -> AbstractContextManager[None]:
    usual = {"reply_delay_seconds": [0.0, 0.0]}
    return _provider(hurt, fault, {"reply_delay_seconds": [0.3, 0.9]}, usual)


def broken_replies(hurt: Hurt, fault: Fault) -> AbstractContextManager[None]:
    settings = {"faults": {**BROKEN, **NOT_RUNG}, "timeout_seconds": 1.3}
    return _provider(hurt, fault, settings, {"faults": {}})


def no_capacity(hurt: Hurt, fault: Fault) -> AbstractContextManager[None]:
    return _provider(hurt, fault, {"faults": {"refuse_503": 0.7}}, {"faults": {}})


def pushes_in_disorder(hurt: Hurt, fault: Fault) -> AbstractContextManager[None]:
    return _provider(hurt, fault, {"faults": DISORDER, "late_seconds": 1.5}, {"faults": {}})


def pushes_lost(hurt: Hurt, fault: Fault) -> AbstractContextManager[None]:
    return _provider(hurt, fault, {"faults": {"push_lost": 0.5}}, {"faults": {}})


@contextmanager
def provider_frozen(hurt: Hurt, fault: Fault) -> Iterator[None]:
    """It takes connections and says nothing; then it reads all at once what was sent meanwhile."""
    process = hurt.arena.carrier.process
    with frozen([process.pid] if process is not None else ()):
        yield


KINDS: Mapping[str, Kind] = {
    "slow_replies": slow_replies,
    "broken_replies": broken_replies,
    "no_capacity": no_capacity,
    "provider_frozen": provider_frozen,
    "pushes_in_disorder": pushes_in_disorder,
    "pushes_lost": pushes_lost,
}
