"""Taking an upload in: small ones are read while the client waits, large ones by a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from kombu.exceptions import OperationalError

from campaigns.idempotency import KeyReused
from campaigns.importing import (
    AS_FOUND,
    Choices,
    ImportProblem,
    UploadTooLarge,
    create_import,
    first_objects,
    first_rows,
    give_key_back,
    import_rows,
    row_results,
    run_import,
)
from campaigns.models import ContactImport, ContactList, ImportState
from dialer.api.errors import Conflict, Refused, TooLarge

#: Files up to this size are read at once: some thousand rows, well under a second.
READ_AT_ONCE_BYTES = 512 * 1024
IF_DUPLICATE = ("skip", "update", "replace", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An upload that was taken. ``is_new`` is False when its Idempotency-Key had been seen.

    ``first_rows`` are of a dry run, ``results`` of JSON objects.
    """

    contact_import: ContactImport
    is_new: bool
    first_rows: list[dict[str, Any]] | None = None
    results: list[dict[str, Any]] | None = None


def take_file(
    *,
    contact_list: ContactList,
    file: UploadedFile[bytes],
    file_name: str,
    idempotency_key: str | None,
    choices: Choices,
    **options: Any,
) -> Taken:
    """Store a file and read it, now or later. Raises Conflict when the key came with another file before."""

    def store() -> tuple[ContactImport, bool]:
        return create_import(
            contact_list=contact_list,
            stream=file.chunks(),
            file_name=file_name,
            idempotency_key=idempotency_key,
            choices=choices,
            **options,
        )

    try:
        found, is_new = _kept_once(store, contact_list=contact_list, idempotency_key=idempotency_key)
    except UploadTooLarge as error:
        raise TooLarge(limit_bytes=settings.DIALER_UPLOAD_MAX_BYTES) from error
    if is_new and (file.size or 0) <= READ_AT_ONCE_BYTES:
        found = run_import(import_id=found.pk)
    elif found.state == ImportState.QUEUED:
        read_later(found)
    shown = None
    if found.is_dry_run and found.state != ImportState.FAILED:
        with _refused():
            shown = first_rows(file.chunks, choices=choices, region=contact_list.default_region)
    return Taken(contact_import=found, is_new=is_new, first_rows=shown)


def take_rows(
    *,
    contact_list: ContactList,
    rows: Sequence[Mapping[str, Any]],
    idempotency_key: str | None,
    choices: Choices = AS_FOUND,
    **options: Any,
) -> Taken:
    """Read rows at once. Raises Conflict when the key came with other rows before, Refused where a number refuses all.

    ``options`` are those of ``import_rows``.
    """

    def read() -> tuple[ContactImport, bool]:
        return import_rows(
            contact_list=contact_list, rows=rows, idempotency_key=idempotency_key, choices=choices, **options
        )

    with _refused():
        found, is_new = _kept_once(read, contact_list=contact_list, idempotency_key=idempotency_key)
    return Taken(
        contact_import=found,
        is_new=is_new,
        first_rows=first_objects(rows, choices=choices, region=contact_list.default_region)
        if found.is_dry_run
        else None,
        results=row_results(found, rows=rows, choices=choices),
    )


def _kept_once(
    make: Callable[[], tuple[ContactImport, bool]], *, contact_list: ContactList, idempotency_key: str | None
) -> tuple[ContactImport, bool]:
    """Return what ``make`` does; where its key is that of an upload that failed, the key is free. Raises Conflict."""
    try:
        return make()
    except KeyReused as error:
        if not give_key_back(contact_list=contact_list, idempotency_key=idempotency_key):
            raise key_conflict(error) from error
    try:
        return make()
    except KeyReused as error:  # somebody was first
        raise key_conflict(error) from error


@contextmanager
def _refused() -> Iterator[None]:
    """Turn what refuses an upload as a whole into Refused."""
    try:
        yield
    except ImportProblem as problem:
        raise Refused(code="import_failed", message=str(problem)) from problem


def read_later(found: ContactImport) -> None:
    """Ring for a worker; when no bell can be rung, read it here: the client waits, but nothing is left lying."""
    try:
        with current_app.connection_for_write() as connection:
            current_app.send_task("campaigns.run_import", kwargs={"import_id": found.pk}, connection=connection)
    except OperationalError:
        run_import(import_id=found.pk)
        found.refresh_from_db()


def key_conflict(error: KeyReused) -> Conflict:
    """Return the error for a key that was used for something else."""
    return Conflict(code="idempotency_key_reused", problems=[str(error)])
