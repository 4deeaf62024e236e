"""Reserves the next batch of a hosted campaign: due leads that no rule keeps back, as attempts, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from uuid_utils.compat import uuid7

from campaigns.claiming import evidence
from campaigns.claiming import gate as account_gate
from campaigns.claiming.due import DueLead, due_leads
from campaigns.claiming.judging import judge
from campaigns.claiming.second_look import free_of_others, one_each
from campaigns.hosting.reading import did_of, wish_of
from campaigns.models import HostedBatch, HostedDialer, HostedNumber
from campaigns.placing.variables import call_variables
from campaigns.rules.campaign import read_rules
from campaigns.rules.ruleset import CampaignRules
from campaigns.rules.week import day_of, hour_of_week
from campaigns.states import attempts as attempt_states
from dialer.providers.parts.hosted import DialerNumber
from dialer.sql import hot_cursor, read_in_order

#: A number may wait in the provider's queue, its dialer off, for this long without news before it is given up.
DEADLINE = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A batch that is written and not sent: the number for each attempt."""

    batch_id: int
    numbers: Mapping[int, DialerNumber]


def choose(*, dialer: HostedDialer, most: int, variables: Sequence[str], now: datetime) -> tuple[Chosen | None, bool]:
    """Reserve a batch of at most ``most``; return it, and whether to look again as a rule took leads out of the way.

    ``variables`` are the names under which the provider takes a variable with a number.
    """
    with transaction.atomic(), hot_cursor() as cursor:
        # Pausing and the kill switch write under this lock: what is wished now holds until the batch is written.
        if account_gate.lock_gate(cursor, account_id=dialer.account_id) is None:
            return None, False
        dialer.campaign.refresh_from_db(fields=["state", "state_changed_at", "ends_at"])
        if not wish_of(dialer, did=did_of(dialer), now=now).is_on:
            return None, False
        rules = read_rules(cursor, campaign_ids=[dialer.campaign_id])[dialer.campaign_id]
        ringable = rules.matrix.other_numbers
        read_in_order(cursor)
        leads = due_leads(cursor, campaign_id=dialer.campaign_id, now=now, limit=most, number_names=ringable)
        good, judged = judge(cursor, campaign_id=dialer.campaign_id, rules=rules, leads=leads, now=now)
        good = free_of_others(cursor, campaign_id=dialer.campaign_id, rules=rules, leads=one_each(good), now=now)
        if not good:
            return None, judged
        inserted = _insert(cursor, dialer, good, rules, now)
        batch = HostedBatch.objects.create(
            dialer=dialer, size=len(inserted), total_before=dialer.total_numbers, reserved_at=now
        )
        HostedNumber.objects.bulk_create(
            HostedNumber(attempt_id=attempt_id, batch=batch) for attempt_id in inserted.values()
        )
    names = dict(dialer.campaign.template.variables)
    numbers = {inserted[lead.id]: _number(lead, names, variables) for lead in good if lead.id in inserted}
    return Chosen(batch_id=batch.pk, numbers=numbers), judged


def _insert(
    cursor: Any, dialer: HostedDialer, leads: Sequence[DueLead], rules: CampaignRules, now: datetime
) -> dict[int, int]:
    version = evidence.version_of(cursor, campaign_id=dialer.campaign_id, rules=rules, now=now)
    longest = timedelta(seconds=dialer.longest_call_seconds)
    rows = [
        attempt_states.NewAttempt(
            reference=uuid7(),
            lead_id=lead.id,
            campaign_id=dialer.campaign_id,
            did_id=dialer.did_id,
            agent_id=None,
            number=lead.number,
            send_at=now,
            deadline_at=now + DEADLINE + longest,
            next_poll_at=None,
            profile_id=rules.profile_id,
            rules_version_id=version,
            grounds=evidence.grounds(rules=rules, lead=lead),
            template_id=dialer.campaign.template_id,
            contact_list_id=lead.contact_list_id,
            nth=lead.attempts_made + 1,
            week_hour=hour_of_week(now, zone=rules.zone),
            called_on=day_of(now, zone=rules.zone),
        )
        for lead in leads
    ]
    return attempt_states.reserve_attempts(cursor, account_id=dialer.account_id, rows=rows, now=now)


def _number(lead: DueLead, names: Mapping[str, str], variables: Sequence[str]) -> DialerNumber:
    given = call_variables(
        name=lead.name,
        external_reference=lead.external_reference,
        number=lead.number,
        own=lead.variables,
        names={theirs: names.get(theirs, theirs) for theirs in variables},
    )
    return DialerNumber(number=lead.number, variables={name: value for name, value in given.items() if value})
