"""What the columns of an upload mean: the phone number, the contact's own fields, and variables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.importing.problems import ImportProblem

#: Names of the phone column, best first: of two, the one of the earlier group is taken; of two of one group, none.
PHONE_NAMES = (
    frozenset({"phone", "phone_number", "phone_no", "phonenumber", "phone_num", "phone_1", "primary_phone"}),
    frozenset(
        {"mobile", "mobile_number", "mobile_no", "mobile_num", "mobilenumber", "mobile_phone", "cell", "cell_phone"}
        | {"contact_number", "contact_no", "contactnumber", "contact_phone", "cellphone", "msisdn"}
        | {"customer_number", "customer_phone", "customer_mobile"}
    ),
    frozenset({"number", "no", "num", "tel", "telephone", "telephone_number", "tel_no", "telefon", "telefono"}),
    frozenset({"whatsapp", "whatsapp_number", "whatsapp_no", "contact"}),
)
_OWN_NAMES = {
    "name": ("name", "full_name", "fullname", "customer_name", "contact_name", "customer"),
    "external_reference": (
        "external_reference",
        "external_id",
        "reference",
        "reference_id",
        "customer_id",
        "contact_id",
        "lead_id",
        "crm_id",
        "id",
    ),
    "time_zone": ("time_zone", "timezone", "tz"),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where in a row is what; None: nowhere. ``variables`` are the places of variables, with their names."""

    columns: tuple[str, ...]  # as uploaded, made unique
    phone: int
    name: int | None
    external_reference: int | None
    time_zone: int | None
    variables: tuple[tuple[str, int], ...]


def layout_of(columns: Sequence[str], *, phone_column: str = "") -> Layout:
    """Return what the columns mean. ``phone_column`` names the phone column; "": found by its name.

    Raises ImportProblem when there is no phone column, or more than one that could be it.
    """
    plain = [snake_case(column) for column in columns]
    phone = _named_phone(columns, plain, phone_column) if phone_column else _found_phone(columns, plain)
    own = {field: _first(plain, names, but=phone) for field, names in _OWN_NAMES.items()}
    taken = {phone, *own.values()}
    names = _unique([name or f"column_{place + 1}" for place, name in enumerate(plain)], "_", skip=taken)
    return Layout(
        columns=tuple(_unique([column.strip() or f"Column {n}" for n, column in enumerate(columns, 1)], " ")),
        phone=phone,
        name=own["name"],
        external_reference=own["external_reference"],
        time_zone=own["time_zone"],
        variables=tuple((name, place) for place, name in enumerate(names) if place not in taken),
    )


def snake_case(column: str) -> str:
    """Return a column's name as a variable's name: ``Amount Due (₹)`` is ``amount_due``."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", column.strip().strip("\ufeff\"'“”‘’"))
    return re.sub(r"[^\w]+|_+", "_", words.lower()).strip("_")[:100]


def _named_phone(columns: Sequence[str], plain: list[str], wanted: str) -> int:
    exact = [place for place, column in enumerate(columns) if column.strip() == wanted.strip()]
    places = exact or [place for place, name in enumerate(plain) if name == snake_case(wanted)]
    if len(places) != 1:
        how_many = "no column" if not places else f"{len(places)} columns"
        raise ImportProblem(f"The file has {how_many} named {wanted!r}. Its columns are: {_listed(columns)}.")
    return places[0]


def _found_phone(columns: Sequence[str], plain: list[str]) -> int:
    for names in PHONE_NAMES:
        places = [place for place, name in enumerate(plain) if name in names]
        if len(places) > 1:
            several = " and ".join(repr(columns[place].strip()) for place in places)
            raise ImportProblem(f"Both {several} could be the phone column: say which one (phone_column).")
        if places:
            return places[0]
    if any(sum(map(str.isdigit, column)) >= 7 for column in columns):
        raise ImportProblem(
            "The first row must name the columns, one of them phone; it looks like a row of data. Add a row of names."
        )
    raise ImportProblem(
        f"No column is named phone, mobile, contact number or the like. The columns are: {_listed(columns)}. "
        "Rename one, or say which one it is (phone_column)."
    )


def _first(plain: list[str], names: tuple[str, ...], *, but: int) -> int | None:
    for name in names:
        for place, found in enumerate(plain):
            if found == name and place != but:
                return place
    return None


def _unique(names: list[str], joint: str, *, skip: set[int | None] | None = None) -> list[str]:
    """Return the names with a number put after those that are there already; places in ``skip`` take no name."""
    seen: set[str] = set()
    result = []
    wanted = {name for place, name in enumerate(names) if place not in (skip or ())}
    for place, name in enumerate(names):
        unique, count = name, 1
        while unique in seen or (count > 1 and unique in wanted):
            count += 1
            unique = f"{name}{joint}{count}"
        if place not in (skip or ()):
            seen.add(unique)
        result.append(unique)
    return result


def _listed(columns: Sequence[str]) -> str:
    shown = ", ".join(repr(column.strip()[:40]) for column in columns[:20])
    return shown + (" …" if len(columns) > 20 else "")
