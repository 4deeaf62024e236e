"""Jobs of the beat run once an instant; sources import a file once; exports hold what the campaign did."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask
from rest_framework.test import APIClient

from campaigns.exports.running import export
from campaigns.exports.wanted import Wanted
from campaigns.importing.fetching import UnableToFetch, import_source
from campaigns.jobs.runs import edge_of, run_once
from campaigns.jobs.tasks import export_results as export_job
from campaigns.jobs.tasks import import_source as job
from campaigns.models import ContactImport, ImportSource, JobRun
from campaigns.settling.reports import settle
from dialer.accesses import Reader
from dialer.celery import app
from dialer.providers.base import CallReport, Outcome, Phase
from tests.api.conftest import API, ClientFor, api, client_for
from tests.campaigns.world import NOON, account, campaign, contact_list, place

__all__ = ["api", "client_for"]

pytestmark = pytest.mark.django_db
FILE = b"phone,name\n+919812345678,Asha\n+919812345679,Vikram\n"


class FileServer:
    """A web server with one file, which knows its ETag."""

    def __init__(self) -> None:
        self.body, self.status, self.asked = FILE, 200, 0
        self.packing, self.lacks_bytes = "identity", 0
        here = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                here.asked += 1
                etag = f'"{hashlib.sha256(here.body).hexdigest()[:8]}"'
                same = self.headers.get("if-none-match") == etag
                self.send_response(304 if same else here.status)
                self.send_header("etag", etag)
                self.send_header("location", "http://127.0.0.1:9/")
                self.send_header("content-encoding", here.packing)
                self.send_header("content-length", "0" if same else str(len(here.body) + here.lacks_bytes))
                self.end_headers()
                if not same:
                    self.wfile.write(here.body)
                self.close_connection = True

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/nightly.csv"


@pytest.fixture
def server(settings: Any) -> Iterator[FileServer]:
    settings.DIALER_ALLOW_PRIVATE_ADDRESSES = True
    made = FileServer()
    yield made
    made.server.shutdown()
    made.server.server_close()


def source(location: str) -> ImportSource:
    return ImportSource.objects.create(name="Nightly", contact_list=contact_list([]), location=location)


def fetched(made: ImportSource) -> ContactImport | None:
    return import_source(source=ImportSource.objects.get(pk=made.pk), now=NOON)


def test_the_same_file_is_imported_once_and_another_one_again(server: FileServer) -> None:
    made = source(server.url)
    first = fetched(made)
    assert first is not None
    assert (first.state, first.rows_accepted, first.file_name) == ("DONE", 2, "nightly.csv")
    assert fetched(made) is None
    # Also when the address has forgotten that it is the same.
    ImportSource.objects.update(etag="")
    assert fetched(made) is None
    server.body += b"+919812345670,Meera\n"
    third = fetched(made)
    assert third is not None
    assert made.contact_list.contacts.count() == 3
    assert ContactImport.objects.count() == 2


@pytest.mark.parametrize("status", [302, 404, 500])
def test_what_is_no_file_is_refused_and_said(server: FileServer, status: int) -> None:
    made = source(server.url)
    server.status = status
    with pytest.raises(UnableToFetch, match=str(status)):
        fetched(made)
    assert str(status) in ImportSource.objects.get().last_problem
    assert server.asked == 1


def test_a_file_that_is_too_large_or_lies_inside_is_not_taken(server: FileServer, settings: Any) -> None:
    made = source(server.url)
    settings.DIALER_UPLOAD_MAX_BYTES = 10
    with pytest.raises(UnableToFetch, match="larger"):
        fetched(made)
    settings.DIALER_ALLOW_PRIVATE_ADDRESSES = False
    with pytest.raises(UnableToFetch, match="private network"):
        fetched(made)
    assert not ContactImport.objects.exists()


def test_files_come_from_below_their_folder_alone(tmp_path: Path, settings: Any) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_bytes(FILE)
    (tmp_path / "secret.csv").write_bytes(FILE)
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    made = source("file:a.csv")
    with pytest.raises(UnableToFetch, match="DIALER_IMPORT_FOLDER"):
        fetched(made)
    settings.DIALER_IMPORT_FOLDER = str(folder)
    assert fetched(made) is not None
    for location in ("file:../secret.csv", "file:link.csv", "file:gone.csv"):
        ImportSource.objects.update(location=location)
        with pytest.raises(UnableToFetch):
            fetched(made)


def entry(**schedule: Any) -> PeriodicTask:
    return PeriodicTask.objects.create(name="Every night", task="campaigns.import_source", **schedule)


def test_a_bell_stands_for_the_latest_instant_of_its_entry() -> None:
    cron = CrontabSchedule.objects.create(minute="30", hour="2", timezone="Asia/Kolkata")
    entry(crontab=cron)
    night = datetime(2026, 3, 1, 21, 0, tzinfo=UTC)
    for late in (timedelta(0), timedelta(seconds=3), timedelta(hours=20)):
        assert edge_of(entry="Every night", now=night + late) == night
    # The worker's clock may be a little behind the beat's.
    assert edge_of(entry="Every night", now=night - timedelta(seconds=2)) == night
    PeriodicTask.objects.update(crontab=None, interval=IntervalSchedule.objects.create(every=10, period="minutes"))
    assert edge_of(entry="Every night", now=NOON + timedelta(minutes=3)) == NOON
    assert edge_of(entry=None, now=NOON) == NOON


def test_an_instant_is_handled_once_also_when_its_work_failed() -> None:
    def fail() -> str:
        raise ValueError("No such file.")

    with pytest.raises(ValueError, match="No such file"):
        run_once(job="j", edge_at=NOON, work=fail, now=NOON)
    assert run_once(job="j", edge_at=NOON, work=lambda: "again", now=NOON) is None
    assert run_once(job="j", edge_at=NOON + timedelta(days=1), work=lambda: "next", now=NOON) is not None
    assert list(JobRun.objects.order_by("id").values_list("problem", "result")) == [("No such file.", ""), ("", "next")]


@pytest.mark.django_db(transaction=True)
def test_bells_of_a_beat_entry_that_are_doubled_run_the_job_once(tmp_path: Path, settings: Any) -> None:
    settings.DIALER_IMPORT_FOLDER = str(tmp_path)
    (tmp_path / "a.csv").write_bytes(FILE)
    source("file:a.csv")
    entry(crontab=CrontabSchedule.objects.create(minute="0", hour="2"))
    for _ in range(3):
        job.apply(kwargs={"source": "Nightly"}, headers={"periodic_task_name": "Every night"}, throw=True)
    assert JobRun.objects.get().result.endswith("2 accepted")
    assert {"campaigns.import_source", "campaigns.export_results"} <= set(app.tasks)


@pytest.mark.django_db(transaction=True)
def test_a_call_that_is_written_late_is_in_the_next_file_and_in_one_only(tmp_path: Path, settings: Any) -> None:
    """What ended just before the hour may be written after the file was, and by a clock that is behind."""
    settings.DIALER_EXPORT_FOLDER = str(tmp_path)
    made = campaign(account(), leads=4)
    entry(crontab=CrontabSchedule.objects.create(minute="0", hour="2"))
    edge_at = edge_of(entry="Every night", now=datetime.now(UTC))
    ends = {place(made).pk: timedelta(seconds=seconds) for seconds in (2, 10, 86_402, 86_410)}
    report = CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED)
    for attempt, before in ends.items():
        settle(reports=[(attempt, report)], now=edge_at - before)
    export_job.apply(kwargs={"campaign": made.name}, headers={"periodic_task_name": "Every night"}, throw=True)
    (path,) = tmp_path.glob("*.csv")
    rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")))
    assert [ends[int(row["attempt_id"])].total_seconds() for row in rows] == [10, 86_402]


def test_an_export_has_every_call_and_runs_no_formula() -> None:
    made = campaign(account(), leads=2)
    attempt = place(made)
    report = CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, disposition="=HYPERLINK(1)", talk_seconds=12.5)
    settle(reports=[(attempt.pk, report)], now=NOON)

    def whole(**of: Any) -> Iterator[bytes]:
        reader = Reader(by="tester", face="COMMAND")
        return export(Wanted(of_ids=(made.pk,), **of), reader=reader, now=NOON).pieces

    text = b"".join(whole(what="attempts", form="csv")).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["attempt_id"], row["outcome"], row["talk_seconds"]) == (str(attempt.pk), "ANSWERED", "12.5")
    assert row["disposition"] == "'=HYPERLINK(1)"
    leads = [json.loads(line) for line in whole(what="leads", form="jsonl")]
    assert sorted(lead["state"] for lead in leads) == ["COMPLETED", "PENDING"]
    assert list(whole(what="attempts", form="jsonl", since=NOON + timedelta(seconds=1))) == []


def test_commands_say_what_is_wrong_and_write_files_whole(tmp_path: Path) -> None:
    made = campaign(account(), leads=2)
    with pytest.raises(CommandError, match="no campaign"):
        call_command("export_results", "Nobody's")
    with pytest.raises(CommandError, match="Nothing was written"):
        call_command("export_results", made.name, out=tmp_path / "gone" / "x.csv")
    call_command(
        "export_results", made.name, what="leads", form="jsonl", out=tmp_path / "x.jsonl", stdout=io.StringIO()
    )
    assert len((tmp_path / "x.jsonl").read_text().splitlines()) == 2
    with pytest.raises(CommandError, match="no import source"):
        call_command("import_source", "Nobody's")
    ImportSource.objects.create(name="Away", contact_list=contact_list([]), location="file:away.csv")
    with pytest.raises(CommandError, match="DIALER_IMPORT_FOLDER"):
        call_command("import_source", "Away")


def test_a_packed_file_is_unpacked(server: FileServer) -> None:
    server.body, server.packing = gzip.compress(FILE), "gzip"
    found = fetched(source(server.url))
    assert found is not None
    assert found.rows_accepted == 2


@pytest.mark.parametrize("packing", ["identity", "gzip"])
@pytest.mark.parametrize("lacks", [1, 5, 12, 30])
def test_a_file_that_breaks_off_is_not_imported_and_the_next_whole_one_is(
    server: FileServer, packing: str, lacks: int
) -> None:
    made = source(server.url)
    whole = FILE if packing == "identity" else gzip.compress(FILE)
    # A cut shows by the length alone where nothing is packed, and in what is packed even where the length is right.
    server.body, server.packing, server.lacks_bytes = whole[:-lacks], packing, lacks if packing == "identity" else 0
    with pytest.raises(UnableToFetch, match="broke off"):
        fetched(made)
    assert not ContactImport.objects.exists()
    server.body, server.lacks_bytes = whole, 0
    found = fetched(made)
    assert found is not None
    assert found.rows_accepted == 2


def test_sources_and_exports_over_rest(api: APIClient, server: FileServer, client_for: ClientFor) -> None:
    wanted = {"name": "CRM", "contact_list": contact_list([]).pk, "location": server.url}
    made = api.post(f"{API}/import-sources/", wanted)
    assert made.status_code == 201, made.content
    path = f"{API}/import-sources/{made.json()['id']}/"
    assert api.post(f"{path}fetch/").json()["contact_import"]["rows_accepted"] == 2
    assert api.post(f"{path}fetch/").json() == {"is_same": True, "contact_import": None}
    assert api.patch(path, {"location": "file:///../x"}).status_code == 400
    of = campaign(account(), leads=3)
    reply = api.get(f"{API}/campaigns/{of.pk}/export/?what=leads&form=jsonl")
    assert len(b"".join(reply.streaming_content).splitlines()) == 3  # type: ignore[attr-defined]
    assert api.get(f"{API}/campaigns/{of.pk}/export/?form=pdf").status_code == 400
    assert client_for().get(f"{API}/campaigns/{of.pk}/export/").status_code == 403
