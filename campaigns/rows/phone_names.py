"""Which columns hold a person's own numbers, by their names, and in which order they are called. Pure.

Only names that are known: a manager's, a company's or an emergency contact's number is somebody else's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from campaigns.rows.names import snake_case

_PLAIN = (
    frozenset({"phone", "phone_number", "phone_no", "phonenumber", "phone_num", "primary_phone", "primary_number"}),
    frozenset(
        {"mobile", "mobile_number", "mobile_no", "mobile_num", "mobilenumber", "mobile_phone", "cell", "cell_phone"}
        | {"contact_number", "contact_no", "contactnumber", "contact_phone", "cellphone", "msisdn"}
        | {"customer_number", "customer_phone", "customer_mobile", "handy"}
    ),
    frozenset({"tel", "telephone", "telephone_number", "tel_no", "telefon", "telefono", "telefone", "téléphone"}),
)
_FURTHER = frozenset({"further_number", "further_numbers", "other_numbers", "phones", "phone_numbers"})
#: Names that are numbers of other things as often: taken where there is no better one.
_WEAK = (
    frozenset({"number", "no", "num"}),
    frozenset({"whatsapp", "whatsapp_number", "whatsapp_no", "contact"}),
)
_KINDS = (
    "business|work|office|home|residence|landline|other|alternate|alternative|alt|secondary|second|personal|main|"
    "additional|further"
)
_OF_A_KIND = re.compile(
    rf"(?:{_KINDS})_(?:(?:phone|mobile|cell|tel|telephone)(?:_(?:number|no|num))?|(?:contact_)?(?:number|no|num))|landline"
)
_NUMBERED = re.compile(r"(.+?)_?(\d{1,2})(?:_value)?")
_DATE = re.compile(r"\d{4}[-/. ]\d\d?[-/. ]\d\d?|\d\d?[-/. ]\d\d?[-/. ]\d{2,4}")
_SPELLING = re.compile(r"[+\d\s().\-/\u00a0\u200b-\u200f\u202a-\u202f\u2060-\u2069\ufeff\u2010-\u2015:='\"]{7,60}")


def phone_places(columns: Sequence[str]) -> list[int]:
    """Return the places of a person's numbers, the one to call first."""
    ranked = [(rank, place) for place, column in enumerate(columns) if (rank := _rank(snake_case(column))) is not None]
    strong = [place for (group, _), place in sorted(ranked) if group < len(_PLAIN) + 1]
    if strong:
        return strong
    best = min((group for (group, _), _ in ranked), default=0)
    return [place for (group, _), place in sorted(ranked) if group == best]


def _rank(name: str) -> tuple[int, int] | None:
    """Return a group, best first, and the number within it; None for a name that is none of a phone's."""
    for group, names in enumerate(_PLAIN):
        if name in names:
            return group, 0
    if name in _FURTHER or _OF_A_KIND.fullmatch(name):
        return len(_PLAIN), 0
    for group, names in enumerate(_WEAK, len(_PLAIN) + 1):
        if name in names:
            return group, 0
    numbered = _NUMBERED.fullmatch(name)
    if numbered is None or numbered[1] in _WEAK[0]:
        return None
    base = _rank(numbered[1].removesuffix("_"))
    return (base[0], int(numbered[2])) if base is not None else None


def looks_like_a_number(cell: object) -> bool:
    """Return whether a cell may be somebody's number, to tell names of columns from what stands under them."""
    if isinstance(cell, int) and not isinstance(cell, bool):
        return cell >= 1_000_000
    if isinstance(cell, list):
        return any(looks_like_a_number(one) for one in cell)
    if not isinstance(cell, str) or _DATE.fullmatch(cell.strip()):
        return False
    return bool(_SPELLING.fullmatch(cell)) and sum(map(str.isdigit, cell)) >= 7
