"""Files as customers send them."""

from __future__ import annotations

import codecs

import pytest

from campaigns.models import Contact, ImportState
from campaigns.rehearsing.messy_contacts import messy_csv
from tests.campaigns.importing.uploads import codes, new_list, report, upload
from tests.campaigns.importing.workbook import Sheet, workbook

pytestmark = pytest.mark.django_db(transaction=True)
ROW = "Phone;Name;City\r\n9876543210;Zoë;Köln\r\n"


@pytest.mark.parametrize(
    "content",
    [
        ROW.encode(),
        codecs.BOM_UTF8 + ROW.encode(),
        ROW.encode("utf-16"),
        ROW.encode("utf-16-le"),
        ROW.encode("utf-16-be"),
        ROW.replace(";", ",").encode(),
        ROW.replace(";", "\t").encode(),
        ROW.replace(";", "|").encode(),
        ROW.replace("\r\n", "\r").encode(),
        b"sep=;\r\n" + ROW.encode(),
        b"\r\n\r\n" + ROW.encode() + b";;\r\n\r\n",
        ROW.replace("Köln", "Kö\0ln").encode(),
        ROW.replace("Phone", '" CONTACT_Number "').encode(),
    ],
)
def test_encodings_delimiters_and_blank_lines_do_not_matter(content: bytes) -> None:
    found = upload(content)
    assert (found.state, found.rows_total, found.rows_accepted) == (ImportState.DONE, 1, 1), found.problem
    contact = Contact.objects.get(contact_import=found)
    assert (contact.number, contact.name, contact.variables) == ("+919876543210", "Zoë", {"city": "Köln"})


def test_a_file_of_one_column_is_read() -> None:
    assert upload("mobile\n9876543210\n9876543211\n").rows_accepted == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\r\n \r\n", "empty"),
        (b"phone,name\r\n", "no rows"),
        (b"name,city\r\nAsha,Pune\r\n", "phone_column"),
        (b"9876543210\r\n9876543211\r\n", "must name the columns"),
        (b"%PDF-1.7 \x00\x01", "not a text file"),
        (b"\xd0\xcf\x11\xe0" + bytes(100), "old Excel"),
        (b"PK\x03\x04 is not a workbook", "no whole Excel workbook"),
    ],
)
def test_a_file_that_cannot_be_read_fails_whole_and_says_why(content: bytes, said: str) -> None:
    found = upload(content)
    assert found.state == ImportState.FAILED
    assert said in found.problem
    assert not found.contact_list.contacts.exists()
    assert not found.refusals.exists()


def test_every_other_column_is_a_variable_and_names_do_not_collide() -> None:
    content = "Phone,Full Name,ID,TZ,Amount Due,amount_due,,Amount Due\n9876543210,Asha,7,Asia/Kolkata,1,2,3,4\n"
    contact = upload(content).contacts.get()
    assert (contact.name, contact.external_reference, contact.time_zone) == ("Asha", "7", "Asia/Kolkata")
    assert sorted(contact.variables.values()) == ["1", "2", "3", "4"]
    assert {"amount_due", "column_7"} < set(contact.variables)


def test_short_rows_are_taken_and_long_rows_refused() -> None:
    found = upload("phone,name,city\n9876543210\n9876543211,Rao A,Pune\n9876543212,Rao,A,Pune\n9876543213,a,b,,\n")
    assert codes(found) == {4: "EXTRA_CELLS"}
    assert found.contacts.get(number="+919876543211").name == "Rao A"
    assert found.rows_accepted == 3


def test_an_unknown_time_zone_refuses_the_row_and_names_the_field() -> None:
    found = upload("phone,Time Zone\n9876543210,Mars/Base\n9876543211,\n")
    refusal = found.refusals.get()
    assert (refusal.row_number, refusal.field, refusal.code) == (2, "Time Zone", "INVALID_TIME_ZONE")


def test_the_phone_column_can_be_named() -> None:
    found = upload("mobile,cell\n9876543210,9876543211\n", phone_column="Cell")
    assert found.contacts.get().variables == {"mobile": "9876543210"}


def test_the_report_has_the_rows_as_uploaded_and_nothing_that_a_spreadsheet_would_run() -> None:
    found = upload('Phone,Note\nbad,"=HYPERLINK(""http://x"")"\n+1 2,@sum\n9876543210,\n98765 43210,-1+1\n')
    rows = report(found)
    assert [row["row_number"] for row in rows] == ["2", "3", "5"]
    assert rows[0]["Phone"] == "bad"
    assert rows[0]["Note"] == '\'=HYPERLINK("http://x")'
    assert (rows[1]["Phone"], rows[1]["Note"], rows[2]["Note"]) == ("+1 2", "'@sum", "'-1+1")
    assert rows[2]["reason"].startswith("DUPLICATE_IN_FILE: The number is in row 4")


def test_a_workbook_is_read_with_its_numbers_whole() -> None:
    found = upload(workbook(Sheet(rows=[["Mobile", "Amount"], [9876543210, 12.5], ["bad", 1]])), file_name="a.xlsx")
    assert found.problem == ""
    assert found.contacts.get().variables == {"amount": "12.5"}
    assert codes(found) == {3: "NOT_A_NUMBER"}


def test_the_messy_demo_file_gives_the_counts_it_promises() -> None:
    content, expected = messy_csv(rows=700, seed=3, endings=("00", "01"), endings_share=0.2)
    found = upload(content, to=new_list())
    sums = (found.rows_total, found.rows_accepted, found.rows_duplicate, found.rows_refused)
    assert sums == tuple(expected[name] for name in ("total", "accepted", "duplicate", "refused"))
    assert messy_csv(rows=700, seed=3, endings=("00", "01"), endings_share=0.2)[0] == content
