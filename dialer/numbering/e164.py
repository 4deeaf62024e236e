"""Any spelling of a number in, E.164 or the reason why not out. Pure; no country is ever guessed."""

from __future__ import annotations

import re
from collections.abc import Collection

from phonenumbers import PhoneMetadata

from dialer.numbering.plan import planned
from dialer.numbering.problems import PROBLEMS, NumberProblem, NumberProblemCode
from dialer.numbering.spelling import cleaned, spelling_problem


def _plain_indian() -> re.Pattern[str]:
    """Return a pattern of Indian mobiles without separators, made from the phone library's own data."""
    metadata = PhoneMetadata.metadata_for_region("IN")
    assert metadata is not None
    assert metadata.mobile is not None
    return re.compile(rf"(\+91|91|0)?({metadata.mobile.national_number_pattern})", re.ASCII)


_PLAIN_INDIAN = _plain_indian()
_WITHOUT_SEPARATORS = str.maketrans("", "", " ().-")


def normalise(raw: str, *, region: str | None, let_through: Collection[str] = ()) -> str | NumberProblem:
    """Return `raw` as E.164, or what is wrong with it. An old spelling of a renumbered line is taken as the new one.

    `region` is the two-letter country of numbers without a country code; None or "" refuses those. `let_through` are
    beginnings of E.164 numbers that are right though the number plan does not know them.
    """
    plain = _PLAIN_INDIAN.fullmatch(raw)
    if plain is not None and (region == "IN" or plain[1] == "+91"):
        return "+91" + plain[2]
    text = cleaned(raw)
    if isinstance(text, NumberProblem):
        return text
    if not text:
        return PROBLEMS[NumberProblemCode.EMPTY]
    plain = _PLAIN_INDIAN.fullmatch(text.translate(_WITHOUT_SEPARATORS))
    if plain is not None and (region == "IN" or plain[1] == "+91"):
        return "+91" + plain[2]
    problem = spelling_problem(text, region=region)
    return problem or planned(text, region=region or None, let_through=let_through)
