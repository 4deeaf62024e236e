"""Uploading in tests: content in, the ended import out."""

from __future__ import annotations

import csv
import uuid
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from campaigns.importing import Choices, create_import, refusal_report, run_import
from campaigns.models import ContactImport, ContactList
from dialer.accesses import Reader


def new_list(*, region: str = "IN") -> ContactList:
    """Return an empty list."""
    return ContactList.objects.create(name=f"list {uuid.uuid4()}", default_region=region)


def upload(content: bytes | str, *, to: ContactList | None = None, **options: Any) -> ContactImport:
    """Store and run an upload, and return it as it ended."""
    data = content.encode() if isinstance(content, str) else content
    chosen = {choice.name: options.pop(choice.name) for choice in fields(Choices) if choice.name in options}
    options = {"file_name": "upload.csv", "idempotency_key": None, "choices": Choices(**chosen), **options}
    found, _ = create_import(contact_list=to or new_list(), stream=[data], **options)
    return run_import(import_id=found.pk)


def codes(found: ContactImport) -> dict[int, str]:
    """Return the code of each row that became no contact."""
    return dict(found.refusals.values_list("row_number", "code"))


def report_text(found: ContactImport) -> str:
    """Return the report as a file."""
    reader = Reader(by="tester", face="COMMAND")
    return "".join(refusal_report(found, reader=reader, now=datetime(2026, 3, 2, tzinfo=UTC)))


def report(found: ContactImport) -> list[dict[str, str]]:
    """Return the report as a spreadsheet would read it."""
    return list(csv.DictReader(report_text(found).lstrip("\ufeff").splitlines()))
