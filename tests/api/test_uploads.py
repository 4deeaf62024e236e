"""Uploads: a file, a body or rows; answered once however often they are sent."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.utils import timezone
from rest_framework.test import APIClient

from campaigns.api import taking
from campaigns.importing import run_import
from campaigns.models import Contact, ContactImport
from tests.api.conftest import API
from tests.api.uploading import CSV, ROWS, path, send_body, send_form, send_rows

__all__ = ["path"]
pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize("mended", [send_body, send_form, send_rows])
def test_an_upload_that_failed_leaves_its_key_to_the_mended_one(api: APIClient, path: str, mended: Any) -> None:
    key = {"Idempotency-Key": "november-1"}
    wrong = b"number of the house,name\n12,Asha\n"
    failed = [send_body(api, path, wrong, **key) for _ in range(2)]
    assert [reply.status_code for reply in failed] == [400, 400]
    assert failed[0].json()["error"]["code"] == "import_failed"
    assert ContactImport.objects.count() == 1
    first, again = mended(api, path, **key), mended(api, path, **key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert send_body(api, path, wrong, **key).status_code == 409
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


def test_what_the_list_has_is_updated_when_asked_for(api: APIClient, path: str) -> None:
    send_body(api, path)
    found = send_body(api, path + "?if_duplicate=update", b"phone,name\n9812345678,Asha Rao\n").json()
    assert (found["rows_accepted"], found["rows_updated"]) == (1, 1)
    assert Contact.objects.get().name == "Asha Rao"


def test_a_dry_run_shows_the_first_rows_and_makes_nobody(api: APIClient, path: str) -> None:
    send_body(api, path, b"phone,name\n98123 45679,There before\n")
    content = CSV + b"98123 45679,There\n"
    for column_map in ("", '&column_map={"name":"variables.who"}'):
        reply = send_form(api, f"{path}?dry_run=true{column_map}", content, **{"Idempotency-Key": "k"})
        assert reply.status_code == 200
        found = reply.json()
        assert [found[f"rows_{what}"] for what in ("accepted", "duplicate", "refused")] == [1, 2, 1]
        first, second, *_ = found["first_rows"]
        assert (first["row_number"], first["number"]) == (2, "+919812345678")
        expected = ({"who": "Asha"}, "") if column_map else ({}, "Asha")
        assert (first["variables"], first["name"]) == expected
        assert first["columns"] == {"phone": "phone", "name": "variables.who" if column_map else "name"}
        assert (second["row_number"], second["code"]) == (3, "TOO_SHORT")
        assert api.get(found["refusals_url"]).json()["results"][0]["row_number"] == 3
    assert Contact.objects.count() == 1
    assert send_form(api, path, content, **{"Idempotency-Key": "k"}).status_code == 201
    assert Contact.objects.count() == 2


def test_a_dry_run_counts_what_an_update_would_change(api: APIClient, path: str) -> None:
    send_body(api, path)
    rows = {"rows": [{"phone": "9812345678"}, {"phone": "9812345678"}, {"phone": "9812345677"}], "dry_run": True}
    found = send_rows(api, path, {**rows, "if_duplicate": "update"}).json()
    assert [found[f"rows_{what}"] for what in ("accepted", "updated", "duplicate")] == [2, 1, 1]
    assert Contact.objects.count() == 1


def test_a_number_that_is_there_refuses_all_when_asked_for(api: APIClient, path: str) -> None:
    for reply in (
        send_body(api, path + "?if_duplicate=error"),
        send_rows(api, path, {**ROWS, "if_duplicate": "error"}),
    ):
        assert (reply.status_code, reply.json()["error"]["code"]) == (400, "import_failed")
        assert "Row " in reply.json()["error"]["message"]
        assert not Contact.objects.exists()


def test_each_json_row_gets_its_result(api: APIClient, path: str) -> None:
    for _ in range(2):
        results = send_rows(api, path, **{"Idempotency-Key": "k"}).json()["results"]
        assert [(row["row_number"], row["result"], row["code"]) for row in results] == [
            (1, "ACCEPTED", ""),
            (2, "REFUSED", "TOO_SHORT"),
            (3, "DUPLICATE", "DUPLICATE_IN_FILE"),
        ]
        contact = Contact.objects.get()
        assert [row["contact"] for row in results] == [contact.pk, None, contact.pk]


def test_progress_is_told_and_a_waiting_upload_can_be_canceled(
    api: APIClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "READ_AT_ONCE_BYTES", 10)
    found = send_form(api, path).json()
    assert (found["bytes_total"], found["seconds_left"], found["rows_per_second"]) == (len(CSV), None, None)
    began = timezone.now() - timedelta(seconds=10)
    running = ContactImport.objects.filter(pk=found["id"])
    running.update(state="RUNNING", started_at=began, rows_read=500, bytes_read=len(CSV) / 4)
    shown = api.get(found["url"]).json()
    assert 40 <= shown["rows_per_second"] <= 50
    assert 28 <= shown["seconds_left"] <= 40
    reply = api.post(found["url"] + "cancel/")
    assert (reply.status_code, reply.json()["state"]) == (200, "CANCELED")
    run_import(import_id=found["id"])
    assert not Contact.objects.exists()
    assert api.post(found["url"] + "cancel/").status_code == 409


def test_further_numbers_are_kept_and_can_be_changed(api: APIClient, path: str) -> None:
    send_rows(api, path, {"rows": [{"phone": "9812345678", "further_numbers": ["98123 45679", "022 2345 1116"]}]})
    contact = Contact.objects.get()
    url = f"{API}/contacts/{contact.pk}/"
    assert api.get(url).json()["further_numbers"] == ["+919812345679", "+912223451116"]
    changed = api.patch(url, {"further_numbers": ["98123 45670"]})
    assert changed.json()["further_numbers"] == ["+919812345670"]
    refused = api.patch(url, {"further_numbers": ["12"]})
    assert (refused.status_code, refused.json()["error"]["fields"][0]["field"]) == (400, "further_numbers")
