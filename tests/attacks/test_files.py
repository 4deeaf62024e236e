"""Files of strangers: workbooks and rows that unfold without bound, formulas, and bodies that break off."""

from __future__ import annotations

import csv
import io
import resource

import pytest
from django.contrib.auth.models import User

from campaigns.models import Contact, ContactImport, ContactList
from tests.api.conftest import key_of
from tests.attacks.server import Server
from tests.campaigns.importing.workbook import Sheet, workbook

pytestmark = pytest.mark.django_db(transaction=True)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CORNERS = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
MANY_EMPTY = "".join(f'<row r="{row}">{"<c/>" * 2000}</row>' for row in range(1, 401))
HALF_A_GB = 512 * 1024
FORM = "multipart/form-data; boundary=x"


@pytest.fixture
def token(server: Server, transactional_db: None) -> str:
    """The key of somebody who may upload."""
    user = User.objects.create_superuser("asha")
    return key_of(user)


@pytest.fixture
def path(server: Server, transactional_db: None) -> str:
    """Where to upload."""
    made = ContactList.objects.create(name="November", default_region="IN")
    return f"/api/v1/lists/{made.pk}/upload/"


def request(path: str, token: str, body: bytes, *, length: int, **headers: str) -> bytes:
    """Return the bytes of an upload, which may say that it is longer than it is."""
    named = {"Host": "127.0.0.1", "Connection": "close", "Authorization": f"Token {token}", **headers}
    head = "".join(f"{name.replace('_', '-')}: {each}\r\n" for name, each in named.items())
    return f"POST {path} HTTP/1.1\r\n{head}Content-Length: {length}\r\n\r\n".encode() + body


def send(server: Server, path: str, token: str, body: bytes, **headers: str) -> tuple[int, str]:
    """Upload, and return status and reply."""
    return server.send(request(path, token, body, length=len(body), **headers))


@pytest.mark.parametrize("rows", [CORNERS, MANY_EMPTY], ids=["two corners", "empty cells"])
def test_attack_2_a_tiny_workbook_of_millions_of_cells_is_refused_in_bounded_memory(
    server: Server, token: str, path: str, rows: str
) -> None:
    before = server.peak_kb()
    status, reply = send(server, path, token, workbook(Sheet(xml=rows)), Content_Type=XLSX)
    assert (status, "import_failed" in reply) == (400, True)
    assert server.peak_kb() - before < HALF_A_GB / 4
    assert server.ask("GET", "/api/v1/health/")[0] == 200


def test_attack_16_a_row_as_wide_as_the_file_costs_no_more_than_the_file(server: Server, token: str, path: str) -> None:
    body = b"phone,name\n9876543210,Asha\n" + b"," * 16_000_000 + b"\n9876543211,Ravi\n"
    before = server.peak_kb()
    status, reply = send(server, path, token, body, Content_Type="text/csv")
    assert status in (201, 202), reply
    found = ContactImport.objects.get()
    if found.state == "QUEUED":
        from campaigns.importing import run_import

        before_here = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        found = run_import(import_id=found.pk)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_here < HALF_A_GB / 4
    assert (found.rows_total, found.rows_accepted) == (3, 2)
    assert "Line 3" in found.refusals.get().message
    assert server.peak_kb() - before < HALF_A_GB / 4


@pytest.mark.parametrize("formula", ["=cmd|'/C calc'!A0", "＝1+1", '"@SUM(A1)', "x;=1+1", "\u200b+1+1", "a\t-1+A1"])
def test_attack_20_no_file_of_ours_begins_a_cell_with_a_formula(
    server: Server, token: str, path: str, formula: str
) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([["phone", "note"], ["12", formula]])
    status, reply = send(server, path, token, text.getvalue().encode(), Content_Type="text/csv")
    assert status == 201, reply
    found = ContactImport.objects.get()
    _, reply = server.ask("GET", f"/api/v1/imports/{found.pk}/refusals.csv", Authorization=f"Token {token}")
    last = reply.splitlines()[-2]
    for separator in ",;|\t":
        for cell in last.replace('"', "").split(separator):
            assert not cell.strip(" \u200b").startswith(("=", "@", "＝", "+1", "-1")), last


RAW = b"phone,name\n+919876543210,Asha\n+919876543211,Ravi\n"
MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\n'
    + RAW
    + b"\r\n--x--\r\n"
)


@pytest.mark.parametrize(("kind", "whole"), [("text/csv", RAW), (FORM, MULTIPART)])
@pytest.mark.parametrize("lacks", [1, 9, 20, 40])
def test_attack_4_a_body_that_breaks_off_is_kept_by_nobody_and_its_key_is_free(
    server: Server, token: str, path: str, kind: str, whole: bytes, lacks: int
) -> None:
    send_it = {"Content_Type": kind, "Idempotency_Key": "november"}
    answer = server.break_off(request(path, token, whole[:-lacks], length=len(whole), **send_it))
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert not ContactImport.objects.exists()
    assert not Contact.objects.exists()
    status, reply = send(server, path, token, whole, **send_it)
    assert status == 201, reply
    assert Contact.objects.count() == 2
