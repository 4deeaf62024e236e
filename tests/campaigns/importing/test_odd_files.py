"""Files that are not what they seem: every line becomes a row or is refused by its number, and none is guessed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.importing import Choices, ImportProblem, file_rows
from campaigns.importing.reading import said
from campaigns.rows.checking import judge
from campaigns.rows.delimited import MOST_CHARACTERS
from campaigns.rows.read_as import ReadAs
from campaigns.rows.table import Refused, Row
from tests.campaigns.importing.workbook import Sheet, workbook

NAMES = ["Asha Rao", "रवि", "Zoë", "李雷", "Анна"]


def read(content: bytes, **chosen: Any) -> tuple[list[Row | Refused], ReadAs]:
    """Return the rows of a file, and how it was read."""
    read_as = ReadAs()
    pieces: Callable[[], Iterator[bytes]] = lambda: iter([content])  # noqa: E731
    return list(file_rows(pieces, choices=Choices(**chosen), read_as=read_as)), read_as


def judged(row: Row | Refused) -> Any:
    if isinstance(row, Refused):
        return row
    return judge(row_number=row.row_number, layout=row.layout, cells=row.cells, region="IN")


def number(place: int) -> str:
    return str(9876500000 + place)


@given(
    rows=st.integers(3, 40),
    strays=st.lists(st.tuples(st.integers(0, 39), st.integers(0, 30)), min_size=1, max_size=3),
    columns=st.integers(1, 4),
    end=st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=200)
def test_stray_quotes_cost_their_own_lines_and_no_others(
    rows: int, strays: list[tuple[int, int]], columns: int, end: str
) -> None:
    lines = [",".join([number(place), *["Asha Rao"] * (columns - 1)]) for place in range(rows)]
    touched = set()
    for line, at in strays:
        place = line % rows
        touched.add(place)
        lines[place] = lines[place][:at] + '"' + lines[place][at:]
    header = ",".join(["phone", "name", "city", "note"][:columns])
    found, read_as = read((end.join([header, *lines]) + end).encode())
    numbers = {row.cells[0] for row in found if isinstance(row, Row)}
    assert {number(place) for place in range(rows) if place not in touched} <= numbers
    assert len(found) + read_as.lines_within_cells + read_as.blank_lines + 1 == read_as.lines == rows + 1
    assert all("Line" in row.message for row in found if isinstance(row, Refused))


def test_a_quote_that_is_never_closed_is_named_by_its_line_and_the_others_are_read() -> None:
    found, _ = read(b'phone,name\n9876543210,"Asha\n' + b"".join(b"%d,R\n" % n for n in range(9876543211, 9876546211)))
    (refused,) = [row for row in found if isinstance(row, Refused)]
    assert (refused.row_number, refused.code, len(found)) == (2, "OPEN_QUOTE", 3001)
    assert "Line 2" in refused.message


def test_a_note_of_a_few_lines_is_one_row() -> None:
    found, read_as = read(b'phone,name,note\n9876543210,Asha,"one\ntwo, three\nfour"\n9876543211,Ravi,\n')
    assert [row.row_number for row in found] == [2, 3]
    assert (read_as.lines, read_as.lines_within_cells) == (5, 2)
    assert "5 lines, 2 of them within cells" in said(read_as.facts())


@given(
    names=st.lists(st.sampled_from(NAMES), min_size=2, max_size=30),
    at=st.data(),
    bad=st.integers(0x80, 0xFF),
)
def test_one_bad_byte_costs_its_own_row(names: list[str], at: st.DataObject, bad: int) -> None:
    place = at.draw(st.integers(0, len(names) - 1))
    name = names[place].encode()
    cut = at.draw(st.integers(0, len(name)))
    rows = [f"{number(n)},".encode() + one.encode() for n, one in enumerate(names)]
    rows[place] = f"{number(place)},".encode() + name[:cut] + bytes([bad]) + name[cut:]
    found = [judged(row) for row in read(b"phone,name\n" + b"\n".join(rows))[0]]
    refused = [row for row in found if isinstance(row, Refused)]
    assert [(row.row_number, row.field, row.code) for row in refused] == [(place + 2, "name", "NOT_TEXT")]
    assert len(found) == len(names)


FOREIGN = [
    ("windows-1251", "Анна Петрова"), ("windows-1252", "Zoë Müller"), ("shift_jis", "山田太郎"), ("gb18030", "李雷"),
    ("windows-1250", "Dvořák"), ("utf-16", "रवि Анна"), ("utf-16-le", "Zoë"),
]  # fmt: skip


@pytest.mark.parametrize(("encoding", "name"), FOREIGN)
def test_another_encoding_is_read_when_it_is_named_and_said(encoding: str, name: str) -> None:
    text = "phone,name\n" + "".join(f"{number(place)},{name}\n" for place in range(5))
    rows, read_as = read(text.encode(encoding), encoding=encoding)
    assert {row.cells[1] for row in rows if isinstance(row, Row)} == {name}
    assert "Read as" in said(read_as.facts())


@pytest.mark.parametrize(("encoding", "name"), [one for one in FOREIGN if not one[0].startswith("utf")])
def test_another_encoding_is_asked_for_and_never_guessed(encoding: str, name: str) -> None:
    text = "phone,name\n" + "".join(f"{number(place)},{name}\n" for place in range(5))
    with pytest.raises(ImportProblem, match="encoding") as refused:
        read(text.encode(encoding))
    assert f"{encoding} ({name.split()[0]}" in str(refused.value)
    assert number(0) not in str(refused.value)


@pytest.mark.parametrize(
    ("chosen", "said_of_it"),
    [({"encoding": "klingon"}, "klingon"), ({"encoding": "rot13"}, "rot13"), ({"delimiter": "ab"}, "ab")],
)
def test_what_cannot_be_chosen_is_refused(chosen: dict[str, str], said_of_it: str) -> None:
    with pytest.raises(ImportProblem, match=said_of_it):
        read(b"phone\n9876543210\n", **chosen)


@pytest.mark.parametrize("delimiter", ["semicolon", ";"])
def test_a_delimiter_that_is_named_goes_before_the_one_that_is_found(delimiter: str) -> None:
    content = b"Telefon;Name, Vorname;Betrag, EUR\n+919820049116;Rao, Asha;1200,50\n"
    (row,) = read(content, delimiter=delimiter, phone_column="Telefon")[0]
    assert isinstance(row, Row)
    assert row.cells == ["+919820049116", "Rao, Asha", "1200,50"]


@pytest.mark.parametrize("wide", [b"," * 1_000_000, b"x" * 1_000_000, b'"' + b"x" * 1_000_000 + b'"'])
def test_a_line_beyond_all_measure_is_named_and_never_held(wide: bytes) -> None:
    found, _ = read(b"phone,name\n9876543210,A\n" + wide + b"\n9876543211,B\n")
    assert [type(row) for row in found] == [Row, Refused, Row]
    assert (found[1].row_number, getattr(found[1], "code", "")) == (3, "TOO_LONG")
    with pytest.raises(ImportProblem, match="line"):
        read(b"phone," + b"x" * (MOST_CHARACTERS + 1) + b"\n9876543210,A\n")


@given(
    odd=st.sampled_from([*map(chr, range(1, 32)), "\x7f", "\x85", "\u2028", "\u2029"]),
    column=st.sampled_from(["phone", "name", "city", "external_id"]),
)
def test_control_characters_are_refused_with_row_and_column(odd: str, column: str) -> None:
    row = {"phone": "98765 43210", "name": "Asha", "city": "Pune", "external_id": "A-771"}
    value = row[column]
    row[column] = value[:3] + odd + value[3:]
    quoted = ",".join(f'"{cell}"' for cell in row.values())
    found = [judged(one) for one in read(f"{','.join(row)}\n{quoted}\n".encode())[0]]
    if column == "phone" and odd in "\r\n":
        assert [type(one) for one in found] == [Refused, Refused]  # each part looks like a row
        return
    assert [(one.row_number, one.field, one.code) for one in found] == [(2, column, "CONTROL_CHARACTER")]


TABLE = [["phone", "name"], ["9876543210", "Asha"]]
KINDS = {"table": TABLE, "cover": [["Calls of November"]], "empty": [], "title": [["Report"], ["by Asha"]]}
SHEETS = st.lists(
    st.tuples(st.sampled_from(list(KINDS)), st.sampled_from(["visible", "hidden", "veryHidden"])),
    min_size=1,
    max_size=4,
)


@given(SHEETS)
@settings(max_examples=12, deadline=None)
def test_the_first_shown_sheet_with_a_table_is_read(kinds: list[tuple[str, str]]) -> None:
    chart = Sheet(name="Chart", kind="chartsheet")
    sheets = [Sheet(rows=KINDS[kind], name=f"{kind} {n}", state=state) for n, (kind, state) in enumerate(kinds)]
    wanted = next((sheet.name for sheet in sheets if sheet.state == "visible" and sheet.rows == TABLE), None)
    content = workbook(chart, *sheets)
    if wanted is None:
        with pytest.raises(ImportProblem):
            read(content)
        return
    rows, read_as = read(content)
    assert read_as.sheet == wanted
    assert read_as.hidden_sheets == [sheet.name for sheet in sheets if sheet.state != "visible"]
    assert [row.row_number for row in rows] == [2]
    assert f"the sheet “{wanted}”" in said(read_as.facts())


def test_another_sheet_can_be_chosen_by_name_or_number() -> None:
    content = workbook(Sheet(rows=TABLE, name="A"), Sheet(rows=[["phone"], ["9876543211"]], name="B", state="hidden"))
    for chosen in ("b", "2"):
        (row,) = read(content, sheet=chosen)[0]
        assert isinstance(row, Row)
        assert row.cells == ["9876543211"]
    with pytest.raises(ImportProblem, match="'A', 'B'"):
        read(content, sheet="C")


def test_hidden_rows_and_columns_are_left_out_counted_and_said() -> None:
    rows = [["phone", "secret", "name"], *([number(place), "x", f"N{place}"] for place in range(5))]
    found, read_as = read(workbook(Sheet(rows=rows, hidden_rows=(3, 5, 40), hidden_columns=(2, 9))))
    assert [row.cells for row in found if isinstance(row, Row)] == [[number(n), f"N{n}"] for n in (0, 2, 4)]
    assert (read_as.hidden_rows, read_as.hidden_columns) == (2, ["secret"])
    assert "2 rows" in said(read_as.facts())


def test_a_formula_that_failed_is_named_by_its_row() -> None:
    text = '<c t="inlineStr"><is><t>{}</t></is></c>'
    xml = f'<row r="1">{text.format("phone")}{text.format("due")}</row>'
    xml += '<row r="2"><c r="A2"><v>9876543210</v></c><c r="B2" t="e"><v>#N/A</v></c></row>'
    (row,) = read(workbook(Sheet(xml=xml)))[0]
    assert isinstance(row, Row)
    found = judge(row_number=row.row_number, layout=row.layout, cells=row.cells, region="IN")
    assert isinstance(found, Refused)
    assert (found.row_number, found.field, found.code) == (2, "due", "FORMULA_ERROR")


WHOLE = workbook(Sheet(rows=TABLE))


@given(st.integers(5, len(WHOLE) - 1))
@settings(max_examples=10, deadline=None)
def test_a_workbook_that_was_cut_is_not_read(length: int) -> None:
    with pytest.raises(ImportProblem):
        read(WHOLE[:length])
