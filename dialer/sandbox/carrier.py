"""The carrier as a whole: its dialects, its accounts, its exchange and the pushes of what happens there."""

from __future__ import annotations

from collections.abc import Mapping
from time import time
from typing import Any

from dialer.sandbox.accounts import Account
from dialer.sandbox.behaviours import Phase
from dialer.sandbox.calls import Call
from dialer.sandbox.dialects import load_dialects
from dialer.sandbox.exchange import Exchange
from dialer.sandbox.pushing import Pusher
from dialer.sandbox.settings import AccountSettings, parse_settings


class UnknownDialect(LookupError):
    """No dialect has this slug."""


class Carrier:
    """All state of one sandbox. ``time_factor`` divides simulated seconds into real ones."""

    def __init__(self, *, time_factor: float, seed: int) -> None:
        self.seed = seed
        self.dialects = load_dialects()
        self.accounts: dict[str, Account] = {}
        self.exchange = Exchange(time_factor=time_factor, reached=self._reached)
        self.pusher = Pusher(exchange=self.exchange, dialects=self.dialects)

    def configure(self, slug: str, name: str, given: Mapping[str, Any], *, merge: bool = False) -> Account:
        """Create an account or change its settings; without ``merge`` the rest goes back to defaults.

        Raises BadSetting and UnknownDialect; then nothing is changed.
        """
        dialect = self.dialects.get(slug)
        if dialect is None:
            raise UnknownDialect(f"No dialect {slug!r}; there are {', '.join(self.dialects)}.")
        account = self.accounts.get(f"{slug}/{name}")
        if account is not None and merge:
            account.change(given, at=time())
            return account
        settings = parse_settings(dialect.settings_class, given)
        dialect.prepare(settings)
        if account is not None:
            account.apply(settings=settings, seed=self.seed, at=time())
            return account
        account = Account(platform=dialect, name=name, seed=self.seed, settings=settings)
        self.accounts[account.key] = account
        return account

    def settings_of(self, slug: str, name: str) -> AccountSettings | None:
        """Return the settings of an account, None if there is no such account."""
        account = self.accounts.get(f"{slug}/{name}")
        return None if account is None else account.settings

    def reset(self, *, time_factor: float | None = None, seed: int | None = None) -> None:
        """Forget the ledger and every live call; accounts and their settings stay, draws start again."""
        self.exchange.reset(time_factor=time_factor)
        self.pusher.reset()
        self.seed = self.seed if seed is None else seed
        for account in self.accounts.values():
            account.clear(seed=self.seed, settings=account.settings, at=time())

    def _reached(self, call: Call, phase: Phase) -> None:
        """Tell the dialect of a call that it has reached a phase, then push the phase."""
        self.dialects[call.account.slug].reached(self.exchange, call, phase)
        self.pusher.emit(call, phase)
