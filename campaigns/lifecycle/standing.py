"""Standing campaigns, which wait for single calls: one of an account and a template, made when first asked for."""

from __future__ import annotations

from datetime import datetime, time

from django.db import connection, transaction

from campaigns.lifecycle.operations import start_campaign
from campaigns.models import CallTemplate, Campaign, ContactList
from campaigns.states import campaigns as campaign_states
from dialer.advisory_locks import AdvisoryLock, take
from dialer.models import ProviderAccount

#: What such campaigns are for; their names begin with it. Nobody runs them, so pages of what runs leave them out.
OF_SINGLE_CALLS = ("Single calls", "Test calls")
#: The hours of a standing campaign that is made for single calls, in the account's zone; a manager may change them.
OPENS, CLOSES = time(9), time(21)


def standing_campaign(
    *, account: ProviderAccount, template: CallTemplate, purpose: str = "Single calls", now: datetime, by: str
) -> Campaign:
    """Return the account's standing campaign with this template for this purpose; made and started if there is none.

    Raises UnableToOperate with what keeps it from calling.
    """
    name = f"{purpose} · {account.name} · {template.name}"[:150]
    those = Campaign.objects.filter(name=name, account=account, template=template, is_standing=True)
    found = those.first()
    if found is not None:
        return found
    with transaction.atomic(), connection.cursor() as cursor:
        # Of those who ask for its first call at once, one makes it and the others use it.
        take(cursor, AdvisoryLock.STANDING, which=account.pk)
        found = those.first()
        if found is not None:
            return found
        contact_list, _ = ContactList.objects.get_or_create(name=name)
        made = campaign_states.add_draft(
            name=name,
            account=account,
            template=template,
            is_standing=True,
            time_zone=account.time_zone,
            # Nobody is woken by the sandbox.
            window_opens=time(0) if account.is_sandbox else OPENS,
            window_closes=time(23, 59, 59, 999999) if account.is_sandbox else CLOSES,
            max_attempts=1,
            owner=by[:150],
        )
        made.contact_lists.add(contact_list)
        made.dids.set(account.dids.filter(is_active=True))
        made.agents.set(account.agents.all())
        return start_campaign(campaign_id=made.pk, now=now, by=by)
