"""Numbers as they come in from outside: by the number plan, and by what somebody with the right has let through."""

from __future__ import annotations

from campaigns.models import ContactList, NumberException
from dialer.accounts.regions import did_regions
from dialer.numbering.problems import NumberProblem, NumberProblemCode
from dialer.numbers import normalise

#: What a range that is newer than the data is refused for.
_MAY_BE_NEWER = {NumberProblemCode.INVALID_FOR_REGION, NumberProblemCode.TOO_SHORT, NumberProblemCode.TOO_LONG}
#: Each is one more reading of a number that is looked for.
MOST_REGIONS = 10


def let_through() -> tuple[str, ...]:
    """Return the beginnings of numbers that are taken though the number plan does not know them."""
    return tuple(NumberException.objects.values_list("prefix", flat=True))


def home_regions() -> tuple[str, ...]:
    """Return the countries whose numbers may be typed without a country code: of contact lists and of DIDs."""
    lists = ContactList.objects.exclude(default_region="").order_by("default_region").values_list("default_region")
    return tuple(dict.fromkeys([*(region for (region,) in lists.distinct()[:MOST_REGIONS]), *did_regions()]))


def read_number(text: str, *, region: str | None) -> str | NumberProblem:
    """Return a number in E.164 form or why it is none; ``region`` is the country of those without a country code."""
    found = normalise(text, region=region)
    if isinstance(found, str) or found.code not in _MAY_BE_NEWER:
        return found
    exceptions = let_through()
    return normalise(text, region=region, let_through=exceptions) if exceptions else found
