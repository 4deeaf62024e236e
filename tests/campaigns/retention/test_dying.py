"""Whatever dies at whichever moment: each old row is in one whole archive, and removed, or still in its table."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from campaigns.models import Attempt, FeedEntry
from dialer.models import Archive
from dialer.retention import archives, pieces, runs
from tests.api import made
from tests.campaigns.retention.aged import LATELY, NOW, archived, call, feed_begins, lead, lines

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.DIALER_KEEP_DAYS = {**settings.DIALER_KEEP_DAYS, "calls": 180}
    settings.DIALER_ARCHIVE_FOLDER = str(tmp_path)
    monkeypatch.setattr(runs, "FILE_ROWS", 4)
    monkeypatch.setattr(pieces, "PAGE", 4)
    monkeypatch.setattr(pieces, "PIECE", 2)
    of = made.campaign()
    for n in range(7):
        call(lead(of, f"+9198123456{n:02}"))
    feed_begins(LATELY)
    return tmp_path


#: What a run does of which something remains: each is a moment at which it may die, before and after it.
STEPS = ((os, "fsync"), (os, "replace"), (pieces, "remove"), (Archive, "save"), (runs, "_end"))


def die_at(step: int) -> bool:
    """Run in a process of its own, which is killed at its step so many; return whether it lived to the end."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        _run(step)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return not os.WIFSIGNALED(status)


def _run(step: int) -> None:
    taken = 0

    def counted(work: Any) -> Any:
        def at(*args: Any, **kwargs: Any) -> Any:
            nonlocal taken
            for moment in ("before", "after"):
                taken += 1
                if taken == step:
                    os.kill(os.getpid(), signal.SIGKILL)
                if moment == "before":
                    answer = work(*args, **kwargs)
            return answer

        return at

    for place, name in STEPS:
        setattr(place, name, counted(getattr(place, name)))
    try:
        runs.retain(names=["calls"], now=NOW)
    except BaseException:
        os._exit(1)
    os._exit(0)


def test_a_run_may_die_at_every_step(folder: Path) -> None:
    every = set(Attempt.objects.values_list("pk", flat=True))
    step, lived = 0, False
    while not lived:
        step += 1
        lived = die_at(step)
        left, filed = set(Attempt.objects.values_list("pk", flat=True)), archived(folder, "campaigns_attempt")
        assert left | set(filed) == every, step
        assert set(Archive.objects.values_list("state", flat=True)) <= {"WRITING", "WRITTEN", "DONE"}
    assert step > 10  # deaths
    assert not Attempt.objects.exists()
    # No row stands in two files, and no part of a file is left.
    assert archived(folder, "campaigns_attempt") == dict.fromkeys(every, 1)
    assert sum(Archive.objects.values_list("removed", flat=True)) == len(every)
    files = {archive.name: archive.sha256 for archive in Archive.objects.filter(state="DONE")}
    assert files == {file.name: archives.sha256_of(file) for file in folder.glob("*.jsonl.gz")}
    assert list(folder.glob("*.partial")) == []


def _left_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """Let a run die when its first file is whole and nothing of it is removed."""

    def die(*_: Any, **__: Any) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(pieces, "remove", die)
        with pytest.raises(KeyboardInterrupt):
            runs.retain(names=["calls"], now=NOW)
    return Archive.objects.get(state="WRITTEN")


def test_a_row_that_changed_after_it_was_archived_is_archived_as_it_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _left_written(folder, monkeypatch)
    changed = Attempt.objects.earliest("pk")
    Attempt.objects.filter(pk=changed.pk).update(disposition="said late")
    runs.retain(names=["calls"], now=NOW)
    assert not Attempt.objects.exists()
    assert archived(folder, "campaigns_attempt")[changed.pk] == 2
    last = Archive.objects.latest("pk")
    assert "said late" in str(lines(folder / last.name))


def test_a_damaged_file_removes_nothing_and_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = _left_written(folder, monkeypatch)
    with (folder / archive.name).open("ab") as file:
        file.write(b"x")
    report = runs.retain(names=["calls"], now=NOW)
    assert archive.name in report.problems[0]
    archive.refresh_from_db()
    assert (archive.state, archive.removed) == ("LOST", 0)
    assert not Attempt.objects.exists()  # archived anew, in good files
    good = Archive.objects.filter(state="DONE")
    assert sum(good.values_list("removed", flat=True)) == 7


def test_a_row_that_somebody_holds_is_waited_for_by_nobody(folder: Path) -> None:
    held = Attempt.objects.earliest("pk")
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM campaigns_attempt WHERE id = %s FOR NO KEY UPDATE", [held.pk])
            runs.retain(names=["calls"], now=NOW)
    finally:
        other.rollback()
        other.close()
    assert list(Attempt.objects.values_list("pk", flat=True)) == [held.pk]
    runs.retain(names=["calls"], now=NOW)
    assert not Attempt.objects.exists()
    assert FeedEntry.objects.exists()
