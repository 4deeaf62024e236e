"""Passes a call's recording on to people who may listen to it; the provider's address and key stay here."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.http import HttpResponse, StreamingHttpResponse

from campaigns.acts import LISTEN
from campaigns.models import Attempt
from dialer.accesses import Reader, note_access
from dialer.accounts.recordings import OpenRecording, OutsideRecording, open_recording, part_of
from dialer.models import AccessKind, AuditEntry

log = structlog.get_logger(__name__)

#: Who moves about in a recording asks for part after part: for so long that is one listening.
ONE_LISTENING = timedelta(minutes=30)


def recording_response(
    attempt: Attempt, *, reader: Reader, now: datetime, wanted: str = ""
) -> HttpResponse | StreamingHttpResponse:
    """Return the recording of ``attempt`` as a download that streams. Raises RecordingUnavailable.

    ``wanted``: the request's Range header, for players, which read a recording in parts. Who listens is written down
    before anything is heard.
    """
    part = part_of(wanted)
    try:
        recording = open_recording(account=attempt.account, url=attempt.recording_url, part=part)
    except OutsideRecording:
        return HttpResponse(status=416)
    try:
        if part is None or not _listens_already(attempt, reader, now):
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
    return _response(attempt, recording)


def _listens_already(attempt: Attempt, reader: Reader, now: datetime) -> bool:
    heard = AuditEntry.objects.filter(
        subject=Attempt._meta.label_lower, subject_id=attempt.pk, act=LISTEN.name, by=reader.by, face=reader.face
    )
    return heard.filter(at__gt=now - ONE_LISTENING).exists()


def _response(attempt: Attempt, recording: OpenRecording) -> StreamingHttpResponse:
    response = StreamingHttpResponse(recording, content_type=recording.content_type)
    response["Content-Disposition"] = f'attachment; filename="attempt-{attempt.pk}.{recording.suffix}"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    if recording.total_bytes is not None:
        response["Accept-Ranges"] = "bytes"
    if recording.length_bytes is not None:
        response["Content-Length"] = str(recording.length_bytes)
    if (part := recording.part) is not None:
        response.status_code = 206
        response["Content-Range"] = f"bytes {part.first}-{part.last}/{recording.total_bytes}"
    return response
