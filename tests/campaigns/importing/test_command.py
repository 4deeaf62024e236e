"""The command that batch jobs import with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from campaigns.models import Contact, ImportSource, SuppressionList
from tests.campaigns.world import account, campaign

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_prints_sums_and_first_refusals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text("Mobile,Name\n9876543210,A\nbad,B\n9876543210,C\n")
    call_command("import_contacts", "new", str(file), "--create", "--region", "in")
    said = capsys.readouterr().out
    assert "3 rows: 1 accepted, 1 duplicate, 1 refused." in said
    assert "row 3: Mobile: This is not a phone number." in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing", "{file}"], "no contact list"),
        (["new", "{file}.no", "--create"], "No such file"),
        (["new", "{file}", "--create", "--region", "India"], "two-letter"),
        (["new", "{file}", "--create"], "Nothing was imported"),
    ],
)
def test_what_is_wrong_ends_it_with_a_clear_message(tmp_path: Path, arguments: list[str], said: str) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text("Name\nAsha\n")
    with pytest.raises(CommandError, match=said):
        call_command("import_contacts", *(argument.format(file=file) for argument in arguments))
    assert not Contact.objects.exists()


def test_a_dry_run_shows_the_first_rows_and_makes_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text("A,B\n9876543210,Asha\nbad,B\n")
    call_command(
        *("import_contacts", "new", str(file), "--create", "--region", "in", "--dry-run"),
        *("--column", "A=phone", "--column", "B=variables.who"),
    )
    said = capsys.readouterr().out
    assert '"number": "+919876543210"' in said
    assert '"variables": {"who": "Asha"}' in said
    assert "only tried" in said
    assert not Contact.objects.exists()


def test_too_many_refused_rows_end_it_with_an_error(tmp_path: Path) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text("phone,name\nbad,A\n,B\n")
    with pytest.raises(CommandError, match="2 of 2 rows were refused"):
        call_command("import_contacts", "new", str(file), "--create", "--region", "IN")
    file.write_text("phone,name\nbad,A\n9876543210,B\n")
    with pytest.raises(CommandError, match="1 of 2 rows were refused"):
        call_command("import_contacts", "new", str(file), "--most-refused", "20")
    call_command("import_contacts", "new", str(file), "--most-refused", "50")
    with pytest.raises(CommandError, match="--column"):
        call_command("import_contacts", "new", str(file), "--column", "phone")


def test_it_tells_programs_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text("phone,name\n9876543210,A\nbad,B\n")
    call_command("import", "new", str(file), "--create", "--region", "IN", "--dry-run", "--json")
    tried = json.loads(capsys.readouterr().out)
    assert (tried["is_dry_run"], tried["first_rows"][0]["number"]) == (True, "+919876543210")
    with pytest.raises(CommandError, match="1 of 2 rows"):
        call_command("import", "new", str(file), "--json", "--most-refused", "10")
    done = json.loads(capsys.readouterr().out)
    assert (done["state"], done["rows_accepted"], done["rows_refused"]) == ("DONE", 1, 1)
    assert done["first_refusals"][0]["row_number"] == 3


def test_what_a_command_is_about_is_given_by_name_or_id(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = campaign(account(), leads=0)
    contact_list, barred = made.contact_lists.get(), SuppressionList.objects.create(name="Never", applies_to_all=False)
    source = ImportSource.objects.create(name="Nightly", contact_list=contact_list, location="file:missing.csv")
    file = tmp_path / "numbers.csv"
    file.write_text("phone\n+919876543210\n")
    for which in (contact_list.name, str(contact_list.pk)):
        call_command("import", which, str(file))
    for which in (barred.name, str(barred.pk)):
        call_command("suppress", which, str(file))
    assert (contact_list.imports.count(), contact_list.contacts.count(), barred.numbers.count()) == (2, 1, 1)
    for which in (made.name, str(made.pk)):
        call_command("explain", "campaign", which)
        call_command("check_counts", which)
    for which in (source.name, str(source.pk)):
        with pytest.raises(CommandError, match=r"DIALER_IMPORT_FOLDER|missing\.csv"):
            call_command("import_source", which)
    capsys.readouterr()
    for command in (["explain", "campaign"], ["check_counts"], ["preflight"]):
        with pytest.raises(CommandError, match="There is no campaign 'No such'"):
            call_command(*command, "No such")
