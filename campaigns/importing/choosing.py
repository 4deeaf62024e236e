"""An upload whose columns are looked at: how it is to be read is kept, and then it is taken, or forgotten."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import transaction

from campaigns.importing.reading import Choices
from campaigns.importing.receiving import record_upload, upload_details
from campaigns.models import ContactImport, IfDuplicate, ImportChunk, ImportState

#: A file of which nobody says that it is to be imported is kept for so long.
KEPT_FOR = timedelta(days=1)
FORGOTTEN = "Nobody has said for a day that it is to be imported: nothing was."


def keep_choices(*, import_id: int, choices: Choices, if_duplicate: str) -> bool:
    """Keep how an upload is to be read; return False where it is not looked at any more."""
    values = {**asdict(choices), "if_duplicate": IfDuplicate(if_duplicate.upper())}
    return bool(ContactImport.objects.filter(pk=import_id, state=ImportState.CHOOSING).update(**values))


@transaction.atomic
def take(*, import_id: int) -> bool:
    """CHOOSING → QUEUED: it is imported as it was chosen; return False where somebody was first."""
    if not ContactImport.objects.filter(pk=import_id, state=ImportState.CHOOSING).update(state=ImportState.QUEUED):
        return False
    taken = ContactImport.objects.get(pk=import_id)
    record_upload(taken, details=upload_details(taken))
    return True


@transaction.atomic
def forget_unchosen(*, now: datetime) -> None:
    """End the uploads that were left at their columns; their files go."""
    left = ContactImport.objects.filter(state=ImportState.CHOOSING, created_at__lt=now - KEPT_FOR)
    ids = list(left.select_for_update(skip_locked=True).values_list("pk", flat=True))
    ImportChunk.objects.filter(contact_import__in=ids).delete()
    ContactImport.objects.filter(pk__in=ids).update(state=ImportState.CANCELED, ended_at=now, problem=FORGOTTEN)
