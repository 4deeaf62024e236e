"""Campaigns with many leads that are due, and DIDs that have called all day, made by SQL."""

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


def called_today(*, account_id: int, calls: int) -> None:
    """Have each DID of an account made so many calls in the last 20 hours, as copies of its first attempt."""
    from campaigns.models import Attempt

    own = {"id", "reference", "did_id", "reserved_at", "state", "outcome", "is_burned", "ended_at"}
    others = [str(field.column) for field in Attempt._meta.concrete_fields if field.column not in own]
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            f"""INSERT INTO campaigns_attempt (reference, did_id, reserved_at, state, outcome, is_burned, ended_at,
                                               {", ".join(others)})
                SELECT gen_random_uuid(), d.id, now() - interval '20 hours' * (n::float / %s), 'ENDED', 'ANSWERED',
                       true, now(), {", ".join(f"a.{column}" for column in others)}
                  FROM generate_series(%s, 1, -1) n, dialer_did d,
                       (SELECT * FROM campaigns_attempt WHERE account_id = %s ORDER BY id LIMIT 1) a
                 WHERE d.account_id = %s""",
            [calls, calls, account_id, account_id],
        )
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE campaigns_attempt")
