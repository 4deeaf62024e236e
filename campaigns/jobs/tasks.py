"""Tasks that a manager puts on a schedule in the admin (Scheduled jobs); docs/jobs.md says with which arguments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from celery import shared_task
from django.conf import settings
from django.db import close_old_connections

from campaigns.exports.running import export, write
from campaigns.exports.wanted import FORMS, Wanted
from campaigns.importing.fetching import import_source as fetch
from campaigns.jobs.runs import CLOCKS_DIFFER, JobFailed, edge_of, entry_of, run_once
from campaigns.models import Campaign, ImportSource
from dialer import providers
from dialer.accesses import Reader
from dialer.accounts.sync.runs import SyncUnderWay, run_sync
from dialer.models import ProviderAccount

log = structlog.get_logger(__name__)


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

    run_once(job=f"import source #{found.pk}", edge_at=edge_of(entry=entry_of(task), now=now), work=work, now=now)


@shared_task(bind=True, name="campaigns.export_results")
def export_results(task: Any, /, *, campaign: str, hours: float = 24, form: str = "csv", **_: Any) -> None:
    """Write the calls of a campaign, by its name, that ended in the last hours into DIALER_EXPORT_FOLDER."""
    close_old_connections()
    now = datetime.now(UTC)
    found = Campaign.objects.get(name=campaign)
    edge_at = edge_of(entry=entry_of(task), now=now)

    def work() -> str:
        if not settings.DIALER_EXPORT_FOLDER:
            raise ValueError("DIALER_EXPORT_FOLDER is not set.")
        if form not in FORMS:
            raise ValueError(f"There is no form {form!r}: {', '.join(FORMS)}.")
        path = Path(settings.DIALER_EXPORT_FOLDER) / f"campaign-{found.pk}-{edge_at:%Y%m%dT%H%M%S}Z.{form}"
        # What ends now is still being written, by clocks that may be behind: it comes with the next file.
        until = edge_at - CLOCKS_DIFFER
        wanted = Wanted(
            form=form,  # type: ignore[arg-type]
            of_ids=(found.pk,),
            since=until - timedelta(hours=hours),
            until=until,
        )
        reader = Reader(by=f"export of campaign #{found.pk}", face="JOB")
        manifest = write(path, export(wanted, reader=reader, now=now))
        return f"{path.name}: {manifest['rows']} rows, {manifest['bytes']} bytes"

    run_once(job=f"export of campaign #{found.pk}, {hours:g} h, {form}", edge_at=edge_at, work=work, now=now)


@shared_task(bind=True, name="campaigns.sync_accounts")
def sync_accounts(task: Any, /, *, account: str | None = None, **_: Any) -> None:
    """Sync an account, by its name, or each active one whose provider lists anything. One's failure stops no other."""
    close_old_connections()
    now = datetime.now(UTC)
    edge_at = edge_of(entry=entry_of(task), now=now)
    if account is not None:
        _sync(ProviderAccount.objects.get(name=account), edge_at=edge_at, now=now)
        return
    for each in ProviderAccount.objects.filter(provider__in=providers.able("lists"), is_active=True).order_by("id"):
        try:
            _sync(each, edge_at=edge_at, now=datetime.now(UTC))
        except Exception:  # kept in its job run, and at the account
            log.warning("account not synced", account_id=each.pk, exc_info=True)


def _sync(account: ProviderAccount, *, edge_at: datetime, now: datetime) -> None:
    def work() -> str:
        try:
            done = run_sync(account=account, now=now, by="")
        except SyncUnderWay as error:
            return str(error)
        if not done.is_whole:
            raise JobFailed(done.problem)
        return f"{sum(kind.listed for kind in done.kinds)} items, {sum(kind.new for kind in done.kinds)} new"

    run_once(job=f"sync of account #{account.pk}", edge_at=edge_at, work=work, now=now)
