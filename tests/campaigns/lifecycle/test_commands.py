"""The commands that start, pause, resume, stop and count campaigns: what the buttons do, with exit codes and JSON."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command

from campaigns.models import Attempt, Campaign
from campaigns.settling.reports import settle
from dialer.models import AuditEntry
from dialer.providers.base import CallReport, Outcome, Phase
from tests.campaigns.world import NOON, account, campaign, place

pytestmark = pytest.mark.django_db(transaction=True)


def told(capsys: pytest.CaptureFixture[str], *command: str) -> dict[str, Any]:
    """Run a command and return what it prints."""
    call_command(*command, "--json")
    found: dict[str, Any] = orjson.loads(capsys.readouterr().out)
    return found


def test_a_campaign_goes_through_its_life_by_commands(capsys: pytest.CaptureFixture[str]) -> None:
    made = campaign(account(), leads=2, state="DRAFT")
    name, pk = made.name, str(made.pk)
    for verb, after in (("start", "RUNNING"), ("pause", "PAUSED"), ("resume", "RUNNING"), ("stop", "STOPPED")):
        tried = told(capsys, verb, name, "--dry-run")
        assert (tried["dry_run"], tried["campaigns"][0]["problems"]) == (True, [])
        assert tried["campaigns"][0]["state"] == made.state, "a dry run changes nothing"
        (done,) = told(capsys, verb, pk)["campaigns"]
        made.refresh_from_db()
        assert (done["id"], done["state"], made.state) == (made.pk, after, after)
    assert done["waiting"] == 0
    assert "STOPPED" in made.state
    assert AuditEntry.objects.filter(face="COMMAND", subject_id=made.pk).count() == 4


def test_what_cannot_be_done_ends_it_with_an_error_and_the_others_are_done(capsys: pytest.CaptureFixture[str]) -> None:
    runs, over = campaign(account(), leads=1), campaign(account(), leads=1, state="COMPLETED")
    for dry in (["--dry-run"], []):
        with pytest.raises(CommandError, match="there is nothing to pause") as error:
            call_command("pause", over.name, runs.name, "--reason", "lunch", "--json", *dry)
        assert error.value.returncode == 1
        found = orjson.loads(capsys.readouterr().out)["campaigns"]
        assert [bool(one["problems"]) for one in found] == [True, False]
    assert Campaign.objects.get(pk=runs.pk).state_reason.endswith("lunch")
    with pytest.raises(CommandError, match="no campaign 'Nobody'"):
        call_command("stop", runs.name, "Nobody")
    assert Campaign.objects.get(pk=runs.pk).state == "PAUSED", "nothing is done where one of them is not there"


def test_statistics_are_told_by_what_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    made = campaign(account(), leads=2)
    report = CallReport(phase=Phase.ENDED, outcome=Outcome.ANSWERED, talk_seconds=12, disposition="Sold")
    settle(reports=[(place(made).pk, report)], now=NOON)
    (found,) = told(capsys, "stats", made.name, "--by", "hour", "--converted", "sold")["campaigns"]
    assert found["leads_by_state"] == {"COMPLETED": 1, "PENDING": 1}
    assert (found["total"]["calls"], found["total"]["conversions"], found["total"]["talk_seconds"]) == (1, 1, 12.0)
    assert [(row["by"], row["name"]) for row in found["rows"]] == [("hour", "12:00")]
    call_command("stats", made.name)
    assert "1 calls, 12 s talk, answer 100.0%" in capsys.readouterr().out
    Attempt.objects.filter(campaign=made).update(talk_seconds=None)
    call_command("stats", made.name)
    assert "1 calls, talk time not told, answer 100.0%" in capsys.readouterr().out
