"""Search by a number written as people write it: without a country code it is tried in the countries of the lists."""

from __future__ import annotations

from campaigns.leads.numbers import home_regions
from dialer.admin.base import NumberSearch


class HomeNumberSearch(NumberSearch):
    """Mixin of a search by whole number that knows the countries in use."""

    def search_regions(self) -> tuple[str, ...]:
        """Return the countries of the contact lists and of the DIDs."""
        return home_regions()
