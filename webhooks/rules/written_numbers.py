"""Numbers as providers write them, who may leave the country out: numbers of two countries can end alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from dialer.numbering.plan import country_code

#: Numbers that are written without a country code are read as of this one, and as of those of the account's DIDs.
HOME_COUNTRY = "91"
#: A number without its country is told by so many last digits.
LAST_DIGITS = 10


def spellings(written: str | None, *, countries: Collection[str]) -> set[str]:
    """Return the E.164 numbers that a number as a provider writes it can be; none for extensions and names."""
    digits = "".join(char for char in written or "" if char.isascii() and char.isdigit())
    if len(digits) < 7 or len(digits) > 17:
        return set()
    if (written or "").lstrip().startswith("+"):
        return {f"+{digits}"}
    national = digits.lstrip("0")
    return {f"+{national}", *(f"+{country}{national}" for country in {HOME_COUNTRY, *countries})}


class WrittenNumbers:
    """What belongs to numbers (E.164), found by a number as a log writes it."""

    def __init__(self, wanted: Mapping[str, int]) -> None:
        self._wanted = wanted
        self._by_end: defaultdict[str, list[str]] = defaultdict(list)
        for number in wanted:
            self._by_end[_end(number)].append(number)

    def get(self, written: str | None) -> int | None:
        """Return what belongs to the number; None where there is none, or where it may be one of several."""
        found = self._meant(written)
        return self._wanted[found[0]] if len(found) == 1 else None

    def is_unclear(self, written: str | None) -> bool:
        """Return whether it may be one of several."""
        return len(self._meant(written)) > 1

    def _meant(self, written: str | None) -> list[str]:
        """Return the numbers that it spells, with their country or without."""
        digits = "".join(char for char in written or "" if char.isascii() and char.isdigit())
        if (written or "").lstrip().startswith("+"):
            return [f"+{digits}"] if f"+{digits}" in self._wanted else []
        given = digits.lstrip("0")
        return [number for number in self._by_end.get(_end(given), []) if _is_spelled(number, given)]


def _is_spelled(number: str, digits: str) -> bool:
    """Return whether these digits are the whole of a number (E.164), or all of it but its country."""
    return digits in (number.removeprefix("+"), number.removeprefix(f"+{country_code(number)}"))


def _end(number: str) -> str:
    return "".join(char for char in number if char.isascii() and char.isdigit())[-LAST_DIGITS:]
