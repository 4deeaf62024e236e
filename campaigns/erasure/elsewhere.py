"""What of a person lies where we do not reach: named in the proof, for people to see to."""

from __future__ import annotations

import gzip
import re
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from campaigns.erasure.person import Person
from campaigns.models import Attempt, ContactImport, ImportState
from dialer.models import AuditEntry, EntryKind

#: Reports of a call may come for so long after its end.
REPORTS_COME_FOR = timedelta(days=3)
MOST_NAMED = 20


def not_reachable(*, person: Person, now: datetime) -> list[str]:
    """Return, as sentences, where the person may still be found; asked before the rows are erased."""
    calls = Attempt.objects.filter(pk__in=person.attempt_ids)
    found = []
    providers = sorted(set(calls.values_list("account__name", flat=True)))
    if providers:
        found.append(f"The calls, their recordings and logs at the providers of: {', '.join(providers)}.")
    if calls.filter(ended_at__gt=now - REPORTS_COME_FOR).exists():
        found.append(
            f"Reports of the latest calls may still come for {REPORTS_COME_FOR.days} days, as events of no known call: "
            "erase the number again then."
        )
    campaigns = set(calls.values_list("campaign_id", flat=True))
    # Of one campaign, or of several that the details name.
    theirs = Q(subject_id__in=campaigns)
    for campaign_id in campaigns:
        theirs |= Q(subject_id=None, details__of__contains=[campaign_id])
    exports = AuditEntry.objects.filter(theirs, kind=EntryKind.ACCESS, subject="campaigns.campaign", rows__isnull=False)
    if exports.exists():
        found.append(f"{exports.count()} exports of their campaigns, which left us: see Audit.")
    if ContactImport.objects.filter(state__in=[ImportState.QUEUED, ImportState.RUNNING]).exists():
        found.append("Uploads that are under way: they may bring the number again.")
    found.append("Subscribers who were told of the calls, the files that uploads came from, and backups.")
    hours = settings.DIALER_KEEP_ANSWERS_HOURS
    found.append(f"Answers to requests with an Idempotency-Key, which are encrypted and removed after {hours} hours.")
    return [*found, *_archives(person.pattern)]


def _archives(pattern: str) -> list[str]:
    folder = settings.DIALER_ARCHIVE_FOLDER
    if not folder or not Path(folder).is_dir():
        return []
    wanted = re.compile(pattern.encode())
    holding = [path.name for path in sorted(Path(folder).glob("*.jsonl.gz")) if _holds(path, wanted)]
    if not holding:
        return []
    more = f" and {len(holding) - MOST_NAMED} more" if len(holding) > MOST_NAMED else ""
    return [f"Archives that hold the number: {', '.join(holding[:MOST_NAMED])}{more}."]


def _holds(path: Path, wanted: re.Pattern[bytes]) -> bool:
    with gzip.open(path, "rb") as lines:
        return any(wanted.search(line) for line in lines)
