"""The countries in which an account has numbers."""

from __future__ import annotations

import phonenumbers

from dialer.models import DID
from dialer.numbering.plan import country_code

#: DIDs are looked at, the newest first.
MOST_DIDS = 200


def did_regions() -> tuple[str, ...]:
    """Return the two-letter countries of the DIDs: numbers may be typed there without a country code."""
    numbers = DID.objects.order_by("-id").values_list("number", flat=True)[:MOST_DIDS]
    codes = dict.fromkeys(code for number in numbers if (code := country_code(number)))
    regions = (phonenumbers.region_code_for_country_code(int(code)) for code in codes)
    return tuple(region for region in regions if len(region) == 2 and region.isalpha())
