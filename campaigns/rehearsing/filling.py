"""How full the lines of a rehearsal were while leads were due: as the carrier saw them, and as we held them.

A line that we hold and the carrier does not see taken belongs to a call that is over there and not known to be over
here, to one that never began, or to a request on its way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from campaigns.models import Attempt, Campaign
from campaigns.rehearsing.staging import Stage
from dialer.sandbox.client import SandboxClient
from dialer.sandbox.filling import fill_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """Lines of one campaign while its leads were due: ``limit`` of them, taken and held on average, for ``seconds``.

    ``doubted``: those of ``held`` whose request had no clear answer (UNCERTAIN) or whose end nobody told (LOST).
    """

    limit: float
    taken: float = 0.0
    held: float = 0.0
    doubted: float = 0.0
    seconds: float = 0.0

    def as_json(self) -> dict[str, float]:
        """Return it as shares of the limit."""
        shares = {"fill": self.taken, "held": self.held, "doubted": self.doubted}
        return {**{name: round(lines / self.limit, 4) for name, lines in shares.items()}, "due_seconds": self.seconds}


def fill(
    carrier: SandboxClient, stage: Stage, *, campaign: Campaign, intervals: Sequence[tuple[float, float]]
) -> Filled:
    """Return how full the lines of one account were while leads of its one campaign were due, in ``intervals``."""
    limit = sum(did.max_live_calls for did in stage.dids)
    for other in (stage.account.max_live_calls, len(stage.agents) or None):
        limit = min(limit, other) if other is not None else limit
    if not intervals:
        return Filled(limit=limit)
    found = carrier.fill(slug=stage.account.provider, account=stage.carrier_account, intervals=intervals, limit=limit)
    attempts = Attempt.objects.filter(campaign=campaign, ended_at__isnull=False)
    unclear = Q(placed_at=None, placing_at__isnull=False) & ~Q(outcome="REFUSED")
    held, doubted = (
        fill_of(spans=_spans(some), intervals=intervals, limit=limit).mean_live
        for some in (attempts, attempts.filter(unclear | Q(outcome="LOST")))
    )
    seconds = round(sum(end - start for start, end in intervals), 1)
    return Filled(limit=limit, taken=found["mean_live"], held=held, doubted=doubted, seconds=seconds)


def whole_fill(fills: Iterable[Filled]) -> float:
    """Return the share of all lines that was taken while leads were due, each campaign weighing by its lines."""
    every = list(fills)
    return round(sum(one.taken for one in every) / sum(one.limit for one in every), 4)


def _spans(attempts: QuerySet[Attempt]) -> list[tuple[float, float]]:
    rows = attempts.values_list("reserved_at", "ended_at")
    return [(reserved_at.timestamp(), ended_at.timestamp()) for reserved_at, ended_at in rows if ended_at]
