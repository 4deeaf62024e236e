"""Uploads: a file, a body or rows; answered once however often they are sent."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from campaigns.api import taking
from campaigns.importing import run_import
from campaigns.models import Contact, ContactImport, ContactList
from tests.api.conftest import API

pytestmark = pytest.mark.django_db

CSV = b"phone,name\n98123 45678,Asha\n12,Nobody\n98123 45678,Asha again\n"
ROWS = {"rows": [{"phone": "98123 45678", "name": "Asha"}, {"phone": "12"}, {"phone": "9812345678"}]}


@pytest.fixture
def path() -> str:
    contact_list = ContactList.objects.create(name="November", default_region="IN")
    return f"{API}/lists/{contact_list.pk}/upload/"


def send_form(api: APIClient, path: str, content: bytes = CSV, **headers: str) -> Any:
    file = SimpleUploadedFile("november.csv", content, content_type="text/csv")
    return api.post(path, {"file": file}, format="multipart", headers=headers)


def send_body(api: APIClient, path: str, content: bytes = CSV, **headers: str) -> Any:
    return api.generic("POST", path, content.decode(), content_type="text/csv", headers=headers)


def send_rows(api: APIClient, path: str, content: Any = ROWS, **headers: str) -> Any:
    return api.post(path, content, headers=headers)


@pytest.mark.parametrize("send", [send_form, send_body, send_rows])
def test_the_sums_agree_whichever_way_it_is_sent(api: APIClient, path: str, send: Any) -> None:
    reply = send(api, path)
    assert reply.status_code == 201, reply.content
    found = reply.json()
    assert found["state"] == "DONE"
    assert [found[f"rows_{what}"] for what in ("total", "accepted", "duplicate", "refused")] == [3, 1, 1, 1]
    assert len(found["first_refusals"]) == 2
    assert reply.headers["Location"] == found["url"]
    assert api.get(found["url"]).json()["state"] == "DONE"
    assert Contact.objects.get().number == "+919812345678"


@pytest.mark.parametrize(
    ("send", "other"), [(send_form, b"phone\n+919812345679\n"), (send_rows, {"rows": [{"phone": "+919812345679"}]})]
)
def test_an_idempotency_key_is_answered_once(api: APIClient, path: str, send: Any, other: Any) -> None:
    key = {"Idempotency-Key": "november-1"}
    first, again = send(api, path, **key), send(api, path, **key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert ContactImport.objects.count() == 1
    reused = send(api, path, other, **key)
    assert reused.status_code == 409
    assert reused.json()["error"]["code"] == "idempotency_key_reused"
    assert Contact.objects.count() == 1


def test_refusals_are_paged_in_the_order_of_the_file_and_downloaded(api: APIClient, path: str) -> None:
    content = b"phone,name\n" + b"".join(b"%d,Nobody %d\n" % (n, n) for n in range(10, 35))
    found = send_body(api, path, content).json()
    assert len(found["first_refusals"]) == 20
    numbers, url = [], found["refusals_url"] + "?page_size=10"
    while url:
        page = api.get(url).json()
        numbers += [row["row_number"] for row in page["results"]]
        url = page["next"]
    assert numbers == list(range(2, 27))
    reply = api.get(f"{API}/imports/{found['id']}/refusals.csv", headers={"Accept": "text/csv"})
    assert reply.headers["Content-Type"].startswith("text/csv")
    report = list(csv.DictReader(io.StringIO(reply.getvalue().decode("utf-8-sig"))))
    assert [row["name"] for row in report][:2] == ["Nobody 10", "Nobody 11"]


def test_a_file_that_cannot_be_read_is_refused_as_a_whole(api: APIClient, path: str) -> None:
    reply = send_body(api, path, b"colour,size\nred,1\n")
    assert reply.status_code == 400
    assert reply.json()["error"]["code"] == "import_failed"
    assert not Contact.objects.exists()


def test_a_big_file_is_taken_and_read_by_a_worker(api: APIClient, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "READ_AT_ONCE_BYTES", 10)
    reply = send_form(api, path)
    assert reply.status_code == 202
    found = reply.json()
    assert found["state"] == "QUEUED"
    bell = waiting_bell()
    assert bell == {"import_id": found["id"]}
    run_import(**bell)
    assert api.get(found["url"]).json()["rows_accepted"] == 1


def waiting_bell() -> dict[str, int]:
    """Return the arguments of the task that waits in the broker."""
    with current_app.connection_for_read() as connection:
        queue = connection.SimpleQueue(current_app.conf.task_routes["campaigns.run_import"]["queue"])
        message = queue.get(timeout=30)
        message.ack()
        assert message.headers["task"] == "campaigns.run_import"
        arguments: dict[str, int] = message.payload[1]
        return arguments


def test_a_big_file_is_read_at_once_when_no_worker_can_be_rung(
    api: APIClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "READ_AT_ONCE_BYTES", 10)
    monkeypatch.setattr(current_app.conf, "broker_url", "redis://127.0.0.1:1/0")
    reply = send_form(api, path)
    assert (reply.status_code, reply.json()["state"]) == (201, "DONE")


def test_a_file_beyond_the_limit_is_refused(api: APIClient, path: str, settings: Any) -> None:
    settings.DIALER_UPLOAD_MAX_BYTES = 20
    for send in (send_form, send_body):
        reply = send(api, path)
        assert (reply.status_code, reply.json()["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rows": []}, "rows"),
        ({"rows": "x"}, "rows"),
        ({"rows": [1]}, "rows[0]"),
        ({"rows": [{"phone": 10**30}]}, "rows"),
        ({"rows": [{"phone": "1"}], "if_duplicate": "maybe"}, "if_duplicate"),
        ({}, "rows"),
    ],
)
def test_rows_that_are_no_rows_are_refused_by_field(api: APIClient, path: str, body: Any, field: str) -> None:
    error = send_rows(api, path, body).json()["error"]
    assert [entry["field"] for entry in error["fields"]] == [field]


def test_a_form_without_its_file_is_refused(api: APIClient, path: str) -> None:
    reply = api.post(path, {"other": SimpleUploadedFile("a.csv", CSV)}, format="multipart")
    assert [entry["field"] for entry in reply.json()["error"]["fields"]] == ["file"]


def test_the_column_of_the_numbers_can_be_named(api: APIClient, path: str) -> None:
    content = b"phone,zweite\n12,98123 45678\n"
    assert send_body(api, path + "?phone_column=zweite", content).json()["rows_accepted"] == 1


def test_what_the_list_has_is_updated_when_asked_for(api: APIClient, path: str) -> None:
    send_body(api, path)
    found = send_body(api, path + "?if_duplicate=update", b"phone,name\n9812345678,Asha Rao\n").json()
    assert (found["rows_accepted"], found["rows_updated"]) == (1, 1)
    assert Contact.objects.get().name == "Asha Rao"


def test_encoding_delimiter_and_sheet_can_be_said_and_what_was_read_is_told(api: APIClient, path: str) -> None:
    cyrillic = "phone;name\n9812345678;Анна\n9812345679;Пётр\n".encode("cp1251")
    refused = send_form(api, path, cyrillic)
    assert refused.status_code == 400
    assert "windows-1251 (Анна)" in refused.json()["error"]["message"]
    found = send_form(api, path + "?encoding=windows-1251&delimiter=semicolon", cyrillic).json()
    assert found["read_as"] == {"encoding": "cp1251", "delimiter": ";", "lines": 3}
    assert set(Contact.objects.values_list("name", flat=True)) == {"Анна", "Пётр"}
    hidden = Path("tests/campaigns/importing/first-sheet-hidden.xlsx").read_bytes()
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
