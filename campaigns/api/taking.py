"""Taking an upload in: small ones are read while the client waits, large ones by a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from kombu.exceptions import OperationalError

from campaigns.idempotency import KeyReused
from campaigns.importing import UploadTooLarge, create_import, import_rows, run_import
from campaigns.models import ContactImport, ContactList, ImportState
from dialer.api.errors import Conflict, TooLarge

#: Files up to this size are read at once: some thousand rows, well under a second.
READ_AT_ONCE_BYTES = 512 * 1024
IF_DUPLICATE = ("skip", "update")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An upload that was taken. ``is_new`` is False when its Idempotency-Key had been seen."""

    contact_import: ContactImport
    is_new: bool


def take_file(
    *, contact_list: ContactList, file: UploadedFile[bytes], file_name: str, idempotency_key: str | None, **options: Any
) -> Taken:
    """Store a file and read it, now or later. Raises Conflict when the key came with another file before."""
    try:
        found, is_new = create_import(
            contact_list=contact_list,
            stream=file.chunks(),
            file_name=file_name,
            idempotency_key=idempotency_key,
            **options,
        )
    except KeyReused as error:
        raise key_conflict(error) from error
    except UploadTooLarge as error:
        raise TooLarge(limit_bytes=settings.DIALER_UPLOAD_MAX_BYTES) from error
    if is_new and (file.size or 0) <= READ_AT_ONCE_BYTES:
        found = run_import(import_id=found.pk)
    elif found.state == ImportState.QUEUED:
        read_later(found)
    return Taken(contact_import=found, is_new=is_new)


def take_rows(
    *, contact_list: ContactList, rows: Sequence[Mapping[str, Any]], idempotency_key: str | None, **options: Any
) -> Taken:
    """Read rows at once. Raises Conflict when the key came with other rows before."""
    try:
        found, is_new = import_rows(contact_list=contact_list, rows=rows, idempotency_key=idempotency_key, **options)
    except KeyReused as error:
        raise key_conflict(error) from error
    return Taken(contact_import=found, is_new=is_new)


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
