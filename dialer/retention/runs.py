"""One run: what earlier ones left half done, then kind by kind what is old, archived before it is removed."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import connection

from dialer.advisory_locks import AdvisoryLock
from dialer.audit import Subject, record
from dialer.held_locks import StillHeld, held
from dialer.models import Archive, ArchiveState
from dialer.retention import archives, pieces
from dialer.retention.kinds import Kind, kinds, known

log = structlog.get_logger(__name__)

#: Rows of a kind in one file.
FILE_ROWS = 50_000
#: So many files are named in an entry of the audit.
MOST_FILES = 20
NO_FOLDER = "There is no folder for archives: set DIALER_ARCHIVE_FOLDER. Nothing of it is removed until then."


class UnderWay(Exception):
    """Another run is under way."""

    def __init__(self) -> None:
        super().__init__("Another run is under way: look again when it has ended.")


@dataclass(slots=True, kw_only=True)
class KindReport:
    """What became of one kind. ``old``: rows that may go, as counted before; None where nobody asked."""

    kind: str
    kept_days: int
    old: int | None = None
    archived: int = 0
    removed: int = 0
    files: list[str] = field(default_factory=list)
    longest_piece_ms: float = 0.0
    problem: str = ""
    is_cut_short: bool = False


@dataclass(slots=True, kw_only=True)
class Report:
    """What became of a run, kind by kind. ``problems``: of what earlier runs left."""

    kinds: list[KindReport] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def all_problems(self) -> list[str]:
        """Every problem as a sentence."""
        return [*self.problems, *(f"{one.kind}: {one.problem}" for one in self.kinds if one.problem)]

    def as_json(self) -> dict[str, Any]:
        """Return it for the command."""
        return {"kinds": [asdict(one) for one in self.kinds], "problems": self.all_problems}

    def in_words(self) -> str:
        """Return what went, in a line."""
        went = [f"{one.removed:,} {known()[one.kind].words}" for one in self.kinds if one.removed]
        return ", ".join(went) or "Nothing was old"


Told = Callable[[str, int, int | None], None]


def retain(
    *,
    names: Sequence[str] = (),
    now: datetime,
    dry_run: bool = False,
    counted: bool = False,
    most_seconds: float | None = None,
    told: Told = lambda kind, done, total: None,
) -> Report:
    """Remove what is older than its kind is kept. Raises UnderWay, KeyError on a name, OSError of the disk.

    ``dry_run``: only count. ``counted``: count before, so that ``told`` (kind, rows done, rows in all) knows the total.
    ``most_seconds``: begin no further file after so long; the next run goes on. Safe to kill, and to repeat.
    """
    chosen = kinds(names)
    ends_at_seconds = None if most_seconds is None else time.monotonic() + most_seconds
    report = Report()
    try:
        with held(AdvisoryLock.RETENTION, wait_seconds=1):
            if not dry_run:
                report.problems += _go_on()
            for kind in chosen:
                one = KindReport(kind=kind.name, kept_days=kind.kept_days)
                report.kinds.append(one)
                run = _Run(kind=kind, report=one, now=now, ends_at_seconds=ends_at_seconds, told=told)
                run.do(dry_run=dry_run, counted=counted)
                if one.removed:
                    _record(one, now)
    except StillHeld as error:
        raise UnderWay from error
    return report


def _record(one: KindReport, now: datetime) -> None:
    details = {"kept_days": one.kept_days, "files": one.files[:MOST_FILES]}
    on = Subject(of="retention", name=known()[one.kind].words)
    record(act="retain", what="Old rows removed", subject=on, rows=one.removed, details=details, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """The run of one kind."""

    kind: Kind
    report: KindReport
    now: datetime
    ends_at_seconds: float | None
    told: Told

    def do(self, *, dry_run: bool, counted: bool) -> None:
        """Count, or archive and remove."""
        before = self.kind.old_before(now=self.now)
        if before is None:
            return
        if dry_run or counted:
            self.report.old = sum(len(page) for page in pieces.old_rows(self.kind, before=before))
        folder = archive_folder()
        if folder is None and self.kind.needs_archive:
            self.report.problem = NO_FOLDER
        elif not dry_run:
            self.told(self.kind.name, 0, self.report.old)
            self._remove(before, folder)

    def _remove(self, before: datetime, folder: Path | None) -> None:
        for rows in _files(pieces.old_rows(self.kind, before=before)):
            if self.ends_at_seconds is not None and time.monotonic() > self.ends_at_seconds:
                self.report.is_cut_short = True
                return
            archive, digests = (None, None) if folder is None else _archive(self.kind, rows, before, folder)
            if archive is not None:
                self.report.files.append(archive.name)
                self.report.archived += archive.to_remove
            self._remove_rows([row.id for row in rows], before, archive, digests)
            if archive is not None:
                _end(archive)

    def _remove_rows(
        self, ids: Iterable[int], before: datetime, archive: Archive | None, digests: Mapping[int, bytes] | None
    ) -> None:
        for piece in pieces.in_pieces(ids, pieces.PIECE):
            began = time.perf_counter()
            gone = pieces.remove(
                self.kind, ids=piece, before=before, archived=digests, archive_id=archive.pk if archive else None
            )
            self.report.longest_piece_ms = max(
                self.report.longest_piece_ms, round((time.perf_counter() - began) * 1000, 1)
            )
            self.report.removed += gone
            self.told(self.kind.name, self.report.removed, self.report.old)


def archive_folder() -> Path | None:
    """Return the folder of archives, made if it is not there; None where there is none."""
    if not settings.DIALER_ARCHIVE_FOLDER:
        return None
    folder = Path(settings.DIALER_ARCHIVE_FOLDER)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _files(pages: Iterable[list[pieces.Old]]) -> Iterator[list[pieces.Old]]:
    """Give the rows of each file."""
    rows: list[pieces.Old] = []
    for page in pages:
        rows += page
        if len(rows) >= FILE_ROWS:
            yield rows
            rows = []
    if rows:
        yield rows


def _archive(
    kind: Kind, rows: Sequence[pieces.Old], before: datetime, folder: Path
) -> tuple[Archive, dict[int, bytes]]:
    """Write a file of these rows, whole and checked; return it with what stands for each row in it."""
    now = datetime.now(UTC)
    first_at, last_at = min(row.at for row in rows), max(row.at for row in rows)
    name = f"{kind.name}-{first_at:%Y%m%d}-{last_at:%Y%m%d}-{uuid.uuid4().hex[:8]}.jsonl.gz"
    archive = Archive.objects.create(
        kind=kind.name, name=name, first_at=first_at, last_at=last_at, old_before=before, begun_at=now
    )
    made = archives.Digests()
    written = archives.write(folder / name, _read(kind, [row.id for row in rows], made))
    digests = made.all()
    about = {"file": name, "kind": kind.name, "table": kind.table, "old_before": before}
    about |= {"rows": written.rows, "rows_of_kind": len(digests), "from": first_at, "to": last_at}
    about |= {"bytes": written.size_bytes, "sha256": written.sha256, "made_at": now}
    archives.write_manifest(archives.manifest_of(folder / name), about)
    archive.state, archive.rows, archive.to_remove = ArchiveState.WRITTEN, written.rows, len(digests)
    archive.size_bytes, archive.sha256 = written.size_bytes, written.sha256
    archive.save()
    return archive, digests


def _read(kind: Kind, ids: Sequence[int], made: archives.Digests) -> Iterator[bytes]:
    """Give the lines of these rows. What changes after it was read is not removed, so no snapshot is held."""
    with connection.cursor() as cursor:
        for some in pieces.in_pieces(ids, pieces.READ):
            for of, line in pieces.lines_of(cursor, kind, ids=some):
                made.add(of, line)
                yield line


def _go_on() -> list[str]:
    """Go on with what runs that died have left; return what cannot be gone on with."""
    problems = []
    for archive in Archive.objects.filter(state__in=[ArchiveState.WRITING, ArchiveState.WRITTEN]).order_by("id"):
        folder = archive_folder()
        if archive.state == ArchiveState.WRITING:
            # Nothing was removed by it.
            if folder is not None:
                archives.forget(folder / archive.name)
            archive.delete()
        elif problem := _remove_archived(archive, folder):
            problems.append(problem)
    return problems


def _remove_archived(archive: Archive, folder: Path | None) -> str:
    """Remove the rows of a whole file; return why not. What is not in a good file stays, to be archived anew."""
    if folder is None:
        return f"{archive.name}: {NO_FOLDER}"
    with suppress(KeyError):
        kind = known()[archive.kind]
        try:
            digests = archives.digests(folder / archive.name, sha256=archive.sha256)
        except archives.Damaged as problem:
            Archive.objects.filter(pk=archive.pk).update(state=ArchiveState.LOST, ended_at=datetime.now(UTC))
            return f"{problem} {archive.removed} of its rows are nowhere else."
        for piece in pieces.in_pieces(sorted(digests), pieces.PIECE):
            pieces.remove(kind, ids=piece, before=archive.old_before, archived=digests, archive_id=archive.pk)
    _end(archive)
    return ""


def _end(archive: Archive) -> None:
    Archive.objects.filter(pk=archive.pk).update(state=ArchiveState.DONE, ended_at=datetime.now(UTC))
