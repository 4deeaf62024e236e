"""What is exported is the same in every kind of file, and uploads again as it was."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from campaigns.exports import workbooks
from campaigns.exports.columns import Column
from campaigns.exports.parquet import parquet
from campaigns.exports.text import csv as csv_file
from campaigns.exports.wanted import UnableToExport
from campaigns.exports.workbooks import MOST_CHARACTERS, xlsx
from campaigns.models import Attempt, Contact, ContactList
from tests.campaigns.exports.files import called, file_of, rows_of
from tests.campaigns.importing.uploads import new_list, upload
from tests.campaigns.world import NOON, account, campaign, place

pytestmark = pytest.mark.django_db

SAID = '=cmd, "quoted"; \u0928\u092e\u0938\u094d\u0924\u0947'


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx", "parquet"])
def test_every_kind_of_file_holds_the_chosen_columns_of_several_campaigns(form: str) -> None:
    owner = account()
    first, second = campaign(owner, leads=1), campaign(owner, leads=1)
    calls = [called(first, disposition=SAID, transcript=[{"who": "bot", "text": "Good day"}]), called(second)]
    Contact.objects.filter(leads__campaign=first).update(variables={"due": "0042", "paid": 12})
    columns = ("attempt_id", "number", "ended_at", "talk_seconds", "disposition", "transcript", "left")
    wanted = {"columns": columns, "variables": ("due",), "time_zone": "Asia/Kolkata"}
    one, other = rows_of(form, file_of(of_ids=(first.pk, second.pk), form=form, **wanted))
    assert list(one) == [*columns, "variables.due"]
    assert [int(row["attempt_id"]) for row in (one, other)] == [call.pk for call in calls]
    assert one["number"] == calls[0].number, "a number has no apostrophe and no other form"
    assert one["variables.due"] == "0042"
    assert one["disposition"] == (f"'{SAID}" if form == "csv" else SAID)
    assert float(one["talk_seconds"]) == 12.5
    assert str(one["left"]).lower() == "true"
    assert "Good day" in str(one["transcript"])
    # Noon UTC, by the clock that was asked for; a workbook knows no offsets, and says the zone on its last sheet.
    at = one["ended_at"] if isinstance(one["ended_at"], datetime) else datetime.fromisoformat(one["ended_at"])
    assert at == NOON if at.tzinfo else form == "xlsx"
    assert (at.hour, at.minute) == (17, 30)


def test_a_workbook_says_what_it_is_and_cuts_no_text_unsaid() -> None:
    columns = {"long": Column("long"), "id": Column("id", "integer")}
    about = {"time_zone": "Asia/Kolkata", "of": [7]}
    book = CalamineWorkbook.from_filelike(
        io.BytesIO(b"".join(xlsx(columns, [("x" * 40_000, 4028722987123456789)], about=about)))
    )
    rows: Any = book.get_sheet_by_name("Rows").to_python()
    facts: Any = book.get_sheet_by_name("About").to_python()
    _, (text, number) = rows
    assert len(text) == MOST_CHARACTERS
    assert "(cut:" in text[-100:]
    assert number == "4028722987123456789", "Excel keeps 15 digits of a number"
    assert dict(facts) == {"time_zone": "Asia/Kolkata", "of": "[7]", "rows": "1"}


def test_calls_that_never_left_are_apart() -> None:
    made = campaign(account(), leads=2)
    gone, kept = called(made), place(made, state="RESERVED")
    Attempt.objects.filter(pk=kept.pk).update(state="ENDED", outcome="REFUSED", is_burned=False, ended_at=NOON)

    def ids(**wanted: Any) -> list[int]:
        return [row["attempt_id"] for row in rows_of("jsonl", file_of(of_ids=(made.pk,), form="jsonl", **wanted))]

    assert ids() == [gone.pk]
    assert ids(left="false") == [kept.pk]
    assert ids(left="all") == [gone.pk, kept.pk]


def test_files_leave_while_their_rows_are_read() -> None:
    columns = {"id": Column("id", "integer"), "text": Column("text")}
    taken = 0

    def rows() -> Iterator[tuple[int, str]]:
        nonlocal taken
        for number in range(50_000):
            taken += 1
            yield number, "x" * 100

    for writer in (csv_file, parquet, xlsx):
        taken = 0
        pieces: Any = writer(columns, rows(), about={"time_zone": "UTC"})
        next(pieces)
        next(pieces)
        assert taken <= 20_000, writer
        pieces.close()
        taken = 0
        tracemalloc.start()
        size_bytes = sum(len(piece) for piece in writer(columns, rows(), about={"time_zone": "UTC"}))
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert taken == 50_000
        assert size_bytes > 100_000
        assert peak_bytes < 4_000_000, (writer, "the rows are 5 MB and more")


def test_a_workbook_goes_on_on_further_sheets_and_begins_none_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MOST_ROWS", 3)
    columns = {"id": Column("id", "integer"), "at": Column("at", "instant"), "text": Column("text")}
    odd = 'a\x0b\r\n <b> & "_x0041_" '
    for rows in (0, 1, 4, 5):
        given = [(number, NOON, odd) for number in range(rows)]
        book: Any = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(xlsx(columns, given, about={}))))
        *sheets, about = book.sheet_names
        assert about == "About"
        assert len(sheets) == max(1, -(-rows // 2))
        held = [book.get_sheet_by_name(name).to_python() for name in sheets]
        assert all(sheet[0] == list(columns) for sheet in held)
        assert [tuple(row) for sheet in held for row in sheet[1:]] == [
            (number, NOON.replace(tzinfo=None), odd) for number, *_ in given
        ]


FILE = """Mobile,Home phone,Full name,Customer id,Time zone,Due,Note,First call
9876543210,022 2345 6789,Asha Rao,C-1,Asia/Kolkata,0042,=HYPERLINK(1),"-5, maybe"
+91 98123-45679,,Vikram,C-2,,1200.50,'quoted,@home
"""


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx"])
def test_contacts_that_were_exported_upload_as_they_were(form: str) -> None:
    first, second = new_list(), new_list()
    assert upload(FILE, to=first).rows_accepted == 2
    Contact.objects.create(contact_list=first, number="+919812345600", variables={"Odd key": "a", "due": ""})
    content = file_of(what="contacts", of_ids=(first.pk,), form=form)
    again = upload(content, to=second, file_name=f"contacts.{form}")
    assert (again.rows_accepted, again.rows_refused) == (3, 0), list(again.refusals.values())

    def held(of: ContactList) -> list[Any]:
        names = ("number", "further_numbers", "name", "external_reference", "time_zone", "variables")
        rows = Contact.objects.filter(contact_list=of).order_by("number").values(*names)
        # A column that only some rows fill is an empty value of the others.
        return [row | {"variables": {k: v for k, v in row["variables"].items() if v not in ("", None)}} for row in rows]

    assert held(second) == held(first)
    assert held(first)[1]["further_numbers"] or held(first)[2]["further_numbers"]


def test_times_are_of_the_end_and_columns_are_known() -> None:
    made = campaign(account(), leads=1)
    called(made)
    later = NOON + timedelta(seconds=1)
    assert rows_of("jsonl", file_of(of_ids=(made.pk,), form="jsonl", since=later)) == []
    assert len(rows_of("jsonl", file_of(of_ids=(made.pk,), form="jsonl", since=NOON, until=later))) == 1
    with pytest.raises(UnableToExport, match="no column 'nmber'"):
        file_of(of_ids=(made.pk,), columns=("nmber",))
