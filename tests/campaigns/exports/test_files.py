"""What is exported is the same in every kind of file, is proved whole, and uploads again as it was."""

from __future__ import annotations

import csv
import hashlib
import io
import tracemalloc
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from python_calamine import CalamineWorkbook
from rest_framework.test import APIClient

from campaigns.erasure.elsewhere import not_reachable
from campaigns.erasure.person import find
from campaigns.exports import workbooks
from campaigns.exports.columns import Column
from campaigns.exports.parquet import parquet
from campaigns.exports.running import export
from campaigns.exports.text import csv as csv_file
from campaigns.exports.wanted import UnableToExport, Wanted
from campaigns.exports.workbooks import MOST_CHARACTERS, xlsx
from campaigns.models import Attempt, Campaign, Contact, ContactList
from campaigns.settling.reports import settle
from dialer.accesses import Reader
from dialer.models import AuditEntry
from dialer.providers.base import CallReport, Outcome, Phase
from tests.api.conftest import API, ClientFor, api, client_for
from tests.api.test_errors import error_of
from tests.campaigns.importing.uploads import new_list, upload
from tests.campaigns.world import NOON, account, campaign, place

__all__ = ["api", "client_for"]
pytestmark = pytest.mark.django_db
VIEW = ("campaigns.view_campaign", "campaigns.view_attempt", "campaigns.view_lead")
READER = Reader(by="tester", face="COMMAND")
SAID = '=cmd, "quoted"; \u0928\u092e\u0938\u094d\u0924\u0947'


def called(made: Campaign, **facts: Any) -> Attempt:
    """Return a call of the campaign that has ended."""
    attempt = place(made)
    report = CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, talk_seconds=12.5, **facts)
    settle(reports=[(attempt.pk, report)], now=NOON)
    attempt.refresh_from_db()
    return attempt


def file_of(**wanted: Any) -> bytes:
    return b"".join(export(Wanted(**wanted), reader=READER, now=NOON).pieces)


def rows_of(form: str, content: bytes) -> list[dict[str, Any]]:
    """Return the rows of a file, as somebody reads them who knows nothing of us."""
    if form == "csv":
        return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    if form == "jsonl":
        return [orjson.loads(line) for line in content.splitlines()]
    if form == "parquet":
        found: list[dict[str, Any]] = pyarrow.parquet.read_table(io.BytesIO(content)).to_pylist()
        return found
    sheet: Any = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("Rows").to_python()
    names, *lines = sheet
    return [dict(zip(names, line, strict=True)) for line in lines]


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


def proof(client: APIClient, reply: Any) -> tuple[dict[str, Any], bytes]:
    """Return the manifest of a reply and its bytes, as a server takes them."""
    content = b"".join(reply)
    found: dict[str, Any] = client.get(f"{API}/exports/{reply['Dialer-Export']}/").json()
    return found, content


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_manifest_proves_a_file_whole(api: APIClient, form: str) -> None:
    made = campaign(account(), leads=3)
    reply: Any = api.get(f"{API}/export/?what=leads&form={form}&campaign={made.pk}&columns=lead_id,number&variables=*")
    found, content = proof(api, reply)
    assert found["is_whole"] is True
    assert (found["rows"], found["bytes"]) == (3, len(content))
    assert found["sha256"] == hashlib.sha256(content).hexdigest()
    assert (found["what"], found["of"], found["columns"]) == ("leads", [made.pk], ["lead_id", "number"])


def test_what_broke_off_is_not_called_whole(api: APIClient) -> None:
    made = campaign(account(), leads=3)
    reply: Any = api.get(f"{API}/campaigns/{made.pk}/export/?what=leads")
    pieces = iter(reply)
    next(pieces)
    pieces.close()
    found = api.get(f"{API}/exports/{reply['Dialer-Export']}/").json()
    assert found["is_whole"] is False
    assert found["bytes"] > 0


def test_a_file_with_masked_numbers_is_proved_as_it_was_sent(client_for: ClientFor) -> None:
    made = campaign(account(), leads=["+919876543210"])
    viewer = client_for(*VIEW)
    found, content = proof(viewer, viewer.get(f"{API}/campaigns/{made.pk}/export/?what=leads"))
    assert b"9876543210" not in content
    assert found["sha256"] == hashlib.sha256(content).hexdigest()
    whole: Any = viewer.get(f"{API}/campaigns/{made.pk}/export/?what=leads&form=xlsx")
    assert whole.status_code == 403, "nothing in a workbook can be masked on its way"


