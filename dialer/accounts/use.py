"""What accounts and their lines are used for. The apps that use them tell it when they start: this one knows none."""

from __future__ import annotations

import functools
import operator
from datetime import datetime

from django.db.models import Model, Value
from django.db.models.expressions import Combinable

from dialer.accounts.findings import Finding
from dialer.accounts.longest_call import LongestCall
from dialer.models import DID, Agent, DIDGroup, ProviderAccount


class AccountUse:
    """How one app uses accounts. It overrides what it can tell, and registers itself in its ``AppConfig.ready``."""

    def is_account_used(self, account: ProviderAccount) -> bool:
        """Return whether something refers to the account: it is switched off, never deleted."""
        return False

    def are_lines_used(self, account: ProviderAccount) -> bool:
        """Return whether calls may have been placed with the account's DIDs and agents."""
        return False

    def users_of(self, row: ProviderAccount | DID | DIDGroup | Agent) -> list[str]:
        """Return the names of what places calls with an account, a DID, the DIDs of a group or an agent."""
        return []

    def stopped(self, account: ProviderAccount, *, now: datetime) -> list[str]:
        """Return a sentence for each thing that is going and cannot call any more as the account and its lines are."""
        return []

    def switched_off(self, account: ProviderAccount, *, now: datetime) -> list[str]:
        """Return when nothing leaves any more, once the account is switched off; a sentence for what may go on."""
        return []

    def live_calls(self, model: type[Model]) -> Combinable | None:
        """Return an expression for the live calls of an account, DID or agent; None if the app places no calls."""
        return None

    def longest_call(self, account: ProviderAccount) -> LongestCall | None:
        """Return the longest call that its latest calls suggest; None if the app places no calls."""
        return None

    def findings(self, account: ProviderAccount, *, now: datetime) -> list[Finding]:
        """Return what the app has to say when an account is checked; it asks the provider nothing that rings."""
        return []


_uses: list[AccountUse] = []


def register(use: AccountUse) -> None:
    """Take note of how an app uses accounts."""
    _uses.append(use)


def is_account_used(account: ProviderAccount) -> bool:
    """Return whether an app refers to the account."""
    return any(use.is_account_used(account) for use in _uses)


def are_lines_used(account: ProviderAccount) -> bool:
    """Return whether calls may have been placed with the account's DIDs and agents."""
    return any(use.are_lines_used(account) for use in _uses)


def users_of(row: ProviderAccount | DID | DIDGroup | Agent) -> list[str]:
    """Return the names of what places calls with an account, a DID, the DIDs of a group or an agent."""
    return [name for use in _uses for name in use.users_of(row)]


def stopped(account: ProviderAccount, *, now: datetime) -> list[str]:
    """Return what a change of the account or its lines has stopped, a sentence each: said to who made the change."""
    return [sentence for use in _uses for sentence in use.stopped(account, now=now)]


def switched_off(account: ProviderAccount, *, now: datetime) -> list[str]:
    """Return when no request leaves by the account any more, with a sentence for each thing that may go on.

    After the transaction that switches it off. It takes a second at most, and longer where a provider must confirm.
    """
    return [sentence for use in _uses for sentence in use.switched_off(account, now=now)]


def live_calls(model: type[Model]) -> Combinable:
    """Return an expression for the live calls of an account, DID or agent, whose rows it annotates."""
    counted = [count for use in _uses if (count := use.live_calls(model)) is not None]
    return functools.reduce(operator.add, counted) if counted else Value(0)


def of_limit(calls: int, *, limit: int | None) -> str:
    """Return live calls beside their limit, in words.

    More than the limit are calls that the provider's fleet no longer counts, so that their lines were given to others.
    """
    if not limit:
        return f"{calls}, no limit"
    return f"{calls} of {limit}" if calls <= limit else f"{limit} of {limit}, and {calls - limit} await their results"


def longest_call(account: ProviderAccount) -> LongestCall | None:
    """Return the longest call that the account's latest calls suggest; None where no app places calls."""
    return next((found for use in _uses if (found := use.longest_call(account)) is not None), None)


def findings(account: ProviderAccount, *, now: datetime) -> list[Finding]:
    """Return what the apps that use accounts have to say of one."""
    return [finding for use in _uses for finding in use.findings(account, now=now)]
