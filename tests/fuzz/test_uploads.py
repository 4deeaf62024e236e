"""Damaged and hostile files: each is refused in a sentence, or read with every row a contact or accounted for."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zipfile

import orjson
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.importing import Choices, ImportProblem, file_rows
from campaigns.models import Contact, ContactList
from campaigns.rows.checking import judge
from campaigns.rows.read_as import ReadAs
from campaigns.rows.table import Refused
from tests.api.conftest import API, with_token
from tests.campaigns.importing.workbook import Sheet, workbook
from tests.fuzz.damage import damaged
from tests.fuzz.scale import times

ROWS = [
    ["phone", "name", "city", "due"],
    ["98123 45678", "Asha Rao", "Pune, Camp", "1200.50"],
    ["+91 98123 45679", 'रवि "R" K', "", "2026-03-01"],
    ["12", "Nobody", "Nowhere", "x"],
    ["9812345678", "Asha again", "Pune", "=1+1"],
]


def _csv(encoding: str = "utf-8", **form: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, **form).writerows(ROWS)  # type: ignore[arg-type]
    return out.getvalue().encode(encoding)


def _zip(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        # The name is set afterwards: an empty one is refused by who packs, and read by who unpacks.
        about = zipfile.ZipInfo("people.csv")
        about.filename, about.compress_type = name, zipfile.ZIP_DEFLATED
        packed.writestr(about, content)
    return out.getvalue()


OBJECTS = [dict(zip(ROWS[0], row, strict=True)) for row in ROWS[1:]]
LINES = b"\n".join(map(orjson.dumps, OBJECTS))
FILES = {
    "csv": _csv(),
    "semicolons": _csv("utf-8-sig", delimiter=";"),
    "tabs in utf-16": _csv("utf-16", delimiter="\t"),
    "windows": _csv("utf-8", lineterminator="\r\n"),
    "json lines": LINES,
    "json": orjson.dumps(OBJECTS),
    "gzip": gzip.compress(_csv()),
    "zip": _zip("people.csv", _csv()),
}
WORKBOOK = workbook(Sheet(rows=ROWS))


def check(content: bytes) -> None:
    """Read a file: a problem is a sentence; rows are numbered in order, and each is judged."""
    try:
        rows = list(file_rows(lambda: iter([content]), choices=Choices(), read_as=ReadAs()))
    except ImportProblem as problem:
        said = str(problem)
        rows = []
    else:
        said = "It was read."
    assert re.match(r".{10}", said, re.DOTALL)
    assert "Traceback" not in said
    numbers = [row.row_number for row in rows]
    assert numbers == sorted(set(numbers))
    for row in rows:
        if not isinstance(row, Refused):
            judge(row_number=row.row_number, layout=row.layout, cells=row.cells, region="IN")


@pytest.mark.parametrize("kind", FILES)
@settings(max_examples=times(25), deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_refused_in_a_sentence_or_read(kind: str, data: st.DataObject) -> None:
    check(data.draw(damaged(FILES[kind])))


@pytest.mark.parametrize("content", ["\u202e", "\ufeff", "\n\n", ",,,\n", "\u200b,\u200b\n,\n"])
def test_a_file_of_nothing_that_is_seen_is_refused_in_a_sentence(content: str) -> None:
    check(content.encode())


@pytest.mark.parametrize("name", ["", "/", "people.csv/"])
def test_an_archive_is_refused_in_a_sentence_or_read_whatever_its_file_is_called(name: str) -> None:
    check(_zip(name, _csv()))


@settings(max_examples=times(4), deadline=None)
@given(content=damaged(WORKBOOK))
def test_a_damaged_workbook_is_refused_in_a_sentence_or_read(content: bytes) -> None:
    check(content)


@settings(max_examples=times(25), deadline=None)
@given(content=st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_refused_in_a_sentence_or_read(content: bytes) -> None:
    check(content)


@pytest.mark.django_db
@settings(max_examples=times(20), deadline=None)
@given(data=st.data())
def test_what_is_uploaded_over_rest_is_counted_to_its_last_row(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(FILES)))
    content = data.draw(damaged(FILES[kind]))
    with transaction.atomic():
        contact_list = ContactList.objects.create(name="Fuzz", default_region="IN")
        api = with_token(User.objects.create_superuser("root"))
        file = SimpleUploadedFile("people.csv", content)
        reply = api.post(f"{API}/lists/{contact_list.pk}/upload/", {"file": file}, format="multipart")
        assert reply.status_code in (201, 400, 413, 415, 422), reply.content
        found = reply.json()
        if reply.status_code == 201 and found["state"] == "DONE":
            sums = [found[f"rows_{what}"] for what in ("accepted", "duplicate", "refused")]
            assert found["rows_total"] == sum(sums)
            assert Contact.objects.filter(contact_list=contact_list).count() == found["rows_accepted"]
        else:
            assert found.get("problem") or found["error"]["message"], found
            assert not Contact.objects.filter(contact_list=contact_list).exists()
        transaction.set_rollback(True)
