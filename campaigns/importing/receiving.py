"""Takes an upload in: its bytes are kept in the database in pieces, so that any worker can run it, or run it again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any, BinaryIO

from django.conf import settings

from campaigns.acts import OVERWRITE, UPLOAD
from campaigns.idempotency import once
from campaigns.importing.problems import UploadTooLarge
from campaigns.importing.reading import AS_FOUND, Choices
from campaigns.models import ContactImport, ContactList, IfDuplicate, ImportChunk, ImportState
from dialer.audit import record

PIECE_BYTES = 256 * 1024


def create_import(
    *,
    contact_list: ContactList,
    stream: BinaryIO | Iterable[bytes],
    file_name: str,
    idempotency_key: str | None,
    choices: Choices = AS_FOUND,
    if_duplicate: str = "skip",
    is_dry_run: bool = False,
    is_chosen: bool = True,
) -> tuple[ContactImport, bool]:
    """Store an upload and return its import, and True; with a key that was seen, the earlier import and False.

    ``choices`` say how it is to be read. A dry run makes no contacts, and its key is not kept. Not ``is_chosen``: it
    waits as CHOOSING until ``choosing.take`` says how it is read, and that it is.

    Raises KeyReused when the key was used for other content or options, UploadTooLarge beyond DIALER_UPLOAD_MAX_BYTES,
    ValueError for an unknown ``if_duplicate`` (``skip``, ``update``, ``replace``
    or ``error``).
    """
    how = as_asked(choices=choices, if_duplicate=if_duplicate, is_dry_run=is_dry_run, idempotency_key=idempotency_key)
    state = ImportState.QUEUED if is_chosen else ImportState.CHOOSING
    wanted = ContactImport(contact_list=contact_list, file_name=file_name[-255:], state=state, **how)
    pieces = _limited(_pieces(stream))

    def store() -> ContactImport:
        wanted.save(force_insert=True)
        wanted.content_sha256, wanted.bytes_total = _store(wanted, pieces)
        wanted.save(update_fields=["content_sha256", "bytes_total"])
        record_upload(wanted, details=upload_details(wanted))
        return wanted

    def is_the_same(found: ContactImport) -> bool:
        wanted.content_sha256 = _sha256(pieces)
        return is_same(wanted, found)

    return once(
        key=wanted.idempotency_key,
        what="upload",
        earlier=lambda: earlier_import(wanted),
        is_same=is_the_same,
        make=store,
    )


def as_asked(*, choices: Choices, if_duplicate: str, is_dry_run: bool, idempotency_key: str | None) -> dict[str, Any]:
    """Return the fields of an import that say how it is done. Raises ValueError for an unknown ``if_duplicate``."""
    return {
        "idempotency_key": None if is_dry_run else idempotency_key or None,
        "is_dry_run": is_dry_run,
        "if_duplicate": IfDuplicate(if_duplicate.upper()),
        **asdict(choices),
    }


def record_upload(wanted: ContactImport, *, rows: int | None = None, details: Mapping[str, str] | None = None) -> None:
    """Write in the audit that something was uploaded, or only tried."""
    overwrites = wanted.if_duplicate in (IfDuplicate.UPDATE, IfDuplicate.REPLACE)
    what = "Looked at a file" if wanted.state == ImportState.CHOOSING else "Uploaded"
    record(
        act=(OVERWRITE if overwrites else UPLOAD).name,
        what="Tried an upload" if wanted.is_dry_run else what,
        subject=wanted,
        rows=rows,
        details=details,
    )


def upload_details(wanted: ContactImport) -> dict[str, str]:
    """Return what the audit says of an upload of a file."""
    return {"file": wanted.file_name, "if_duplicate": wanted.if_duplicate.lower()}


def earlier_import(wanted: ContactImport) -> ContactImport | None:
    """Return the import of this list that has the same idempotency key."""
    if wanted.idempotency_key is None:
        return None
    same_key = ContactImport.objects.filter(
        contact_list_id=wanted.contact_list_id, idempotency_key=wanted.idempotency_key
    )
    return same_key.first()


def give_key_back(*, contact_list: ContactList, idempotency_key: str | None) -> bool:
    """Take the key from an upload that failed, as nothing came of it; return whether one had it."""
    failed = ContactImport.objects.filter(contact_list=contact_list, state=ImportState.FAILED)
    return bool(failed.filter(idempotency_key=idempotency_key or "").update(idempotency_key=None))


def is_same(wanted: ContactImport, earlier: ContactImport) -> bool:
    """Return whether both are the same upload: content and options."""
    names = ("content_sha256", "if_duplicate", *(choice.name for choice in fields(Choices)))
    return all(getattr(wanted, name) == getattr(earlier, name) for name in names)


def stored_pieces(contact_import: ContactImport) -> Iterator[bytes]:
    """Give the stored file, one piece in memory at a time."""
    chunks = ImportChunk.objects.filter(contact_import=contact_import)
    position = 0
    while (content := chunks.filter(position=position).values_list("content", flat=True).first()) is not None:
        yield bytes(content)
        position += 1


def _store(contact_import: ContactImport, pieces: Iterable[bytes]) -> tuple[str, int]:
    """Store the pieces, and return their digest and how many bytes they are."""
    digest, size_bytes = hashlib.sha256(), 0
    for position, piece in enumerate(pieces):
        digest.update(piece)
        size_bytes += len(piece)
        ImportChunk.objects.create(contact_import=contact_import, position=position, content=piece)
    return digest.hexdigest(), size_bytes


def _sha256(pieces: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def _pieces(stream: BinaryIO | Iterable[bytes]) -> Iterator[bytes]:
    """Give a stream in pieces of one size, however it comes."""
    read = getattr(stream, "read", None)
    source: Iterable[bytes] = iter(lambda: read(PIECE_BYTES), b"") if read is not None else stream
    held = bytearray()
    for part in source:
        held += part
        while len(held) >= PIECE_BYTES:
            yield bytes(held[:PIECE_BYTES])
            del held[:PIECE_BYTES]
    if held:
        yield bytes(held)


def _limited(pieces: Iterable[bytes]) -> Iterator[bytes]:
    size_bytes = 0
    for piece in pieces:
        size_bytes += len(piece)
        if size_bytes > settings.DIALER_UPLOAD_MAX_BYTES:
            raise UploadTooLarge(f"The file is larger than {settings.DIALER_UPLOAD_MAX_BYTES // 1024**2} MB: split it.")
        yield piece
