"""Keeps why a lead was called or passed over, and by which version of the rules, in the transaction that decides.

A call's evidence stands in its attempt (``rules_version``, ``grounds``); of what is passed over a row is added when
the reason changes: a lead that is looked at again for the same reason adds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

import orjson
from django.db import transaction

from campaigns.claiming.due import DueLead
from campaigns.rules.deciding import LeadFacts, contact_zones
from campaigns.rules.ruleset import CampaignRules
from campaigns.states.leads import PutOff

_KNOWN = "SELECT id FROM campaigns_rulesversion WHERE campaign_id = %s AND digest = %s"
_NEW = """
INSERT INTO campaigns_rulesversion (campaign_id, version, digest, rules, made_at)
SELECT %(campaign)s::bigint, COALESCE(max(version), 0) + 1, %(digest)s::text, %(rules)s::jsonb, %(now)s::timestamptz
  FROM campaigns_rulesversion WHERE campaign_id = %(campaign)s::bigint
ON CONFLICT DO NOTHING
"""

#: Versions that are committed, by campaign and digest, so that a claim asks for none.
_committed: dict[tuple[int, str], int] = {}
_MOST_COMMITTED = 10_000


def version_of(cursor: Any, *, campaign_id: int, rules: CampaignRules, now: datetime) -> int:
    """Return the id of the version that these rules are; the first decision by them makes it."""
    key = (campaign_id, rules.digest)
    found = _committed.get(key)
    if found is not None:
        return found
    cursor.execute(_KNOWN, key)
    row = cursor.fetchone()
    if row is None:
        values = {"campaign": campaign_id, "digest": rules.digest, "rules": rules.text, "now": now}
        cursor.execute(_NEW, values)
        cursor.execute(_KNOWN, key)
        row = cursor.fetchone()
    # Only once it is committed: a version of a transaction that is rolled back is none.
    transaction.on_commit(partial(_remember, key, int(row[0])))
    return int(row[0])


def _remember(key: tuple[int, str], version_id: int) -> None:
    if len(_committed) >= _MOST_COMMITTED:
        _committed.clear()
    _committed[key] = version_id


def grounds(*, rules: CampaignRules, lead: DueLead) -> str | None:
    """Return, as JSON, what a call was allowed by that may change later: the zones whose hours were open."""
    if not rules.needs_contact:
        return None
    zones = contact_zones(LeadFacts(number=lead.number, time_zone=lead.time_zone))
    return orjson.dumps({"zones": zones}).decode()


# Leads are found by their ids, not by the index of those that wait: see ``states.ends``.
_SKIP = """
INSERT INTO campaigns_skip (lead_id, campaign_id, number, at, rule, detail, until, rules_version_id)
SELECT l.id, l.campaign_id, COALESCE(l.other_number, l.number), %(now)s, v.rule, v.detail, v.until, %(version)s
  FROM unnest(%(leads)s::bigint[], %(rules)s::text[], %(details)s::text[], %(untils)s::timestamptz[])
       AS v(id, rule, detail, until)
  JOIN campaigns_lead l ON l.id = v.id
 WHERE l.state || '' = 'PENDING' AND l.state_reason <> v.detail
"""


def keep_skips(cursor: Any, *, campaign_id: int, rules: CampaignRules, skips: Sequence[PutOff], now: datetime) -> None:
    """Add a row for each lead whose reason changes; before the reason is written to the lead, which is locked."""
    if not skips:
        return
    version = version_of(cursor, campaign_id=campaign_id, rules=rules, now=now)
    cursor.execute(
        _SKIP,
        {
            "now": now,
            "version": version,
            "leads": [skip.lead_id for skip in skips],
            "rules": [skip.rule for skip in skips],
            "details": [skip.reason[:200] for skip in skips],
            "untils": [skip.until for skip in skips],
        },
    )
