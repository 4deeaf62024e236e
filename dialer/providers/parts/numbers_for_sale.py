"""Numbers that an account can buy by the provider's API. A provider that sells numbers lists the account's own, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from dialer.providers.questions import Question
from dialer.providers.vocabulary import AccountConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A region that has numbers for sale, as the provider names it."""

    id: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Numbers for sale in E.164. ``price`` is that of each, as the provider writes it; None: it names none."""

    numbers: tuple[str, ...] = ()
    price: str | None = None
    currency: str | None = None


@runtime_checkable
class NumbersForSale(Protocol):
    """A shop for numbers."""

    def regions(self, *, account: AccountConfig) -> Question[tuple[Region, ...]]:
        """Return the question for the regions that have numbers for sale."""

    def offers(self, *, account: AccountConfig, country_code: str, region: str, pattern: str) -> Question[Offer]:
        """Return the question for numbers of a region (its id) that hold the digits of ``pattern``; empty: any."""

    def purchase(self, *, account: AccountConfig, country_code: str, number: str) -> Question[object]:
        """Return the purchase of a number (E.164), which costs money. Nobody repeats it on a guess.

        Whether it arrived is told by ``Provider.build_numbers``.
        """
