"""Large files: judged in chunks by other processes, with the same result as row by row in one."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.importing import cancel_import, judging, large, splitting
from campaigns.importing.reading import Choices
from campaigns.importing.sources import file_rows
from campaigns.models import Campaign, Contact, ContactImport, ContactList, ImportState, Lead
from campaigns.rows.checking import judge
from campaigns.rows.delimited import MOST_CHARACTERS
from campaigns.rows.read_as import ReadAs
from campaigns.rows.table import Refused
from tests.campaigns.importing.uploads import codes, new_list, report_text, upload
from tests.campaigns.world import account, campaign

CELLS = st.one_of(
    st.integers(9876500000, 9876500020).map(str),
    st.sampled_from(
        [
            *("", " ", "n/a", '"a, b"', '"two\nlines"', '"', 'x"y', '="0042"', "'=1+1", "4.02872E+18", "Zoë", "\\N"),
            *("a\\b", "\x07", '"many' + "\n" * 11 + '"'),
        ]
    ),
)
LINES = st.lists(st.lists(CELLS, max_size=5).map(",".join), min_size=1, max_size=30)


def in_chunks(content: bytes, monkeypatch: pytest.MonkeyPatch, chunk_bytes: int) -> tuple[dict[int, Any], ReadAs]:
    """Return what the rows are by their numbers, read in small chunks by other processes."""
    monkeypatch.setattr(splitting, "CHUNK_BYTES", chunk_bytes)
    read_as, found = ReadAs(), {}
    options: dict[str, Any] = {"choices": Choices(), "region": "IN", "let_through": (), "read_as": read_as}
    with large.large_table(lambda: iter([content]), **options) as table:
        assert table is not None
        for chunk in table.chunks():
            before = chunk.rows_before + 1
            for line in chunk.found.copied.decode().splitlines():
                row, number, *_ = line.split("\t")
                found[before + int(row)] = number
            found.update({before + row: code for row, _, code, *_ in chunk.found.refused})
            found.update({before + row: "DOUBLE" for row, _ in chunk.found.doubles})
            read_as.lines += chunk.found.lines
            read_as.lines_within_cells += chunk.found.lines_within_cells
            read_as.blank_lines += chunk.found.blank
    return found, read_as


def in_one(content: bytes) -> tuple[dict[int, Any], ReadAs]:
    """Return the same, read row by row."""
    read_as, found = ReadAs(), {}
    for row in file_rows(lambda: iter([content]), choices=Choices(), read_as=read_as):
        if isinstance(row, Refused):
            found[row.row_number] = row.code
            continue
        what = judge(row_number=row.row_number, layout=row.layout, cells=row.cells, region="IN")
        found[row.row_number] = what.code if isinstance(what, Refused) else what.number
    return found, read_as


@given(lines=LINES, end=st.sampled_from(["\n", "\r\n", "\r"]), encoding=st.sampled_from(["utf-8", "utf-16"]))
@settings(max_examples=25, deadline=None)
def test_chunks_are_read_as_the_file_is(lines: list[str], end: str, encoding: str) -> None:
    text = end.join(["", "List of the month", "phone,name,ref,note", "9876543210,Asha,,", *lines]).replace("\n", end)
    content = text.encode(encoding)
    expected, as_one = in_one(content)
    with pytest.MonkeyPatch.context() as monkeypatch:
        found, as_chunks = in_chunks(content, monkeypatch, 40)
    assert {row: what for row, what in found.items() if what != "DOUBLE"}.items() <= expected.items()
    assert found.keys() == expected.keys()
    assert as_chunks == as_one


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_line_beyond_all_measure_is_never_held(end: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = b"x" * (6 * MOST_CHARACTERS)
    content = end.join([b"phone,name", b"9876543210,A", wide, b"9876543211,B", b""])
    found, _ = in_chunks(content, monkeypatch, 1000)
    assert found == {2: "+919876543210", 3: "TOO_LONG", 4: "+919876543211"}


@pytest.fixture
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read every file in chunks of some lines."""
    monkeypatch.setattr(large, "LARGE_BYTES", 0)
    monkeypatch.setattr(splitting, "CHUNK_BYTES", 100)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("everything_is_large")
