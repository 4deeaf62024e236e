"""Runs an import in one transaction: a worker that dies leaves nothing half done, and another one starts afresh."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from itertools import islice
from typing import Any

import structlog
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from campaigns.idempotency import once
from campaigns.importing import large
from campaigns.importing.adding import can_add
from campaigns.importing.canceling import WAITING
from campaigns.importing.decoding import Pieces
from campaigns.importing.large import large_table
from campaigns.importing.progress import Canceled, Progress
from campaigns.importing.reading import AS_FOUND, Choices
from campaigns.importing.receiving import as_asked, earlier_import, is_same, record_upload, stored_pieces
from campaigns.importing.sources import file_rows, mapping_rows
from campaigns.importing.storing import Store
from campaigns.leads.enrolling import enrol_imported
from campaigns.leads.numbers import let_through
from campaigns.models import ContactImport, ContactList, ImportState
from campaigns.rows.checking import Candidate, judge
from campaigns.rows.problems import ImportProblem
from campaigns.rows.read_as import ReadAs
from campaigns.rows.table import Refused, Row
from dialer.advisory_locks import AdvisoryLock, take, try_take

log = structlog.get_logger(__name__)
CHUNK_ROWS = 10_000
MOST_STARTS = 5


def run_import(*, import_id: int) -> ContactImport:
    """Run a stored upload and return it: DONE, FAILED with its problem, or as it is when a worker has its list already.

    Safe to repeat: an import that has ended is returned as it is. Raises OperationalError when the database goes away;
    the import is then still waiting.
    """
    with transaction.atomic():
        # One import at a time per list: two would wait for each other's numbers. The lock dies with its worker.
        is_free = _lock_list(
            ContactImport.objects.only("contact_list_id").get(pk=import_id).contact_list_id, wait=False
        )
        found = ContactImport.objects.select_related("contact_list").get(pk=import_id)
        if not is_free or found.state not in WAITING:
            return found
        try:
            with Progress(import_id) as progress:
                progress.start(at=timezone.now())
                problem = _problem_of_running(found, progress)
            if problem is not None:
                _end(found, state=ImportState.FAILED, problem=problem, rows_read=0)
        except Canceled:
            log.info("import canceled", import_id=found.pk)
        found.chunks.all().delete()
    found.refresh_from_db()
    return found


def run_waiting_imports() -> int:
    """Run every import that waits or whose worker has died, oldest first. Return how many have ended."""
    waiting = ContactImport.objects.filter(state__in=WAITING).order_by("id").values_list("id", flat=True)
    return sum(run_import(import_id=import_id).state not in WAITING for import_id in list(waiting))


def import_rows(
    *,
    contact_list: ContactList,
    rows: Iterable[Mapping[str, Any]],
    idempotency_key: str | None = None,
    choices: Choices = AS_FOUND,
    if_duplicate: str = "skip",
    file_name: str = "",
    enrols: bool = True,
    is_dry_run: bool = False,
) -> tuple[ContactImport, bool]:
    """Import JSON objects at once, as if they were the rows of a file; return the import, and True; rows count from 1.

    With ``enrols`` the list's running campaigns get their leads of the new contacts; otherwise the caller makes them.

    With an idempotency key that was seen, the earlier import and False. Raises KeyReused when that had other rows or
    options; ImportProblem when a number is there already and ``if_duplicate`` is ``error``; OperationalError when
    another import holds the list for longer than the lock time-out.
    """
    held = list(rows)
    how = as_asked(choices=choices, if_duplicate=if_duplicate, is_dry_run=is_dry_run, idempotency_key=idempotency_key)
    content = hashlib.sha256(json.dumps(held, default=str).encode()).hexdigest()
    started = {"content_sha256": content, "started_at": timezone.now()}
    wanted = ContactImport(contact_list=contact_list, file_name=file_name, **started, **how)

    def read() -> ContactImport:
        wanted.save(force_insert=True)
        _lock_list(contact_list.pk, wait=True)
        _write(wanted, mapping_rows(held, choices=choices), lambda rows_read: None, ReadAs())
        if enrols and not is_dry_run:
            enrol_imported(contact_list_id=contact_list.pk, import_id=wanted.pk, now=timezone.now())
        wanted.refresh_from_db()
        record_upload(wanted, rows=len(held))
        return wanted

    return once(
        key=wanted.idempotency_key,
        what="upload",
        earlier=lambda: earlier_import(wanted),
        is_same=lambda found: is_same(wanted, found),
        make=read,
    )


def _problem_of_running(found: ContactImport, progress: Progress) -> str | None:
    """Run an import whose list is locked. Return why it failed, with nothing written then, or None.

    Raises Canceled, with nothing written either.
    """
    if found.times_started >= MOST_STARTS:
        return f"Given up: {MOST_STARTS} workers have begun with this file and none came to its end."
    try:
        try:
            _read(found, progress, into=(found.contact_list_id, found.pk) if can_add(found) else None)
        except IntegrityError:
            # Somebody has added one of the numbers to the list meanwhile; or it is another fault, and comes again.
            log.info("import begins anew", import_id=found.pk)
            _read(found, progress, into=None)
    except ImportProblem as problem:
        return str(problem)
    except (OperationalError, InterfaceError, Canceled):
        raise
    except Exception as error:
        # Its text may hold rows, so numbers: the kind must do. Without this, the file would be tried again for ever.
        log.error("import failed", import_id=found.pk, error=type(error).__name__)
        return f"An unexpected error ({type(error).__name__}) ended this import; nothing of it was imported."
    return None


@transaction.atomic
def _read(found: ContactImport, progress: Progress, *, into: tuple[int, int] | None) -> None:
    """Read the file and write what is in it, all or nothing; ``into``: see ``Plan``. Raises what ``add_new`` does."""
    read_as = ReadAs()

    def pieces() -> Iterator[bytes]:
        return progress.counted(stored_pieces(found))

    is_large = found.bytes_total > large.LARGE_BYTES
    if not (is_large and _write_large(found, pieces, progress.tell, read_as, into=into)):
        rows = file_rows(pieces, choices=choices_of(found), read_as=read_as)
        _write(found, rows, progress.tell, read_as)
    if not found.is_dry_run:
        enrol_imported(contact_list_id=found.contact_list_id, import_id=found.pk, now=timezone.now())


def choices_of(found: ContactImport) -> Choices:
    """Return how an import's file is to be read."""
    return Choices(**{choice.name: getattr(found, choice.name) for choice in fields(Choices)})


