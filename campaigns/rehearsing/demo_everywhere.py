"""What `make demo ARGS="--providers all"` shows: a campaign on each provider, and one on a provider's own dialer."""

from __future__ import annotations

import csv
import io
import itertools
from typing import Any

from django.db import transaction

from campaigns.models import ContactImport
from campaigns.rehearsing.demo import (
    AGENTS,
    CALLBACKS,
    CALLS,
    PATIENCE,
    Show,
    free_title,
    suppress_some,
    upload_csv,
    upload_messy,
)
from campaigns.rehearsing.roles import role_campaign, roles, stage_role
from campaigns.rehearsing.staging import Line
from dialer.sandbox.client import SandboxClient

#: Contacts of each campaign but the first, whose contacts are the messy CSV's.
CONTACTS = 120
#: Endings that the carrier never has room for: these leads would wait for ever.
TURNED_AWAY_ALWAYS = frozenset({21, 22, 24})
LINES = (6, 4, 2)
#: Some logs give whole seconds and no id: a number's next call comes late enough to be told from its last.
RETRIES: dict[str, Any] = {"max_attempts": 2, "retry_rules": {"NO_ANSWER": 8, "BUSY": 8, "FAILED": 8, "MACHINE": 8}}
MAX_RING_SECONDS = 5


@transaction.atomic
def prepare_everywhere(carrier: SandboxClient, *, rows: int, seed: int) -> Show:
    """Make an account, a list and a campaign for each role; nothing is started."""
    title = free_title()
    stages, campaigns, imports = [], [], []
    ways = roles()
    for place, role in enumerate(ways.values()):
        name = f"{title} {role.title}"
        stage = stage_role(
            carrier,
            role=role,
            name=name,
            lines=[Line(number=f"+9180690{place:02}{line:03}", limit=limit) for line, limit in enumerate(LINES)],
            agents=AGENTS,
            account_fields=PATIENCE,
            carrier_settings=CALLS,
        )
        upload = upload_messy(name, rows=rows, seed=seed) if place == 0 else _upload_plain(name, place=place)
        if place == 0:
            suppress_some(carrier, title, upload.contact_list, stages=(stage,))
        campaign = role_campaign(
            stage,
            role=role,
            name=name,
            contact_lists=[upload.contact_list],
            max_ring_seconds=MAX_RING_SECONDS,
            **RETRIES,
            **(CALLBACKS if place == 0 else {}),
        )
        stages.append(stage)
        campaigns.append(campaign)
        imports.append(upload)
    return Show(names=tuple(ways), stages=stages, campaigns=campaigns, imports=imports)


def _upload_plain(name: str, *, place: int) -> ContactImport:
    """Upload contacts whose numbers follow one another, so that each ending of the carrier's table is there."""
    callable_ones = (n for n in itertools.count() if n % 100 not in TURNED_AWAY_ALWAYS)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("Customer Name", "Mobile No."))
    writer.writerows((f"Contact {n}", f"+9172{place:02}{n:06}") for n in itertools.islice(callable_ones, CONTACTS))
    return upload_csv(name, text.getvalue().encode())
