"""Makes a past: ended attempts, leads, events and all that grows with them, by SQL, a million in a minute or two.

Constraints that tell good rows from bad ones hold; triggers and foreign keys are passed over, as the rows are right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.utils import timezone

from campaigns.counting.checking import put_right
from campaigns.counting.folding import fold_all
from campaigns.models import CampaignState, HostedDialer
from dialer.models import ProviderAccount
from tests.campaigns.world import account, campaign, did
from tests.history.surroundings import FIRST_NUMBER, Past, add_done, add_said, add_told
from tests.history.tables import highest, insert, without_indexes

#: The accounts of the past, one of each provider; the campaigns that are over, of each account; DIDs of each account.
PROVIDERS = ("voxcore", "intellicall", "altur", "astradial", "ivrsolutions")
OVER, DIDS = 4, 8


def make_past(
    attempts: int, *, accounts: Sequence[ProviderAccount] = (), to_call: int = 0, calls_a_lead: int = 1
) -> Past:
    """Make so many ended attempts with their leads, contacts and events, spread over the year before now.

    ``accounts``: of which they are, the last one at IVR Solutions; new ones if none is given. ``to_call``: leads that
    the running campaign still has to call. ``calls_a_lead``: so many of the attempts are of one lead. The tables are
    analysed afterwards.
    """
    accounts = accounts or [account(provider=slug) for slug in PROVIDERS]
    for owner in accounts:
        for _ in range(DIDS):
            did(owner, max_calls_per_day=10_000_000)
    running = campaign(
        accounts[0],
        leads=to_call,
        dids=list(accounts[0].dids.order_by("id")),
        # Rules that ask for earlier calls: of the person, of the lead, of the DID.
        caps=[{"calls": 3, "hours": 24}],
        retry_rules={"NO_ANSWER": {"delays": [3600], "most": 2}},
        did_rotation="LEAST_USED",
        abandon_share_percent=90,
        state_changed_at=timezone.now(),
    )
    hosted = _hosted(accounts[-1])
    over = [
        campaign(owner, leads=0, dids=list(owner.dids.all()[:2]), state=CampaignState.COMPLETED)
        for owner in accounts
        for _ in range(OVER)
    ]
    campaigns = [running.pk if n % 2 else over[n // 2].pk for n in range(2 * len(over) - 1)] + [hosted.campaign_id]
    past = Past(attempts=attempts, accounts=accounts, running=running, hosted=hosted)
    if attempts:
        # A whole number of turns, so that an attempt is of the campaign of its lead.
        turns = max(1, attempts // calls_a_lead // len(campaigns))
        _fill(past, campaigns, leads=turns * len(campaigns) if calls_a_lead > 1 else attempts)
    return past


def _fill(past: Past, campaigns: Sequence[int], *, leads: int) -> None:
    with connection.cursor() as cursor:
        with without_indexes(cursor):
            _begin(cursor, campaigns)
            _calls(cursor, past, leads)
            add_told(cursor, past)
            add_said(cursor, past)
            add_done(cursor, past)
            cursor.execute("DROP TABLE past")
            cursor.execute("SET session_replication_role = origin")
        # Triggers were passed over, those that count as well.
        put_right(cursor, campaign_ids=sorted(set(campaigns)))
        fold_all()
        # Statistics and the visibility map, as autovacuum leaves them; of the small tables that are joined as well, as
        # those that other tests have filled and emptied look large.
        cursor.execute("VACUUM ANALYZE")


def _hosted(owner: ProviderAccount) -> HostedDialer:
    """Return a dialer of the provider's own whose campaign is over; it is off and holds nothing."""
    first = list(owner.dids.order_by("id")[:1])
    made = campaign(owner, leads=0, dids=first, runs_on="PROVIDER", state=CampaignState.COMPLETED)
    made.template.action, made.template.options = "SPEAK_TEXT", {"template_name": "reminder"}
    made.template.save()
    return HostedDialer.objects.create(
        campaign=made, account=owner, name=f"Dialer {made.pk}", is_on=False, concluded_at=timezone.now()
    )


def _begin(cursor: Any, campaigns: Sequence[int]) -> None:
    cursor.execute("SET session_replication_role = replica")
    # One row for each campaign of the past, with a DID and an agent of its account: row n is of campaign n mod many.
    cursor.execute(
        """CREATE TEMPORARY TABLE past AS
           SELECT (v.n - 1)::int AS turn, c.id AS campaign, c.account_id AS account,
                  (SELECT array_agg(d.id) FROM dialer_did d WHERE d.account_id = c.account_id) AS dids,
                  (SELECT min(cl.contactlist_id) FROM campaigns_campaign_contact_lists cl
                    WHERE cl.campaign_id = c.id) AS list
             FROM unnest(%s::bigint[]) WITH ORDINALITY v(id, n) JOIN campaigns_campaign c ON c.id = v.id""",
        [list(campaigns)],
    )


def _calls(cursor: Any, past: Past, leads: int) -> None:
    """Contacts, their leads, and the ended attempts of each."""
    rows, number = past.attempts, f"'+91' || ({FIRST_NUMBER} + n)"
    # Of attempt n, the lead and how many calls of it there were before.
    of_lead, nth = f"(n - 1) % {leads} + 1", f"(n - 1) / {leads} + 1"
    contact, lead = highest(cursor, "campaigns_contact"), highest(cursor, "campaigns_lead")
    outcome = """CASE WHEN n % 1000 = 0 THEN 'LOST'
                      ELSE (ARRAY['ANSWERED', 'NO_ANSWER', 'BUSY', 'FAILED', 'MACHINE'])[n % 5 + 1] END"""
    insert(
        cursor,
        "campaigns_contact",
        leads,
        id=f"{contact} + n",
        number=number,
        name="'Contact ' || n",
        contact_list_id="p.list",
        created_at="at",
    )
    insert(
        cursor,
        "campaigns_lead",
        leads,
        id=f"{lead} + n",
        campaign_id="p.campaign",
        contact_id=f"{contact} + n",
        number=number,
        state="CASE WHEN n % 3 = 0 THEN 'EXHAUSTED' ELSE 'COMPLETED' END",
        next_attempt_at="at",
        created_at="at",
        ended_at="at + interval '1 minute'",
        attempts_made=f"{-(-rows // leads)}",
        last_outcome=outcome,
        last_attempt_at="at",
    )
    insert(
        cursor,
        "campaigns_attempt",
        rows,
        id=f"{highest(cursor, 'campaigns_attempt')} + n",
        lead_id=f"{lead} + {of_lead}",
        campaign_id="p.campaign",
        account_id="p.account",
        did_id=f"p.dids[n % {DIDS} + 1]",
        agent_id="NULL",
        number=f"'+91' || ({FIRST_NUMBER} + {of_lead})",
        state="'ENDED'",
        outcome=outcome,
        is_burned="true",
        outcome_source="'PUSH'",
        external_id="'call-' || n",
        placing_at="at",
        placed_at="at",
        ended_at="at + interval '1 minute'",
        deadline_at="at + interval '1 hour'",
        next_poll_at="at + interval '2 minutes'",
        talk_seconds="7",
        disposition="'interested'",
        contact_list_id="p.list",
        nth=nth,
        week_hour="n % 168",
        called_on="at::date",
    )
    for table in ("campaigns_contact", "campaigns_lead", "campaigns_attempt"):
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
