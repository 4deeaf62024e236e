"""The exchange: the life of calls, from the line taken to the line free again, and the ledger that writes it down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import time
from typing import Any

from dialer.sandbox.behaviours import Outcome, Phase
from dialer.sandbox.calls import Call
from dialer.sandbox.ledger import Ledger


class Exchange:
    """All calls of one sandbox. ``time_factor`` divides simulated seconds into real ones.

    ``reached`` is called with each phase that a call reaches. ``epoch`` counts resets: what was planned for a call of
    an earlier one is void.
    """

    def __init__(self, *, time_factor: float, reached: Callable[[Call, Phase], None]) -> None:
        self.time_factor = time_factor
        self.epoch = 0
        self.ledger = Ledger()
        self.loop = asyncio.get_running_loop()
        self._reached = reached

    def reset(self, *, time_factor: float | None) -> None:
        """Forget the ledger and every live call."""
        self.epoch += 1
        for call in self.ledger.live.values():
            if call.timer is not None:
                call.timer.cancel()
        self.ledger = Ledger()
        self.time_factor = time_factor or self.time_factor

    def begin(self, call: Call, at: float) -> None:
        """Take the call: it is live from now on, and rings (after the agent's phone, where that rings first)."""
        assert call.plan is not None
        call.epoch = self.epoch
        self.ledger.start(call, at)
        self._reached(call, Phase.INITIATED)
        if call.plan.agent_ring_seconds:
            call.timer = self._later(call.plan.agent_ring_seconds, self._ring, call)
        else:
            self._ring(call)

    def begin_at(self, call: Call, at: float) -> None:
        """Take the call and start it at ``at``, a real instant (Unix time), unless all is forgotten before."""
        epoch = self.epoch
        self.loop.call_later(max(0.0, at - time()), lambda: self.begin(call, time()) if epoch == self.epoch else None)

    def hang_up(self, call: Call) -> None:
        """End a live call now: what was answered stays answered, the rest is CANCELED."""
        assert call.plan is not None
        if call.timer is not None:
            call.timer.cancel()
        if call.answered_at is None:
            call.plan = call.plan._replace(outcome=Outcome.CANCELED)
        else:
            call.plan = call.plan._replace(talk_seconds=(time() - call.answered_at) * self.time_factor)
        self._end(call)

    def _ring(self, call: Call) -> None:
        assert call.plan is not None
        outcome = call.plan.outcome
        if outcome is Outcome.CANCELED and call.asked.agent_rings_first:
            self._end(call)  # the agent did not pick up: the customer was never called
            return
        if outcome is not Outcome.FAILED:  # the network never reached the phone
            self.ledger.ring(call, time())
            self._reached(call, Phase.RINGING)
        call.timer = self._later(call.plan.ring_seconds, self._ring_over, call)

    def _ring_over(self, call: Call) -> None:
        assert call.plan is not None
        if call.plan.outcome is not Outcome.ANSWERED and call.plan.outcome is not Outcome.MACHINE:
            self._end(call)
            return
        call.answered_at = time()
        self._reached(call, Phase.ANSWERED)
        call.timer = self._later(call.plan.talk_seconds, self._end, call)

    def _end(self, call: Call) -> None:
        assert call.plan is not None
        call.timer = None
        call.outcome = call.plan.outcome
        self.ledger.end(call, time())
        self._reached(call, Phase.ENDED)

    def _later(self, seconds: float, step: Any, call: Call) -> asyncio.TimerHandle:
        return self.loop.call_later(seconds / self.time_factor, step, call)