def test_others_manifests_are_shown_to_those_who_may_see_accesses(client_for: ClientFor, api: APIClient) -> None:
    made = campaign(account(), leads=1)
    reply: Any = api.get(f"{API}/campaigns/{made.pk}/export/")
    stranger = client_for(*VIEW)
    assert stranger.get(f"{API}/exports/{reply['Dialer-Export']}/").status_code == 404
    assert api.get(f"{API}/exports/{AuditEntry.objects.latest('pk').pk + 1}/").status_code == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("what=leads", "campaign"),
        ("campaign={id}&columns=nmber", "columns"),
        ("campaign={id}&time_zone=Asia/Bombay2", "time_zone"),
        ("campaign={id}&form=pdf", "form"),
        ("campaign={id}&contact_list=1", "contact_list"),
        ("campaign={id}&from=2026-01-01", "from"),
        ("campaign={id}&since=2026-01-01T00:00:00", "since"),
        ("what=contacts&campaign={id}", "contact_list"),
    ],
)
def test_what_cannot_be_had_is_said_with_its_field(api: APIClient, query: str, field: str) -> None:
    made = campaign(account(), leads=1)
    reply = api.get(f"{API}/export/?{query.format(id=made.pk)}")
    assert error_of(reply, 400)["fields"][0]["field"].startswith(field)


def test_a_campaign_that_is_not_there_is_404_and_contacts_need_their_own_right(
    api: APIClient, client_for: ClientFor
) -> None:
    made = campaign(account(), leads=1)
    assert api.get(f"{API}/export/?campaign={made.pk}&campaign=999999").status_code == 404
    of = made.contact_lists.get()
    viewer = client_for(*VIEW)
    assert viewer.get(f"{API}/export/?what=contacts&contact_list={of.pk}").status_code == 403


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


def test_the_command_counts_writes_and_proves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = campaign(account(), leads=2)
    call_command("export", made.name, "--what", "leads", "--dry-run", "--json")
    assert orjson.loads(capsys.readouterr().out)["rows"] == 2
    out = tmp_path / "leads.parquet"
    call_command("export", str(made.pk), "--what", "leads", "--form", "parquet", "--out", str(out), "--json")
    told = orjson.loads(capsys.readouterr().out)
    assert told["is_whole"]
    assert told["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert orjson.loads((tmp_path / "leads.parquet.manifest.json").read_bytes())["rows"] == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["leads.parquet", "leads.parquet.manifest.json"]
    for wrong in (["--columns", "nmber"], ["--time-zone", "Mars"], ["--since", "2026-01-01"]):
        with pytest.raises(CommandError):
            call_command("export", made.name, *wrong)


def test_times_are_of_the_end_and_columns_are_known() -> None:
    made = campaign(account(), leads=1)
    called(made)
    later = NOON + timedelta(seconds=1)
    assert rows_of("jsonl", file_of(of_ids=(made.pk,), form="jsonl", since=later)) == []
    assert len(rows_of("jsonl", file_of(of_ids=(made.pk,), form="jsonl", since=NOON, until=later))) == 1
    with pytest.raises(UnableToExport, match="no column 'nmber'"):
        file_of(of_ids=(made.pk,), columns=("nmber",))


def test_an_erasure_names_the_exports_of_several_campaigns() -> None:
    owner = account()
    one, other = campaign(owner, leads=1), campaign(owner, leads=1)
    call = called(one)
    file_of(of_ids=(one.pk, other.pk))
    with connection.cursor() as cursor:
        person = find(cursor, numbers=[call.number])
    told = not_reachable(person=person, now=NOON)
    assert any("1 exports" in sentence for sentence in told), told


def test_the_admin_makes_the_same_file(admin_client: Any, admin_user: User) -> None:
    owner = account()
    one, other = campaign(owner, leads=1), campaign(owner, leads=2)
    address = "/admin/campaigns/campaign/exports/"
    assert b"None yet" in admin_client.get(address).content
    sent = {
        "what": "leads",
        "form": "csv",
        "campaigns": [one.pk, other.pk],
        "columns_leads": ["lead_id", "number"],
        "variables": "",
        "time_zone": "Asia/Kolkata",
    }
    reply = admin_client.post(address, sent)
    content = b"".join(reply)
    assert content.decode("utf-8-sig").splitlines()[0] == "lead_id,number"
    assert len(rows_of("csv", content)) == 3
    page = admin_client.get(address).content.decode()
    assert hashlib.sha256(content).hexdigest() in page
    assert "Leads of 2 campaigns" in page
    assert "Choose at least one." in admin_client.post(address, sent | {"campaigns": []}).content.decode()
    assert "at most" not in page.partition("Words on this page")[0]
