"""The command that batch jobs import with."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from campaigns.models import Contact

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
