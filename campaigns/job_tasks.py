"""Tasks that a manager puts on a schedule in the admin (Scheduled jobs); docs/jobs.md says with which arguments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from celery import shared_task
from django.conf import settings
from django.db import close_old_connections

from campaigns.exporting import export
from campaigns.importing.fetching import import_source as fetch
from campaigns.jobs import edge_of, run_once
from campaigns.models import Campaign, ImportSource


def _entry(task: Any) -> str | None:
    """Return the name of the beat entry that rang, or None when it was rung by hand."""
    headers = task.request.headers or {}
    found = getattr(task.request, "periodic_task_name", None) or headers.get("periodic_task_name")
    return str(found) if found else None


@shared_task(bind=True, name="campaigns.import_source")
def import_source(task: Any, /, *, source: str, **_: Any) -> None:
    """Fetch an import source, by its name, and import its file if it is another one than before."""
    close_old_connections()
    now = datetime.now(UTC)
    found = ImportSource.objects.get(name=source)

    def work() -> str:
        if not found.is_active:
            return "The source is switched off"
        done = fetch(source=found, now=now)
        return "The same file as before" if done is None else f"Import #{done.pk}: {done.rows_accepted} accepted"

    run_once(job=f"import source #{found.pk}", edge_at=edge_of(entry=_entry(task), now=now), work=work, now=now)


@shared_task(bind=True, name="campaigns.export_results")
def export_results(task: Any, /, *, campaign: str, hours: float = 24, form: str = "csv", **_: Any) -> None:
    """Write the calls of a campaign, by its name, that ended in the last hours into DIALER_EXPORT_FOLDER."""
    close_old_connections()
    now = datetime.now(UTC)
    found = Campaign.objects.get(name=campaign)
    edge_at = edge_of(entry=_entry(task), now=now)

    def work() -> str:
        if not settings.DIALER_EXPORT_FOLDER:
            raise ValueError("DIALER_EXPORT_FOLDER is not set.")
        kind = "jsonl" if form == "jsonl" else "csv"
        path = Path(settings.DIALER_EXPORT_FOLDER) / f"campaign-{found.pk}-{edge_at:%Y%m%dT%H%M%S}Z.{kind}"
        since = edge_at - timedelta(hours=hours)
        rows = write(
            path,
            export(campaign_id=found.pk, what="attempts", form=kind, since=since, until=edge_at),  # type: ignore[arg-type]
        )
        return f"{path.name}: {rows} bytes"

    run_once(job=f"export of campaign #{found.pk}, {hours:g} h, {form}", edge_at=edge_at, work=work, now=now)


def write(path: Path, lines: Any) -> int:
    """Write a file, which is there under its name once it is whole; return its size in bytes."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as stream:
        for line in lines:
            stream.write(line)
        size_bytes = stream.tell()
    part.replace(path)
    return size_bytes
