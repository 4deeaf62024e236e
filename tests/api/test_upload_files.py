"""What an uploaded file may be: its form, encoding and packing, and the options that say so."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from campaigns.models import Contact
from tests.api.uploading import CSV, ROWS, path, send_body, send_form, send_rows

__all__ = ["path"]
pytestmark = pytest.mark.django_db


def test_a_file_that_cannot_be_read_is_refused_as_a_whole(api: APIClient, path: str) -> None:
    reply = send_body(api, path, b"colour,size\nred,1\n")
    assert reply.status_code == 400
    assert reply.json()["error"]["code"] == "import_failed"
    assert not Contact.objects.exists()


def test_a_file_beyond_the_limit_is_refused(api: APIClient, path: str, settings: Any) -> None:
    settings.DIALER_UPLOAD_MAX_BYTES = 20
    for send in (send_form, send_body):
        reply = send(api, path)
        assert (reply.status_code, reply.json()["error"]["code"]) == (413, "too_large")


def test_the_column_of_the_numbers_can_be_named(api: APIClient, path: str) -> None:
    content = b"phone,zweite\n12,98123 45678\n"
    assert send_body(api, path + "?phone_column=zweite", content).json()["rows_accepted"] == 1


def test_encoding_delimiter_and_sheet_can_be_said_and_what_was_read_is_told(api: APIClient, path: str) -> None:
    cyrillic = "phone;name\n9812345678;Анна\n9812345679;Пётр\n".encode("cp1251")
    refused = send_form(api, path, cyrillic)
    assert refused.status_code == 400
    assert "windows-1251 (Анна)" in refused.json()["error"]["message"]
    found = send_form(api, path + "?encoding=windows-1251&delimiter=semicolon", cyrillic).json()
    assert found["read_as"] == {"encoding": "cp1251", "delimiter": ";", "lines": 3}
    assert set(Contact.objects.values_list("name", flat=True)) == {"Анна", "Пётр"}
    hidden = Path("tests/campaigns/importing/cases/first-sheet-hidden.xlsx").read_bytes()
    found = send_form(api, path, hidden).json()
    assert (found["rows_accepted"], found["read_as"]["sheet"], found["read_as"]["hidden_sheets"]) == (
        2,
        "Contacts",
        ["Lists"],
    )
    assert send_form(api, path + "?sheet=Lists", hidden).json()["read_as"]["sheet"] == "Lists"


@pytest.mark.parametrize("option", ["encoding=klingon", "delimiter=ab"])
def test_what_cannot_be_said_is_refused_by_its_name(api: APIClient, path: str, option: str) -> None:
    reply = send_form(api, f"{path}?{option}")
    assert [entry["field"] for entry in reply.json()["error"]["fields"]] == [option.partition("=")[0]]


@pytest.mark.parametrize(
    ("files", "field"),
    [
        ([("file", CSV), ("file", b"phone\n9812345699\n")], "file"),
        ([("file", CSV), ("more", b"phone\n9812345699\n")], "more"),
        ([("flie", CSV)], "flie"),
        ([], "file"),
    ],
)
def test_of_several_files_none_is_lost(api: APIClient, path: str, files: list[tuple[str, bytes]], field: str) -> None:
    sent: dict[str, list[SimpleUploadedFile]] = {}
    for name, content in files:
        sent.setdefault(name, []).append(SimpleUploadedFile("a.csv", content, content_type="text/csv"))
    reply = api.post(path, sent or {"dry_run": "true"}, format="multipart")
    assert reply.status_code == 400, reply.content
    assert [one["field"] for one in reply.json()["error"]["fields"]] == [field]
    assert not Contact.objects.exists()


def test_an_empty_body_is_said_to_be_no_file(api: APIClient, path: str) -> None:
    reply = send_body(api, path, b"")
    assert [one["field"] for one in reply.json()["error"]["fields"]] == ["file"]


@pytest.mark.parametrize("send", [send_form, send_body, send_rows])
def test_an_option_that_is_said_twice_is_refused(api: APIClient, path: str, send: Any) -> None:
    twice = send(api, f"{path}?region=IN&region=US")
    assert [one["field"] for one in twice.json()["error"]["fields"]] == ["region"]
    rows = api.post(f"{path}?region=IN", {**ROWS, "region": "US"})
    assert [one["field"] for one in rows.json()["error"]["fields"]] == ["region"]


JSON_LINES = b'{"phone": "98123 45678", "name": "Asha"}\n{"phone": "12"}\n{"phone": "9812345678"}\nno object\n'


def zipped(*files: tuple[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return held.getvalue()


def send_raw(api: APIClient, path: str, content: bytes, content_type: str, **headers: str) -> Any:
    data: Any = content
    return api.generic("POST", path, data, content_type=content_type, headers=headers)


@pytest.mark.parametrize(
    ("content", "content_type", "headers"),
    [
        (CSV.replace(b",", b"\t"), "text/tab-separated-values", {}),
        (JSON_LINES, "application/x-ndjson", {}),
        (JSON_LINES, "application/jsonl", {}),
        (gzip.compress(CSV, mtime=0), "application/gzip", {}),
        (gzip.compress(JSON_LINES, mtime=0), "application/octet-stream", {}),
        (gzip.compress(CSV, mtime=0), "text/csv", {"Content-Encoding": "gzip"}),
        (zipped(("__MACOSX/._a.csv", b"x"), ("a.csv", CSV)), "application/zip", {}),
        (zipped(("a.jsonl", JSON_LINES)), "application/zip", {}),
        (gzip.compress(json.dumps(ROWS).encode(), mtime=0), "application/json", {"Content-Encoding": "gzip"}),
    ],
)
def test_every_form_of_file_gives_the_same_people(
    api: APIClient, path: str, content: bytes, content_type: str, headers: dict[str, str]
) -> None:
    reply = send_raw(api, path, content, content_type, **headers)
    assert reply.status_code == 201, reply.content
    found = reply.json()
    assert (found["rows_accepted"], found["rows_duplicate"]) == (1, 1)
    assert Contact.objects.get().number == "+919812345678"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(CSV * 50, mtime=0)[:-9], "cut"),
        (gzip.compress(CSV, mtime=0)[:-8] + bytes(8), "damaged"),
        (zipped(("a.csv", CSV * 50))[:-30], "zip archive is cut"),
        (zipped(("a.csv", CSV), ("b.csv", CSV)), "must hold one file"),
        (b'[{"phone": "98123 45678"}]', "JSON array"),
    ],
)
def test_what_is_not_whole_or_not_one_file_is_refused(api: APIClient, path: str, content: bytes, said: str) -> None:
    reply = send_raw(api, path, content, "application/octet-stream", **{"Idempotency-Key": "k"})
    assert reply.status_code == 400
    assert said in reply.json()["error"]["message"]
    assert not Contact.objects.exists()


def test_what_unpacks_without_bound_is_refused(api: APIClient, path: str, settings: Any) -> None:
    settings.DIALER_UPLOAD_MAX_BYTES = 100_000
    for content in (gzip.compress(b"phone\n" + b"1" * 5_000_000), zipped(("a.csv", b"phone\n" + b"1" * 5_000_000))):
        reply = send_raw(api, path, content, "application/octet-stream")
        assert (reply.status_code, reply.json()["error"]["code"]) == (400, "import_failed")


def test_another_content_encoding_is_refused(api: APIClient, path: str) -> None:
    for content_type in ("text/csv", "application/json"):
        assert send_raw(api, path, CSV, content_type, **{"Content-Encoding": "br"}).status_code == 415


@pytest.mark.parametrize("option", ['column_map={"a": "nonsense"}', "column_map=[", "region=ZZ", "header_row=-1"])
def test_choices_that_are_none_are_refused_by_their_name(api: APIClient, path: str, option: str) -> None:
    reply = send_form(api, f"{path}?{option}")
    assert reply.status_code == 400
    assert reply.json()["error"]["fields"][0]["field"].startswith(option.partition("=")[0])
