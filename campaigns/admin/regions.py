"""Search by a number written as people write it: without a country code it is tried in the countries of the lists."""

from __future__ import annotations

from campaigns.models import ContactList
from dialer.admin.base import NumberSearch


class HomeNumberSearch(NumberSearch):
    """Mixin of a search by whole number that knows the countries in use."""

    def search_regions(self) -> tuple[str, ...]:
        """Return the default regions of the contact lists, at most five."""
        regions = ContactList.objects.exclude(default_region="").order_by().values_list("default_region", flat=True)
        return tuple(regions.distinct()[:5])
