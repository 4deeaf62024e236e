"""What managers do in the middle of it: limits, pauses, the kill switch."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from campaigns.lifecycle.operations import pause_campaign, resume_campaign, set_dialing_allowed
from dialer.models import DID
from tests.chaos.arena import now
from tests.chaos.generated.hurt import Hurt, Kind
from tests.chaos.generated.plan import Fault
from tests.chaos.scenes import Scene


@contextmanager
def limit_lowered(hurt: Hurt, fault: Fault) -> Iterator[None]:
    """A manager lowers a DID's limit while calls are under way: the audit must know what held when."""
    did = hurt.scene_of(fault).stage.dids[0]
    hurt.arena.in_time(lambda: DID.objects.filter(pk=did.pk).update(max_live_calls=1))
    yield
    hurt.arena.in_time(lambda: DID.objects.filter(pk=did.pk).update(max_live_calls=did.max_live_calls))


@contextmanager
def paused(hurt: Hurt, fault: Fault) -> Iterator[None]:
    scene = hurt.scene_of(fault)
    scene.campaign.refresh_from_db()
    if scene.campaign.state != "RUNNING":
        yield
        return
    pause_campaign(campaign_id=scene.campaign.pk, now=now(), by="chaos")
    returned_at = time.time()
    yield
    _nothing_since(hurt, returned_at, [scene], "pause")
    resume_campaign(campaign_id=scene.campaign.pk, now=now(), by="chaos")


@contextmanager
def kill_switch(hurt: Hurt, fault: Fault) -> Iterator[None]:
    set_dialing_allowed(allowed=False, reason="", by="chaos", now=now())
    returned_at = time.time()
    yield
    _nothing_since(hurt, returned_at, hurt.scenes, "the kill switch")
    set_dialing_allowed(allowed=True, reason="", by="chaos", now=now())


def _nothing_since(hurt: Hurt, at: float, scenes: Sequence[Scene], what: str) -> None:
    late = [left_at - at for left_at in _departures(hurt, scenes) if left_at > at]
    if late:
        hurt.found.append(f"{len(late)} requests left after {what} had returned, the last {max(late):.2f} s after")


def _departures(hurt: Hurt, scenes: Sequence[Scene]) -> Sequence[float]:
    """Return when requests left lately, or where nobody heard them leave, when they arrived."""
    if hurt.wire is not None:
        keys = [f"{scene.slug}/{scene.stage.carrier_account}" for scene in scenes]
        return [at for key in keys for at in list(hurt.wire.departures.get(key, ()))[-2_000:]]
    accounts = {scene.stage.carrier_account for scene in scenes}
    after = max(0, int(hurt.arena.carrier.summary()["requests"]) - 2_000)
    rows = hurt.arena.carrier.ledger(after=after)
    return [row["requested_at"] for row in rows if row["account"] in accounts]


KINDS: Mapping[str, Kind] = {
    "limit_lowered": limit_lowered,
    "paused": paused,
    "kill_switch": kill_switch,
}
