"""What the columns of an upload mean: a person's numbers, the contact's own fields, and variables. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from campaigns.rows.names import shown, snake_case, unique, visible
from campaigns.rows.phone_names import looks_like_a_number, phone_places
from campaigns.rows.problems import ImportProblem

#: What a column can be said to be; "variables.due" names the variable.
MEANINGS = ("phone", "further_number", "name", "external_reference", "time_zone", "variables", "ignore")
#: How columns of variables begin, and the column of a person's other numbers, in files that we write.
VARIABLE = "variables."
FURTHER = "further_numbers"
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
#: Columns that are a person's name together.
_NAMES_IN_PARTS = (
    ("first_name", "middle_name", "last_name"),
    ("given_name", "additional_name", "family_name"),
    ("first_name", "middle_name", "surname"),
    ("vorname", "nachname"),
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where in a row is what; None or (): nowhere. ``variables`` are the places of variables, with their names."""

    columns: tuple[str, ...]  # as people tell them apart
    phones: tuple[int, ...]  # the one to call first
    names: tuple[int, ...]  # in parts where there are several
    external_reference: int | None
    time_zone: int | None
    variables: tuple[tuple[str, int], ...]
    ignored: frozenset[int] = frozenset()

    @property
    def phone(self) -> int:
        """Return the column whose number is called."""
        return self.phones[0]


def layout_of(
    columns: Sequence[str],
    *,
    phone_column: str = "",
    column_map: Mapping[str, str] | None = None,
    below: Sequence[Sequence[object]] = (),
) -> Layout:
    """Return what the columns mean: as it was chosen, else by their names, and by what stands ``below`` them.

    ``phone_column`` names the column of the number to call; of two ``Phone`` the second is ``Phone (2)``.
    ``column_map`` says of columns what they are (``MEANINGS``).

    Raises ImportProblem when no column holds numbers, for one that is not there, and for a meaning that is none.
    """
    names = shown(columns)
    plain = [snake_case(column) for column in columns]
    said = _named_variables(names) | _said(names, plain, column_map or {})
    # A file with such a column says itself which are the numbers, as our own exports do.
    further = next((place for place, name in enumerate(plain) if name == FURTHER and place not in said), None)
    phones = _phones(names, plain, said, phone_column, below)
    if further is not None and further != phones[0]:
        phones = [phones[0], further]
    free = [place for place in range(len(names)) if place not in said and place not in phones[:1]]
    own = {field: _own(plain, field, said, free) for field in _OWN_NAMES}
    # A further number that cannot be read is still there as a variable.
    taken = {phones[0], *own.values()} if len(phones) == 1 else {further, *own.values()}
    if further is not None:
        taken.add(phones[0])
    in_parts = () if own["name"] is not None else _in_parts(plain, free)
    ignored = frozenset(place for place, meaning in said.items() if meaning == "ignore")
    taken |= ignored
    wanted = [_variable_name(said.get(place, ""), name) or f"column_{place + 1}" for place, name in enumerate(plain)]
    variables = unique(wanted, "{}_{}", skip={place for place in taken if place is not None})
    return Layout(
        columns=tuple(names),
        phones=tuple(phones),
        names=in_parts if own["name"] is None else (own["name"],),
        external_reference=own["external_reference"],
        time_zone=own["time_zone"],
        variables=tuple((name, place) for place, name in enumerate(variables) if place not in taken),
        ignored=ignored,
    )


def _named_variables(names: Sequence[str]) -> dict[int, str]:
    """Return the columns that are called variables, as our own exports call them: `variables.due` is `due`."""
    found = {place: name for place, name in enumerate(names) if name.startswith(VARIABLE) and len(name) > len(VARIABLE)}
    # A second column of one name is told apart by its number, and is no variable of that name.
    return {place: name for place, name in found.items() if list(found.values()).count(name) == 1}