def _write(found: ContactImport, rows: Iterator[Row | Refused], tell: Callable[[int], None], read_as: ReadAs) -> None:
    """Judge and write all rows inside the caller's transaction, and end the import as DONE. Raises Canceled."""
    region, exceptions = _region(found), let_through()
    columns: dict[str, None] = {}
    with _opened_store(found) as store:
        while chunk := list(islice(rows, CHUNK_ROWS)):
            judged = [judged_row(row, region=region, let_through=exceptions) for row in chunk]
            for layout in {id(row.layout): row.layout for row in chunk if isinstance(row, Row)}.values():
                columns.update(dict.fromkeys(layout.columns))
            store.add(judged)
            tell(store.sums.total)
    _done(found, store, list(columns), read_as)


def _write_large(
    found: ContactImport,
    pieces: Pieces,
    tell: Callable[[int], None],
    read_as: ReadAs,
    *,
    into: tuple[int, int] | None,
) -> bool:
    """Do the same with a large delimited file, whose rows other processes judge; return False for any other file."""
    with large_table(
        pieces,
        choices=choices_of(found),
        region=_region(found),
        let_through=let_through(),
        read_as=read_as,
        into=into,
    ) as table:
        if table is None:
            return False
        with _opened_store(found) as store:
            for chunk in table.chunks():
                store.add_judged(chunk, plan=table.plan)
                read_as.lines += chunk.found.lines
                read_as.lines_within_cells += chunk.found.lines_within_cells
                read_as.blank_lines += chunk.found.blank
                tell(store.sums.total)
        _done(found, store, list(table.header.layout.columns), read_as)
    return True


def _region(found: ContactImport) -> str:
    return found.region or found.contact_list.default_region


@contextmanager
def _opened_store(found: ContactImport) -> Iterator[Store]:
    with connection.cursor() as cursor:
        store = Store(cursor=cursor, contact_import=found)
        try:
            store.open()
            yield store
            store.finish()
        finally:
            store.close()


def _done(found: ContactImport, store: Store, columns: list[str], read_as: ReadAs) -> None:
    sums = store.sums
    read_as.unread_further_numbers = store.unread
    _end(
        found,
        state=ImportState.DONE,
        problem="",
        columns=columns,
        read_as=read_as.facts(),
        rows_read=sums.total,
        rows_total=sums.total,
        rows_accepted=sums.accepted,
        rows_updated=sums.updated,
        rows_duplicate=sums.duplicate,
        rows_refused=sums.refused,
        bytes_read=found.bytes_total,
    )


def judged_row(row: Row | Refused, *, region: str, let_through: tuple[str, ...]) -> Candidate | Refused:
    """Return what a row is."""
    if isinstance(row, Refused):
        return row
    return judge(row_number=row.row_number, layout=row.layout, cells=row.cells, region=region, let_through=let_through)


def _end(found: ContactImport, *, state: ImportState, **values: Any) -> None:
    """End a waiting import. Raises Canceled when it was canceled meanwhile; the list's lock excludes all others."""
    waiting = ContactImport.objects.filter(pk=found.pk, state__in=WAITING)
    if not waiting.update(state=state, ended_at=timezone.now(), **values):
        raise Canceled


def _lock_list(list_id: int, *, wait: bool) -> bool:
    """Take the list for the rest of the transaction. Return whether it is ours."""
    with connection.cursor() as cursor:
        if not wait:
            return try_take(cursor, AdvisoryLock.IMPORT, which=list_id)
        take(cursor, AdvisoryLock.IMPORT, which=list_id)
        return True
