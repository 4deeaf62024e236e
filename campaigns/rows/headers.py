"""Where the names of columns stand: in the first row, or below a title, as the rows under them show. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from campaigns.rows.columns import place_of
from campaigns.rows.names import shown, snake_case
from campaigns.rows.phone_names import looks_like_a_number, phone_places
from campaigns.rows.problems import ImportProblem

#: Rows that are looked at for the names of columns, and for what stands under them.
MOST_TITLE_ROWS = 20
LOOKED_AT_ROWS = 60

Cells = Sequence[object]


def header_place(rows: Sequence[Cells], *, phone_column: str = "", column_map: Mapping[str, str] | None = None) -> int:
    """Return which of a file's first rows names the columns: 0 unless rows above are a title, and none of people."""
    found = sure_header_place(rows, phone_column=phone_column, column_map=column_map)
    return found if found is not None else 0


def sure_header_place(
    rows: Sequence[Cells], *, phone_column: str = "", column_map: Mapping[str, str] | None = None
) -> int | None:
    """Return the first row with a column of numbers under its name, None where there is none.

    No row above it may hold what could be somebody's number: nobody is passed over as part of a title.
    """
    wanted = [phone_column] if phone_column else []
    wanted += [name for name, meaning in (column_map or {}).items() if meaning in ("phone", "further_number")]
    for place, cells in enumerate(rows[:MOST_TITLE_ROWS]):
        columns = _named_places(cells, wanted)
        if any(
            looks_like_a_number(row[column]) for row in rows[place + 1 :] for column in columns if column < len(row)
        ):
            return place
        if any(map(looks_like_a_number, cells)):
            return None
    return None


def _named_places(cells: Cells, wanted: Sequence[str]) -> list[int]:
    texts = [str(cell) for cell in cells]
    if not wanted:
        return phone_places(texts)
    names, plain = shown(texts), [snake_case(text) for text in texts]
    found = []
    for name in wanted:
        try:
            found.append(place_of(name, names, plain))
        except ImportProblem:
            return []
    return found
