"""Counts that are not true are found at night, told to who has to know, and repaired by a command."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import orjson
import pytest
from django.core.management import CommandError, call_command

from campaigns.counting.checkups import check_counts, to_check
from campaigns.counting.folding import fold_all
from campaigns.models import Campaign, KeptCount
from dialer.checks import findings
from tests.campaigns.world import NOON, account, campaign

pytestmark = pytest.mark.django_db


def off_by_one() -> Campaign:
    made = campaign(account(), leads=3)
    fold_all()
    KeptCount.objects.filter(campaign=made).update(number=4)
    return made


def told() -> list[str]:
    return [found.msg for found in findings() if found.id == "campaigns.W002"]


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("check_counts", *arguments, stdout=out)
    return out.getvalue()


def test_what_the_night_finds_is_told_until_it_is_repaired() -> None:
    made, right = off_by_one(), campaign(account(), leads=2)
    assert told() == []
    check_counts(campaign_ids=to_check(now=NOON), now=NOON)
    assert f"#{made.pk} (1)" in told()[0]
    assert f"#{right.pk}" not in told()[0]
    with pytest.raises(CommandError, match="differ from the rows"):
        run()
    assert f"Campaign #{made.pk}, leads pending: kept 4, there 3" in run("--repair")
    assert told() == []
    assert "0 counts differed" in run()


def test_the_command_says_it_in_json_and_takes_single_campaigns() -> None:
    made, right = off_by_one(), campaign(account(), leads=2)
    assert orjson.loads(run(str(right.pk), "--json")) == {"campaigns": 1, "differences": [], "repaired": False}
    said = orjson.loads(run(str(made.pk), "--repair", "--json"))
    assert (said["repaired"], [(one["kept"], one["there"]) for one in said["differences"]]) == (True, [(4, 3)])
    with pytest.raises(CommandError, match="no campaign '0'"):
        run("0")


def test_campaigns_that_were_over_long_ago_are_not_read_each_night() -> None:
    old, fresh, running = (campaign(account(), leads=1) for _ in range(3))
    Campaign.objects.filter(pk=old.pk).update(state="COMPLETED", state_changed_at=NOON - timedelta(days=30))
    Campaign.objects.filter(pk=fresh.pk).update(state="COMPLETED", state_changed_at=NOON - timedelta(days=1))
    assert to_check(now=NOON) == [fresh.pk, running.pk]
    assert check_counts(campaign_ids=[old.pk, fresh.pk, running.pk], now=NOON) == []
