"""Campaigns with many leads that are due, made by SQL."""

from __future__ import annotations

from typing import Any

from django.db import connection

#: Of the numbers of these leads; those of ``tests.campaigns.world`` are others.
FIRST_NUMBER = 70_000_000_000


def queue(campaigns: list[Any], *, leads: int) -> None:
    """Give these campaigns so many leads in all, due now, each of a contact of its own.

    As a start would make them: constraints that tell good rows from bad ones hold, triggers and foreign keys are passed
    over. What counts are kept of them is put right, and all tables are vacuumed.
    """
    from campaigns.counting.checking import put_right
    from campaigns.counting.folding import fold_all
    from tests.history.tables import highest, insert, without_indexes

    with connection.cursor() as cursor:
        with without_indexes(cursor):
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(
                """CREATE TEMPORARY TABLE past AS
                   SELECT (v.n - 1)::int AS turn, v.id AS campaign,
                          (SELECT min(contactlist_id) FROM campaigns_campaign_contact_lists cl
                            WHERE cl.campaign_id = v.id) AS list
                     FROM unnest(%s::bigint[]) WITH ORDINALITY v(id, n)""",
                [[campaign.pk for campaign in campaigns]],
            )
            contact, lead = (highest(cursor, f"campaigns_{table}") for table in ("contact", "lead"))
            number = f"'+91' || ({FIRST_NUMBER + contact} + n)"
            insert(
                cursor,
                "campaigns_contact",
                leads,
                id=f"{contact} + n",
                number=number,
                contact_list_id="p.list",
                created_at="at",
                variables="jsonb_build_object('due', n)",
                further_numbers="'[]'::jsonb",
            )
            insert(
                cursor,
                "campaigns_lead",
                leads,
                id=f"{lead} + n",
                campaign_id="p.campaign",
                contact_id=f"{contact} + n",
                number=number,
                state="'PENDING'",
                next_attempt_at="at",
                created_at="at",
            )
            for table in ("campaigns_contact", "campaigns_lead"):
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
            cursor.execute("DROP TABLE past")
            cursor.execute("SET session_replication_role = origin")
        put_right(cursor, campaign_ids=[campaign.pk for campaign in campaigns])
        fold_all()
        cursor.execute("VACUUM ANALYZE")
