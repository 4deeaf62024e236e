"""Cancels an import that waits or runs: nothing of it is imported."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from campaigns.acts import CANCEL_IMPORT
from campaigns.models import ContactImport, ImportState
from dialer.audit import record

WAITING = (ImportState.QUEUED, ImportState.RUNNING)
#: What waits, and what nobody has said yet to be imported.
NOT_OVER = (ImportState.CHOOSING, *WAITING)


def cancel_import(*, import_id: int, now: datetime) -> bool:
    """Cancel an import; return False when it has ended. A worker that is at it sees so and takes back what it wrote."""
    with transaction.atomic():
        waiting = ContactImport.objects.filter(pk=import_id, state__in=NOT_OVER)
        if not waiting.update(state=ImportState.CANCELED, ended_at=now, problem="Canceled: nothing was imported."):
            return False
        canceled = ContactImport.objects.get(pk=import_id)
        canceled.chunks.all().delete()
        record(act=CANCEL_IMPORT.name, what="Canceled an upload", subject=canceled, now=now)
    return True
