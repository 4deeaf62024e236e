"""The carrier: its accounts, its ledger and the life of its calls, from the request taken to the line free again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from time import time
from typing import Any

from dialer.sandbox.accounts import Account
from dialer.sandbox.behaviours import Outcome, Phase
from dialer.sandbox.calls import Call
from dialer.sandbox.dialects import load_dialects
from dialer.sandbox.ledger import Ledger
from dialer.sandbox.pushing import Pusher
from dialer.sandbox.settings import AccountSettings, parse_settings


class UnknownDialect(LookupError):
    """No dialect has this slug."""


class Carrier:
    """All state of one sandbox. ``time_factor`` divides simulated seconds into real ones."""

    def __init__(self, *, time_factor: float, seed: int) -> None:
        self.time_factor = time_factor
        self.seed = seed
        self.epoch = 0
        self.dialects = load_dialects()
        self.accounts: dict[str, Account] = {}
        self.ledger = Ledger()
        self.loop = asyncio.get_running_loop()
        self.pusher = Pusher(self)

    def configure(self, slug: str, name: str, given: Mapping[str, Any], *, merge: bool = False) -> Account:
        """Create an account or change its settings; without ``merge`` the rest goes back to defaults.

        Raises BadSetting and UnknownDialect; then nothing is changed.
        """
        dialect = self.dialects.get(slug)
        if dialect is None:
            raise UnknownDialect(f"No dialect {slug!r}; there are {', '.join(self.dialects)}.")
        account = self.accounts.get(f"{slug}/{name}")
        if account is None:
            settings = parse_settings(dialect.settings_class, given)
            dialect.prepare(settings)
            account = Account(dialect=dialect, name=name, seed=self.seed, settings=settings)
            self.accounts[account.key] = account
            return account
        settings = parse_settings(dialect.settings_class, {**account.settings.as_json(), **given} if merge else given)
        dialect.prepare(settings)
        account.apply(settings=settings, seed=None if merge else self.seed, at=time())
        return account

    def settings_of(self, slug: str, name: str) -> AccountSettings | None:
        """Return the settings of an account, None if there is no such account."""
        account = self.accounts.get(f"{slug}/{name}")
        return None if account is None else account.settings

    def reset(self, *, time_factor: float | None = None, seed: int | None = None) -> None:
        """Forget the ledger and every live call; accounts and their settings stay, draws start again."""
        self.epoch += 1
        for call in self.ledger.live.values():
            if call.timer is not None:
                call.timer.cancel()
        self.ledger = Ledger()
        self.pusher.reset()
        self.time_factor = time_factor or self.time_factor
        self.seed = self.seed if seed is None else seed
        for account in self.accounts.values():
            account.clear(seed=self.seed, settings=account.settings, at=time())

    def begin(self, call: Call, at: float) -> None:
        """Take the call: it is live from now on, and rings (after the agent's phone, where that rings first)."""
        assert call.plan is not None
        call.epoch = self.epoch
        call.account.calls[call.external_id] = call
        self.ledger.start(call, at)
        self._reach(call, Phase.INITIATED)
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
            self._reach(call, Phase.RINGING)
        call.timer = self._later(call.plan.ring_seconds, self._ring_over, call)

    def _ring_over(self, call: Call) -> None:
        assert call.plan is not None
        if call.plan.outcome is not Outcome.ANSWERED and call.plan.outcome is not Outcome.MACHINE:
            self._end(call)
            return
        call.answered_at = time()
        self._reach(call, Phase.ANSWERED)
        call.timer = self._later(call.plan.talk_seconds, self._end, call)

    def _end(self, call: Call) -> None:
        assert call.plan is not None
        call.timer = None
        call.outcome = call.plan.outcome
        self.ledger.end(call, time())
        self._reach(call, Phase.ENDED)

    def _reach(self, call: Call, phase: Phase) -> None:
        call.account.dialect.reached(self, call, phase)
        self.pusher.emit(call, phase)

    def _later(self, seconds: float, step: Any, call: Call) -> asyncio.TimerHandle:
        return self.loop.call_later(seconds / self.time_factor, step, call)
