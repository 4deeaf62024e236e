"""Files as programs and people have written them, after public bug reports: each stands for its kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from campaigns.models import ImportState
from tests.campaigns.importing.uploads import codes, new_list, report_text, upload

pytestmark = pytest.mark.django_db(transaction=True)
CASES = Path(__file__).parent / "cases"


def sent(name: str, **options: Any) -> Any:
    """Upload a case, and return its import."""
    return upload((CASES / name).read_bytes(), file_name=name, **options)


def numbers(found: Any) -> list[str]:
    return list(found.contacts.order_by("number").values_list("number", flat=True))


def test_of_eight_columns_each_row_gives_the_number_that_it_has() -> None:
    found = sent("eight-phone-columns-first-mostly-empty.csv")
    assert numbers(found) == ["+912223451216", "+919820041116", "+919820041216"]
    five, three = found.contacts.get(name="Name Five"), found.contacts.get(name="Name Three")
    assert five.number == "+919820041116"
    assert (five.further_numbers, three.further_numbers) == (["+912223451116"], ["+919820041316"])
    assert "Primary Phone" in found.read_as["numbers_from"]
    assert "Business Fax" not in found.read_as["numbers_from"]


def test_numbered_columns_and_several_numbers_in_one_cell_are_one_persons() -> None:
    found = sent("several-phone-columns-numbered.csv")
    assert found.contacts.get(name="Name One Surname").number == "+919820040116"
    assert "+919820040516" in numbers(found)
    assert codes(found) == {3: "CONTROL_CHARACTER"}  # a note of two lines
    without = sent("several-phone-columns-numbered.csv", column_map={"Notes": "ignore"})
    six = without.contacts.get(name="Name Six")
    assert (six.number, six.further_numbers) == ("+919820040216", ["+919820040316", "+912223451116"])


def test_of_two_columns_of_one_name_each_can_be_named() -> None:
    assert numbers(sent("two-columns-one-name.csv")) == ["+919820047116", "+919820047316"]
    assert numbers(sent("two-columns-one-name.csv", phone_column="Phone (2)")) == ["+919820047216", "+919820047316"]
    mapped = sent("two-columns-one-name.csv", column_map={"Phone (2)": "phone", "Phone": "ignore"})
    assert mapped.contacts.first().variables == {}
    failed = sent("two-columns-one-name.csv", phone_column="Phone (3)")
    assert "'Phone', 'Phone (2)'" in failed.problem


@pytest.mark.parametrize("name", ["title-row-above-header.xlsx", "title-and-date-above-header.csv"])
def test_a_title_above_the_names_is_passed_over_and_said(name: str) -> None:
    found = sent(name)
    assert numbers(found) == ["+919820042116", "+919820042216"]
    assert (found.rows_total, found.read_as["title_rows"]) == (2, 1)
    first = found.contacts.order_by("number").first()
    assert (first.name, first.variables) == ("Name One", {"due": "1200"})


def test_the_row_of_the_names_can_be_chosen_and_one_that_is_none_is_refused() -> None:
    content = "phone,name\nextension,person\n9876543210,Asha\n"
    assert upload(content).rows_total == 2
    chosen = upload(content, header_row=2, phone_column="extension")
    assert (chosen.rows_total, chosen.contacts.get().variables) == (1, {"person": "Asha"})
    assert "header_row" in upload(content, header_row=9).problem


def test_nobody_is_passed_over_as_part_of_a_title() -> None:
    found = upload("9876543210,Asha\n9876543211,Ravi\nphone,name\n9876543212,Zoe\n")
    assert found.state == ImportState.FAILED
    assert "header_row" in found.problem or "row of names" in found.problem


def test_a_tie_of_delimiters_is_decided_by_what_stands_under_the_names() -> None:
    found = sent("separator-tie-in-header.csv")
    assert found.read_as["delimiter"] == ";"
    contact = found.contacts.get(number="+919820049116")
    assert contact.variables == {"name_vorname": "Surname, Name One", "betrag_eur": "1200,50"}


def test_marks_that_nobody_sees_change_neither_names_nor_numbers() -> None:
    found = sent("invisible-marks-in-header.csv")
    assert numbers(found) == [f"+9198200{number}" for number in (53116, 53216, 53316, 53416, 53516)]
    assert codes(found) == {7: "DUPLICATE_IN_FILE"}
    assert found.contacts.get(number="+919820053116").name == "Name One"
    assert found.columns == ["phone", "name", "due"]


def test_texts_in_the_form_of_formulas_are_taken_out_of_it_in_every_column() -> None:
    found = sent("equals-and-quotes.csv")
    kept = {contact.name: contact.variables for contact in found.contacts.all()}
    assert kept["Name One"] == {"account": "0042", "note": "plain"}
    assert kept["Name Two"] == {"account": "0043", "note": "a, b"}
    assert kept["Name Three"] == {"account": "0044", "note": "x"}


def test_a_sparse_update_erases_nothing_and_a_replacement_does() -> None:
    contact_list = new_list()
    sent("update-1-full.csv", to=contact_list)
    found = sent("update-2-sparse.csv", to=contact_list, if_duplicate="update")
    assert (found.rows_accepted, found.rows_updated) == (2, 2)
    one, two = contact_list.contacts.order_by("number")
    assert (one.name, one.variables) == ("Name One", {"due": "1500", "language": "hi-IN", "policy": "P-1"})
    assert (two.name, two.variables) == ("Name Two", {"due": "300", "language": "ta-IN", "policy": "P-2"})
    sent("update-2-sparse.csv", to=contact_list, if_duplicate="replace")
    one.refresh_from_db()
    assert (one.name, one.variables) == ("", {"due": "1500", "language": ""})


def test_what_a_workbook_shows_is_what_a_bot_can_say() -> None:
    found = sent("long-id-duration-percent.xlsx")
    kept = found.contacts.get(name="Name One").variables
    assert kept == {
        "due_date": "2026-05-01", "due_at": "2026-05-01 09:00", "slot": "18:30", "amount": "1250.5",
        "share": "12.5%", "talk_time": "26:05", "long_id": "4028722987123456789",
    }  # fmt: skip
    (lost,) = found.refusals.all()
    assert (lost.row_number, lost.field, lost.code) == (3, "Long id", "DIGITS_LOST")
    ignored = sent("long-id-duration-percent.xlsx", column_map={"Long id": "ignore"})
    second = ignored.contacts.get(name="Name Two").variables
    assert (second["due_at"], second["talk_time"], second["slot"]) == ("2026-12-31 23:59:59", "0:03", "00:00")


def test_digits_that_a_spreadsheet_has_written_short_are_named_in_every_column() -> None:
    found = upload("phone,policy\n9876543210,4.02872E+18\n9.87654E+09,1\n9876543212,1.5E+3\n")
    assert {row.row_number: (row.field, row.code) for row in found.refusals.all()} == {
        2: ("policy", "DIGITS_LOST"),
        3: ("phone", "DIGITS_LOST"),
    }


@pytest.mark.parametrize("large", [False, True])
def test_a_cut_number_in_a_column_that_nobody_reads_hides_no_other(
    large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if large:
        monkeypatch.setattr("campaigns.importing.large.LARGE_BYTES", 10)
    content = "junk,phone,policy\n4.02872E+18,9876543210,4.02872E+18\n4.02872E+18,9876543211,1\n4.02872E+18,12,1\n"
    found = upload(content, column_map={"junk": "ignore"})
    refused = {row.row_number: (row.field, row.code) for row in found.refusals.all()}
    assert refused == {2: ("policy", "DIGITS_LOST"), 4: ("phone", "TOO_SHORT")}
    assert "digits for one" in found.refusals.get(row_number=4).message


def test_formulas_that_failed_are_named_unless_nobody_reads_their_column() -> None:
    found = sent("formula-errors.xlsx")
    assert codes(found) == dict.fromkeys((2, 3, 4), "FORMULA_ERROR")
    assert list(found.refusals.order_by("row_number").values_list("field", flat=True)) == ["Amount", "Name", "Phone"]
    assert codes(sent("formula-errors.xlsx", column_map={"Amount": "ignore"})) == {
        3: "FORMULA_ERROR",
        4: "FORMULA_ERROR",
    }


def test_a_report_of_formulas_that_failed_is_refused_again_unless_it_was_mended() -> None:
    found = sent("formula-errors.xlsx")
    again = upload(report_text(found))
    assert codes(again) == dict.fromkeys((2, 3, 4), "FORMULA_ERROR")
    mended = upload(report_text(found).replace("#ERROR!", "9820046999"))
    assert mended.rows_accepted == 3


ERRORS = ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#ERROR!", "Err:502", "#NV", "#¡VALOR!", " #N/A ")


@pytest.mark.parametrize("large", [False, True])
def test_what_a_formula_that_failed_shows_is_refused_in_text_files_too(
    large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if large:
        monkeypatch.setattr("campaigns.importing.large.LARGE_BYTES", 100)
    rows = [f"98765432{n:02},Asha {n},{error}\n" for n, error in enumerate(ERRORS)]
    rows += [f"98765433{n:02},Flat #1{n},no. #N{n}\n" for n in range(9)]
    content = "phone,name,amount\n" + "".join(rows)
    found = upload(content)
    assert codes(found) == dict.fromkeys(range(2, 2 + len(ERRORS)), "FORMULA_ERROR")
    assert set(found.refusals.values_list("field", flat=True)) == {"amount"}
    assert found.rows_accepted == 9
    assert upload(content, column_map={"amount": "ignore"}).rows_refused == 0
    objects = "".join(f'{{"phone": "98765432{n:02}", "amount": "{error}"}}\n' for n, error in enumerate(ERRORS))
    assert upload(objects, file_name="a.jsonl").rows_refused == len(ERRORS)


def test_of_several_formulas_that_failed_in_a_row_none_is_passed_over() -> None:
    content = "phone,amount,name\n9876543210,#N/A,#REF!\n"
    assert codes(upload(content, column_map={"amount": "ignore"})) == {2: "FORMULA_ERROR"}


@pytest.mark.parametrize(
    ("name", "said"), [("encrypted-workbook.xlsx", "has a password"), ("html-table-named.xls", "web page")]
)
def test_what_is_no_table_is_refused_for_what_it_is(name: str, said: str) -> None:
    found = sent(name)
    assert found.state == ImportState.FAILED
    assert said in found.problem


def test_spellings_of_zones_are_taken_or_told_what_to_write() -> None:
    found = sent("zone-spellings.csv")
    zones = {contact.name: contact.time_zone for contact in found.contacts.all()}
    assert {zones[f"z{n}"] for n in (1, 2, 3, 4, 6, 7)} <= {"Asia/Kolkata", "Asia/Calcutta"}
    assert (zones["z12"], zones["z16"], zones["z22"]) == ("America/New_York", "America/New_York", "")
    refused = {row.row["name"]: row.message for row in found.refusals.all()}
    assert {"z5", "z8", "z9", "z10", "z13", "z21"} <= set(refused)
    assert "Asia/Kolkata" in refused["z5"]
    assert "America/New_York" in refused["z13"]


def test_a_map_says_of_every_column_what_it_is() -> None:
    column_map = {
        "A": "name", "B": "phone", "C": "further_number", "D": "external_reference", "E": "time_zone",
        "F": "variables.due", "G": "ignore",
    }  # fmt: skip
    content = "A,B,C,D,E,F,G,H\nAsha,9876543210,022 2345 1116,X-1,Asia/Kolkata,5,secret,h\n"
    contact = upload(content, column_map=column_map).contacts.get()
    assert (contact.name, contact.number, contact.further_numbers) == ("Asha", "+919876543210", ["+912223451116"])
    assert (contact.external_reference, contact.time_zone) == ("X-1", "Asia/Kolkata")
    assert {key: contact.variables[key] for key in ("due", "h")} == {"due": "5", "h": "h"}
    assert "secret" not in str(contact.variables)
    failed = upload(content, column_map={"Z": "phone"})
    assert "no column named 'Z'" in failed.problem


def test_the_country_of_a_file_goes_before_that_of_its_list() -> None:
    assert numbers(upload("phone\n020 7946 0123\n", region="GB")) == ["+442079460123"]


@pytest.mark.parametrize(
    "name",
    [
        "eight-phone-columns-first-mostly-empty.csv", "several-phone-columns-numbered.csv", "two-columns-one-name.csv",
        "title-and-date-above-header.csv", "equals-and-quotes.csv",
    ],
)  # fmt: skip
def test_a_report_that_is_uploaded_again_gives_the_same_people(name: str) -> None:
    elsewhere = sent(name, to=new_list(region="US"))
    again, expected = upload(report_text(elsewhere)), sent(name)
    assert elsewhere.rows_refused
    assert again.rows_total == elsewhere.rows_refused
    assert people(again) <= people(expected)
    assert again.rows_accepted + elsewhere.rows_accepted == expected.rows_accepted


def people(found: Any) -> set[tuple[str, str, str, str]]:
    return {(one.number, one.name, str(one.variables), str(one.further_numbers)) for one in found.contacts.all()}


def test_words_beside_a_number_are_refused_for_what_they_are() -> None:
    contact_list = new_list(region="US")
    found = sent("free-text-in-phone.csv", to=contact_list)
    assert codes(found) == {2: "HAS_EXTENSION", 3: "SEVERAL_NUMBERS", 4: "WORDS_BESIDE"}
    assert all(text for text in found.refusals.values_list("message", flat=True))