def _said(names: Sequence[str], plain: Sequence[str], column_map: Mapping[str, str]) -> dict[int, str]:
    """Return the meanings that were chosen, by place. Raises ImportProblem."""
    said: dict[int, str] = {}
    for column, meaning in column_map.items():
        if problem := meaning_problem(meaning):
            raise ImportProblem(f"{problem} That of {column[:40]!r} is {str(meaning)[:40]!r}.")
        place = place_of(column, names, plain)
        if place in said:
            raise ImportProblem(f"The column {names[place]!r} is named twice (column_map).")
        said[place] = meaning
    for single in ("phone", "name", "external_reference", "time_zone"):
        several = [names[place] for place, meaning in said.items() if meaning == single]
        if len(several) > 1:
            raise ImportProblem(f"Only one column can be the {single} (column_map): {_listed(several)}.")
    return said


def meaning_problem(meaning: object) -> str:
    """Return why this is no meaning of a column, "" for one that is."""
    name = str(meaning)
    is_one = name in MEANINGS or (name.startswith("variables.") and snake_case(name[10:]) == name[10:] != "")
    return "" if is_one else f"A column can be {', '.join(MEANINGS)} or variables.some_name (column_map)."


def place_of(wanted: str, names: Sequence[str], plain: Sequence[str]) -> int:
    """Return the place of a column by its name. Raises ImportProblem unless it is one."""
    exact = [place for place, name in enumerate(names) if name == visible(wanted)]
    places = exact or [place for place, name in enumerate(plain) if name and name == snake_case(wanted)]
    if len(places) != 1:
        how_many = "no column" if not places else f"{len(places)} columns"
        raise ImportProblem(f"The file has {how_many} named {wanted!r}. Its columns are: {_listed(names)}.")
    return places[0]


def _phones(
    names: Sequence[str],
    plain: Sequence[str],
    said: Mapping[int, str],
    phone_column: str,
    below: Sequence[Sequence[object]],
) -> list[int]:
    """Return the columns of numbers, the one to call first."""
    further = [place for place, meaning in said.items() if meaning == "further_number"]
    chosen = [place for place, meaning in said.items() if meaning == "phone"]
    if phone_column:
        named = place_of(phone_column, names, plain)
        if chosen not in ([], [named]) or said.get(named, "phone") != "phone":
            raise ImportProblem("phone_column and column_map name different columns: say it once.")
        chosen = [named]
    if chosen:
        return chosen + further
    found = [place for place in phone_places(names) if place not in said]
    held = [place for place in found if _is_below(place, below)]
    # One that holds no number at all is named so for another reason, or is empty.
    found = held or found
    if found:
        return found + further
    raise ImportProblem(_no_phone(names, below))


def _is_below(place: int, below: Sequence[Sequence[object]]) -> bool:
    return any(place < len(cells) and looks_like_a_number(cells[place]) for cells in below)


def _no_phone(names: Sequence[str], below: Sequence[Sequence[object]]) -> str:
    if any(sum(map(str.isdigit, name)) >= 7 for name in names):
        return (
            "The first row must name the columns, one of them phone; it looks like a row of data. Add a row of names."
        )
    looks = [name for place, name in enumerate(names) if _is_below(place, below)]
    like = f" What stands under {_listed(looks[:3])} looks like numbers." if looks else ""
    return (
        f"No column is named phone, mobile, contact number or the like. The columns are: {_listed(names)}.{like} "
        "Rename one, or say which one it is (phone_column), or which row names the columns (header_row)."
    )


def _own(plain: Sequence[str], field: str, said: Mapping[int, str], free: Sequence[int]) -> int | None:
    """Return the column of a field of the contact itself."""
    chosen = next((place for place, meaning in said.items() if meaning == field), None)
    if chosen is not None:
        return chosen
    return next((place for name in _OWN_NAMES[field] for place in free if plain[place] == name), None)


def _in_parts(plain: Sequence[str], free: Sequence[int]) -> tuple[int, ...]:
    places = {plain[place]: place for place in reversed(free)}
    for parts in _NAMES_IN_PARTS:
        if parts[0] in places and parts[-1] in places:
            return tuple(places[part] for part in parts if part in places)
    return ()


def _variable_name(meaning: str, name: str) -> str:
    return meaning.removeprefix("variables.") if meaning.startswith("variables.") else name


def _listed(names: Sequence[str]) -> str:
    text = ", ".join(repr(name[:40]) for name in names[:20])
    return text + (" …" if len(names) > 20 else "")
