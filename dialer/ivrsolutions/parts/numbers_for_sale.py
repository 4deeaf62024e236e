"""Numbers to buy by the operations of the document. Source: IVR Solutions public OpenAPI 3.0.3 document."""

from __future__ import annotations

from dialer.ivrsolutions import formats, numbers, records
from dialer.providers.base import AccountConfig, Question
from dialer.providers.parts.numbers_for_sale import Offer, Region


class NumberShop:
    """The part ``numbers_for_sale``."""

    def regions(self, *, account: AccountConfig) -> Question[tuple[Region, ...]]:
        """Return "getDidRegions"."""
        return numbers.get_did_regions.ask(account).turned(
            lambda found: tuple(Region(id=region.id, name=region.name) for region in found)
        )

    def offers(self, *, account: AccountConfig, country_code: str, region: str, pattern: str) -> Question[Offer]:
        """Return "searchDids"."""
        question = numbers.search_dids.ask(
            account,
            country_code=country_code,
            region=region,
            pattern=pattern or None,
            search_pattern="contains" if pattern else None,
        )
        return question.turned(_offer)

    def purchase(self, *, account: AccountConfig, country_code: str, number: str) -> Question[object]:
        """Return "buyDid"."""
        return numbers.buy_did.ask(account, country=country_code, number=number)


def _offer(found: records.NumbersForSale) -> Offer:
    """Return the offer; what is no whole number is left out."""
    whole = tuple(number for number in map(formats.e164, found.numbers) if number)
    return Offer(numbers=whole, price=found.cost, currency=found.currency)
