"""An upload to a list costs what its own rows cost, also where PostgreSQL takes the table of contacts for empty.

So it is while the first upload is under way after one that was killed: what was vacuumed had no row that counts.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from campaigns.models import ContactList
from tests.campaigns.importing.uploads import upload
from tests.campaigns.world import contact_list, numbers
from tests.history.plans import watched

CONTACTS, ROWS = 20_000, 500


@pytest.fixture
def large_list(transactional_db: None) -> Iterator[ContactList]:
    """Return a list of which the statistics know nothing: its table has no rows, by them."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE campaigns_contact SET (autovacuum_enabled = off)")
        made = contact_list(numbers(CONTACTS))
        cursor.execute("VACUUM ANALYZE campaigns_contact")
        cursor.execute("UPDATE pg_class SET reltuples = 0 WHERE oid = 'campaigns_contact'::regclass")
    yield made
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE campaigns_contact RESET (autovacuum_enabled)")


@pytest.mark.parametrize("is_dry_run", [False, True], ids=["taken", "tried"])
@pytest.mark.parametrize("if_duplicate", ["skip", "update", "replace"])
def test_an_upload_goes_through_its_list_once_a_chunk_at_most_and_never_for_each_row(
    large_list: ContactList, if_duplicate: str, is_dry_run: bool
) -> None:
    known = large_list.contacts.order_by("id").values_list("number", flat=True)[: ROWS // 2]
    rows = "\n".join(f"{number},A" for number in [*known, *numbers(ROWS // 2)])
    with watched(growing={"campaigns_contact"}) as plans:
        found = upload(f"phone,name\n{rows}\n", to=large_list, if_duplicate=if_duplicate, is_dry_run=is_dry_run)
    assert found.rows_total == ROWS
    assert {ran.text[:300]: ran.read for ran in plans.ran if ran.read > CONTACTS + 3 * ROWS} == {}
