"""Old calls are archived and removed; those that anybody needs stay."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection, connections
from environ import Env

from campaigns.counting.checkups import check_counts
from campaigns.counting.folding import fold_all
from campaigns.explaining.progress import campaign_progress
from campaigns.explaining.proving import record_of
from campaigns.explaining.statistics import By, campaign_statistics
from campaigns.jobs.retaining import retain_old_rows
from campaigns.models import Attempt, Callback, CallNote, CampaignNotice, FeedEntry, JobRun, Lead, OptOut
from campaigns.rules.caps import LONGEST_CAP_HOURS
from dialer.advisory_locks import AdvisoryLock
from dialer.fixed_settings.kept import LONGEST_CAP_DAYS, read_kept_days
from dialer.held_locks import held
from dialer.models import Archive
from dialer.retention.runs import UnderWay, retain
from tests.api import made
from tests.campaigns.retention.aged import LATELY, LONG_AGO, NOW, archived, call, feed_begins, lead, lines
from webhooks.models import ProviderEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.DIALER_KEEP_DAYS = {**settings.DIALER_KEEP_DAYS, "calls": 180}
    settings.DIALER_ARCHIVE_FOLDER = str(tmp_path / "archives")
    return tmp_path / "archives"


def test_totals_and_statistics_of_a_campaign_stay_true_when_its_calls_go(folder: Path) -> None:
    of = made.campaign()
    for number, talk in (("+919812345670", 61.0), ("+919812345671", 7.5)):
        call(lead(of, number), did=of.dids.get(), nth=1, week_hour=9, talk_seconds=talk)
    feed_begins(LATELY)

    def told() -> tuple[Any, ...]:
        progress = campaign_progress([of.pk], now=NOW)[of.pk]
        figures = campaign_statistics(campaign_id=of.pk, by=list(By))
        return progress.attempts_by_outcome, progress.leads_by_state, figures.total.talk_seconds, figures.rows

    before = told()
    assert before[:3] == ({"ANSWERED": 2}, {"COMPLETED": 2}, 68.5)
    retain(names=["calls"], now=NOW)
    assert (Attempt.objects.count(), told()) == (0, before)
    fold_all()
    assert told() == before


def test_a_call_that_nobody_needs_goes_with_its_notes_and_can_be_put_back(folder: Path) -> None:
    one = call(lead(made.campaign(), "+919812345670"), transcript=[{"said": 'a\n"b"\\ ü'}], talk_seconds=1.1, cost="")
    note = CallNote.objects.create(attempt=one, account=one.account, text="x", created_at=LONG_AGO)
    callback = Callback.objects.create(
        lead=one.lead, attempt=one, at=LONG_AGO, due_at=LONG_AGO, set_by="asha", created_at=LONG_AGO
    )
    event = ProviderEvent.objects.create(account=one.account, body=b"{}", state="APPLIED", attempt=one)
    feed_begins(LATELY)
    before = Attempt.objects.filter(pk=one.pk).values().get()
    report = retain(names=["calls"], now=NOW)
    assert [(each.removed, each.archived, each.problem) for each in report.kinds] == [(1, 1, "")]
    assert not Attempt.objects.filter(pk=one.pk).exists()
    assert not CallNote.objects.filter(pk=note.pk).exists()
    assert Lead.objects.filter(pk=one.lead_id, state="COMPLETED").exists()
    assert [row["kind"] for row in record_of(number=one.number)] == ["LEAD", "REMOVED"]
    assert Callback.objects.get(pk=callback.pk).attempt_id is None
    assert ProviderEvent.objects.get(pk=event.pk).attempt_id is None
    (file,) = folder.glob("*.jsonl.gz")
    archive = Archive.objects.get()
    assert (archive.name, archive.state, archive.rows, archive.removed) == (file.name, "DONE", 2, 1)
    for row in lines(file):
        with connection.cursor() as cursor:
            table = row["table"]
            put_back = f"INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, %s)"
            cursor.execute(put_back, [json.dumps(row["row"])])
    assert Attempt.objects.filter(pk=one.pk).values().get() == before
    assert CallNote.objects.get(pk=note.pk).text == "x"


def test_calls_that_are_needed_stay(folder: Path) -> None:
    of = made.campaign()
    gone = call(lead(of, "+919812345600"))
    young = call(lead(of, "+919812345601", ended_at=LATELY), ended_at=LATELY)
    # Long over, but the lead waits for another try; and a person who waits in another campaign: caps and numbers.
    waits = call(lead(of, "+919812345602", ended_at=None))
    elsewhere = call(lead(of, "+919812345603"))
    lead(made.campaign(), "+919812345603", ended_at=None)
    lately_over = call(lead(of, "+919812345604", ended_at=LATELY))
    live = made.attempt(lead(of, "+919812345605", ended_at=None), state="PLACED", placing_at=LONG_AGO)
    said = call(lead(of, "+919812345606"))
    OptOut.objects.create(attempt=said, number=said.number, words="stop", created_at=LONG_AGO)
    to_write = call(lead(of, "+919812345607"))
    CallNote.objects.create(
        attempt=to_write,
        account=to_write.account,
        text="x",
        state="WAITING",
        next_try_at=NOW,
        give_up_at=NOW,
        created_at=LONG_AGO,
    )
    told_late = call(lead(of, "+919812345608"))
    FeedEntry.objects.create(kind="RESULT_CHANGED", attempt=told_late, position=1_001)
    feed_begins(LATELY)
    kept = {one.pk for one in (young, waits, elsewhere, lately_over, live, said, to_write, told_late)}
    retain(now=NOW)
    assert set(Attempt.objects.values_list("pk", flat=True)) == kept
    assert archived(folder, "campaigns_attempt") == {gone.pk: 1}


def test_the_totals_of_a_campaign_stay_true(folder: Path) -> None:
    of = made.campaign(state="COMPLETED")
    for n in range(3):
        call(lead(of, f"+9198123456{n:02}"))
    call(lead(of, "+919812345603", ended_at=LATELY), ended_at=LATELY)
    feed_begins(LATELY)
    before = campaign_progress([of.pk])[of.pk]
    assert retain(names=["calls"], now=NOW).kinds[0].removed == 3
    assert campaign_progress([of.pk])[of.pk] == before
    assert check_counts(campaign_ids=[of.pk], now=NOW) == []


def test_calls_stay_while_the_feed_tells_of_them(folder: Path) -> None:
    call(lead(made.campaign(), "+919812345600"))
    feed_begins(LONG_AGO + timedelta(days=1))
    assert retain(names=["calls"], now=NOW).kinds[0].removed == 0


@pytest.mark.django_db(transaction=True)
def test_without_a_folder_calls_stay_and_it_is_said(folder: Path, settings: Any) -> None:
    settings.DIALER_ARCHIVE_FOLDER = ""
    call(lead(made.campaign(), "+919812345600"))
    feed_begins(LATELY)
    with pytest.raises(SystemExit) as ended:
        call_command("retain", "--kind", "calls", stdout=StringIO())
    assert ended.value.code == 1
    with pytest.raises(Exception, match="DIALER_ARCHIVE_FOLDER"):
        retain_old_rows.apply(throw=True)
    assert Attempt.objects.count() == 1
    assert "DIALER_ARCHIVE_FOLDER" in JobRun.objects.get(job="retain").problem
    assert "DIALER_ARCHIVE_FOLDER" in CampaignNotice.objects.get(kind="RETENTION_FAILED").text


def test_a_dry_run_counts_and_removes_nothing(folder: Path) -> None:
    call(lead(made.campaign(), "+919812345600"))
    feed_begins(LATELY)
    out = StringIO()
    call_command("retain", "--kind", "calls", "--dry-run", "--json", stdout=out)
    (row,) = json.loads(out.getvalue())["kinds"]
    assert (row["kind"], row["kept_days"], row["old"], row["removed"]) == ("calls", 180, 1, 0)
    assert Attempt.objects.count() == 1
    with pytest.raises(CommandError):
        call_command("retain", "--kind", "nothing")


@pytest.mark.django_db(transaction=True)
def test_the_job_says_what_went(folder: Path) -> None:
    call(lead(made.campaign(), "+919812345600"))
    feed_begins(LATELY)
    retain_old_rows.apply(throw=True)
    assert JobRun.objects.get(job="retain").result == "1 calls"


def test_caps_reach_no_further_than_calls_are_kept() -> None:
    assert LONGEST_CAP_DAYS * 24 == LONGEST_CAP_HOURS

    given = Env()
    given.ENVIRON = {"DIALER_KEEP_CALLS_DAYS": str(LONGEST_CAP_DAYS)}
    with pytest.raises(ImproperlyConfigured, match="caps"):
        read_kept_days(given)


def test_one_run_at_a_time(folder: Path) -> None:
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        with held(AdvisoryLock.RETENTION, wait_seconds=5):
            holding.set()
            done.wait(20)
        connections.close_all()

    other = threading.Thread(target=hold)
    other.start()
    try:
        assert holding.wait(10)
        with pytest.raises(UnderWay):
            retain(now=NOW)
    finally:
        done.set()
        other.join()