class TestImport:
    CONTENT = (
        "List of today\n\nphone,name,city,note\n"
        + "".join(f"{9876500000 + n % 40},Asha {n},Pune,{'n' if n % 7 else '4.0E+15'}\n" for n in range(60))
        + '9876600000,Zoë,"Köln\n",a\n9876600001,"Ravi,x,y\n9876600002,"\\N",\\,b\n'
    )

    def test_report_and_sums_are_those_of_a_small_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = upload(self.CONTENT)
        monkeypatch.setattr(large, "LARGE_BYTES", 1 << 40)
        small = upload(self.CONTENT)
        assert found.state == ImportState.DONE, found.problem
        sums = ("rows_total", "rows_accepted", "rows_duplicate", "rows_refused", "read_as", "columns")
        assert {name: getattr(found, name) for name in sums} == {name: getattr(small, name) for name in sums}
        assert codes(found) == codes(small)
        assert _without_reasons(report_text(found)) == _without_reasons(report_text(small))
        people = [set(one.contacts.values_list("number", "name", "variables__note")) for one in (found, small)]
        assert people[0] == people[1]

    def test_a_file_that_is_cut_within_its_archive_leaves_nothing(self) -> None:
        found = upload(gzip.compress(self.CONTENT.encode())[:-20])
        assert found.state == ImportState.FAILED
        assert not Contact.objects.exists()

    def test_a_process_that_ends_by_itself_leaves_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(judging, "PROGRAM", "import sys; sys.stdin.buffer.read(200)")
        found = upload(self.CONTENT)
        assert found.state == ImportState.FAILED
        assert not Contact.objects.exists()

    def test_numbers_that_the_list_has_are_told_and_left_as_they_are(self) -> None:
        contact_list = new_list()
        upload("phone,name\n9876500001,Earlier\n9876500007,Earlier\n", to=contact_list)
        found = upload(self.CONTENT, to=contact_list)
        of_list = [row for row, code in codes(found).items() if code == "DUPLICATE_IN_LIST"]
        assert of_list == [5, 45, 51]
        assert contact_list.contacts.filter(name="Earlier").count() == 2
        in_order = list(found.contacts.order_by("id").values_list("number", flat=True))
        assert in_order[:3] == ["+919876500002", "+919876500003", "+919876500004"]

    @pytest.mark.parametrize("number", ["+919876500000", "+919876600002"])
    def test_a_number_that_somebody_adds_meanwhile_is_one_of_the_list(self, number: str) -> None:
        contact_list, is_added = new_list(), threading.Event()

        def add() -> None:
            try:
                with transaction.atomic():
                    Contact.objects.create(contact_list=contact_list, number=number, name="Theirs")
                    is_added.set()
                    _wait_for_a_lock()  # the upload has seen no such number, and waits for this one
            finally:
                connection.close()

        thread = threading.Thread(target=add)
        thread.start()
        assert is_added.wait(timeout=30)
        found = upload(self.CONTENT, to=contact_list)
        thread.join(timeout=30)
        assert found.state == ImportState.DONE, found.problem
        assert contact_list.contacts.get(number=number).name == "Theirs"
        assert "DUPLICATE_IN_LIST" in codes(found).values()
        assert found.contacts.count() == found.rows_accepted
        assert found.refusals.count() == found.rows_duplicate + found.rows_refused

    def test_canceling_takes_back_what_was_written(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("campaigns.importing.progress.EVERY_SECONDS", 0)
        monkeypatch.setattr(large.LargeTable, "chunks", _canceling(large.LargeTable.chunks))
        found = upload(self.CONTENT)
        assert (found.state, Contact.objects.count(), found.chunks.count()) == (ImportState.CANCELED, 0, 0)


def _canceling(chunks: Any) -> Any:
    """Return the chunks of a table, with somebody who cancels all imports after the second one."""

    def canceled(table: large.LargeTable) -> Iterator[judging.Chunk]:
        for place, chunk in enumerate(chunks(table)):
            if place == 2:
                _in_another_session(lambda: [cancel_import(import_id=one.pk, now=one.created_at) for one in _all()])
            yield chunk

    return canceled


def _all() -> list[ContactImport]:
    return list(ContactImport.objects.all())


def _in_another_session(what: Any) -> None:
    def run() -> None:
        try:
            what()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=30)


def _without_reasons(text: str) -> list[list[str]]:
    """Return the report's lines without the row that a duplicate names, which chunks do not know of each other."""
    return [line.split(",")[:1] + line.split(",")[3:] for line in text.splitlines()]


@pytest.mark.django_db(transaction=True)
class TestReferences:
    """The keys of contacts, which are checked once a statement."""

    def test_a_contact_has_a_list_and_an_import_that_are_there(self) -> None:
        contact_list = new_list()
        for keys in ({"contact_list_id": 10**9}, {"contact_list": contact_list, "contact_import_id": 10**9}):
            with pytest.raises(IntegrityError, match="there is no"), transaction.atomic():
                Contact.objects.create(number="+919876543210", **keys)
        contact = Contact.objects.create(number="+919876543210", contact_list=contact_list)
        with pytest.raises(IntegrityError, match="there is no"), transaction.atomic():
            Contact.objects.filter(pk=contact.pk).update(contact_list=10**9)

    def test_a_list_with_contacts_stays(self) -> None:
        contact_list = new_list()
        Contact.objects.create(number="+919876543210", contact_list=contact_list)
        lists: Any = ContactList.objects.filter(pk=contact_list.pk)
        with pytest.raises(IntegrityError, match="has rows in campaigns_contact"), transaction.atomic():
            lists._raw_delete("default")
        contact_list.delete()
        assert not Contact.objects.exists()

    def test_a_lead_has_a_campaign_and_a_contact_and_keeps_them(self) -> None:
        (lead,) = Lead.objects.filter(campaign=campaign(account(), leads=["+919876543210"]))
        for keys in ({"campaign_id": 10**9}, {"contact_id": 10**9}):
            with pytest.raises(IntegrityError, match="there is no"), transaction.atomic():
                Lead.objects.filter(pk=lead.pk).update(**keys)
            whole = {"campaign_id": lead.campaign_id, "contact_id": lead.contact_id} | keys
            with pytest.raises(IntegrityError, match="there is no"), transaction.atomic():
                Lead.objects.create(number="+919876543211", **whole)
        for parents in (Contact.objects.filter(pk=lead.contact_id), Campaign.objects.filter(pk=lead.campaign_id)):
            some: Any = parents
            with pytest.raises(IntegrityError), transaction.atomic():
                some._raw_delete("default")

    def test_a_list_that_goes_while_a_contact_comes_waits_for_it(self) -> None:
        contact_list = new_list()
        told: list[str] = []

        def delete() -> None:
            lists: Any = ContactList.objects.filter(pk=contact_list.pk)
            try:
                lists._raw_delete("default")
            except IntegrityError:
                told.append("refused")
            finally:
                connection.close()

        with transaction.atomic():
            Contact.objects.create(number="+919876543210", contact_list=contact_list)
            thread = threading.Thread(target=delete)
            thread.start()
            _wait_for_a_lock()
            assert told == []
        thread.join(timeout=30)
        assert told == ["refused"]


def _wait_for_a_lock() -> None:
    """Wait until a session waits for a lock."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")
