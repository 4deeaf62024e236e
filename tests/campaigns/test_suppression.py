"""Numbers never to call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from campaigns.models import SuppressedNumber, SuppressionList
from campaigns.suppression import lift, suppress

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
NUMBER = "+919876543210"


@pytest.fixture
def never() -> SuppressionList:
    return SuppressionList.objects.create(name="never")


def test_each_number_is_told_what_became_of_it(never: SuppressionList) -> None:
    given = ["98765 43210", "bad", NUMBER, "+919876543211"]
    results = suppress(numbers=given, suppression_list=never, region="IN", now=NOW)
    assert [(one.row, one.result) for one in results] == [(1, "ADDED"), (2, "REFUSED"), (3, "UNCHANGED"), (4, "ADDED")]
    assert results[1].message
    again = suppress(numbers=given, suppression_list=never, region="IN", now=NOW)
    assert [one.result for one in again] == ["UNCHANGED", "REFUSED", "UNCHANGED", "UNCHANGED"]
    assert never.numbers.count() == 2


def test_suppressing_again_never_shortens(never: SuppressionList) -> None:
    for days, result in ((1, "ADDED"), (3, "CHANGED"), (2, "UNCHANGED"), (None, "CHANGED"), (9, "UNCHANGED")):
        until = None if days is None else NOW + timedelta(days=days)
        found = suppress(numbers=[NUMBER], suppression_list=never, until=until, now=NOW)
        assert found[0].result == result
    assert SuppressedNumber.objects.get().until is None


def test_a_suppression_that_is_over_already_is_refused(never: SuppressionList) -> None:
    with pytest.raises(ValueError, match="after now"):
        suppress(numbers=[NUMBER], suppression_list=never, until=NOW, now=NOW)


def test_lifting_takes_off_this_list_only(never: SuppressionList) -> None:
    other = SuppressionList.objects.create(name="other")
    for suppression_list in (never, other):
        suppress(numbers=[NUMBER], suppression_list=suppression_list, now=NOW)
    results = lift(numbers=[NUMBER, "+919876543211", "x"], suppression_list=never, now=NOW)
    assert [one.result for one in results] == ["REMOVED", "ABSENT", "REFUSED"]
    assert SuppressedNumber.objects.get().suppression_list == other


def test_a_file_is_suppressed_whole_or_not_at_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, broken = tmp_path / "good.csv", tmp_path / "broken.csv"
    good.write_text("Mobile,Why\n9876543210,x\nbad,y\n")
    broken.write_text("Why\nasked\n")
    call_command("suppress", "DND", str(good), "--create", "--region", "IN")
    assert "1 added, 1 refused" in capsys.readouterr().out
    with pytest.raises(CommandError, match="No column"):
        call_command("suppress", "DND", str(broken), "--region", "IN")
    assert list(SuppressedNumber.objects.values_list("number", flat=True)) == [NUMBER]
