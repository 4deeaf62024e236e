"""Passes a call's recording on to people who may listen to it; the provider's address and key stay here."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.http import StreamingHttpResponse

from campaigns.acts import LISTEN
from campaigns.models import Attempt
from dialer.accesses import Reader, note_access
from dialer.accounts.recordings import open_recording
from dialer.models import AccessKind

log = structlog.get_logger(__name__)


def recording_response(attempt: Attempt, *, reader: Reader, now: datetime) -> StreamingHttpResponse:
    """Return the recording of ``attempt`` as a download that streams. Raises RecordingUnavailable.

    Who listens is written down before anything is heard.
    """
    recording = open_recording(account=attempt.account, url=attempt.recording_url)
    try:
        note_access(
            kind=AccessKind.RECORDING,
            reader=reader,
            subject="attempt",
            subject_id=attempt.pk,
            now=now,
            act=LISTEN.name,
        )
    except Exception:
        recording.close()
        raise
    log.info("recording fetched", attempt_id=attempt.pk)
    response = StreamingHttpResponse(recording, content_type=recording.content_type)
    response["Content-Disposition"] = f'attachment; filename="attempt-{attempt.pk}.{recording.suffix}"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    if recording.length_bytes is not None:
        response["Content-Length"] = str(recording.length_bytes)
    return response
