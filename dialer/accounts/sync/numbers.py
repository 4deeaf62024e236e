"""Brings the numbers that a provider lists into our DIDs: new ones are added, none is taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dialer.models import DID, ProviderAccount
from dialer.models.dids import is_did


@dataclass(frozen=True, slots=True, kw_only=True)
class Enlisted:
    """What became of a list of numbers. ``unlisted``: active DIDs of ours that the provider does not list."""

    listed: int
    added: tuple[str, ...]
    unlisted: tuple[str, ...]


def enlist_numbers(*, account: ProviderAccount, numbers: Sequence[str]) -> Enlisted:
    """Add the ``numbers`` that the account does not have yet, each for one call at a time; what is no E.164 is none.

    A DID that is there keeps its limit, label and state: those are the manager's. No campaign uses a new one by itself.
    """
    numbers = [number for number in numbers if is_did(number)]
    known = set(DID.objects.filter(account=account).values_list("number", flat=True))
    added = tuple(number for number in dict.fromkeys(numbers) if number not in known)
    DID.objects.bulk_create([DID(account=account, number=number) for number in added], ignore_conflicts=True)
    active = DID.objects.filter(account=account, is_active=True).exclude(number__in=numbers)
    return Enlisted(
        listed=len(set(numbers)),
        added=added,
        unlisted=tuple(active.order_by("number").values_list("number", flat=True)),
    )
