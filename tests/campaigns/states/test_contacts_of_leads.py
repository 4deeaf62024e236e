"""A lead has its contact, whoever makes leads or deletes contacts at the same moment; and neither waits for long."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction

from campaigns.leads.enrolling import enrol_contacts
from campaigns.models import Campaign, Contact, Lead
from tests.campaigns.states.racing import beside_a_transaction, holding
from tests.campaigns.world import NOON, account, campaign, contact_list

pytestmark = pytest.mark.django_db(transaction=True)

NUMBERS = ["+919812345671", "+919812345672"]


@pytest.fixture
def made() -> Campaign:
    """Return a campaign that runs over a list of nobody."""
    return campaign(account(), leads=[])


@pytest.fixture
def contacts() -> list[int]:
    """Return two contacts of a list that no campaign has."""
    return list(contact_list(NUMBERS).contacts.order_by("pk").values_list("pk", flat=True))


def enrol(made: Campaign, *contact_ids: int) -> int:
    """Make leads of these contacts as REST does; return how many."""
    return enrol_contacts(campaign_id=made.pk, contact_ids=contact_ids, due_at=NOON)


def insert(made: Campaign, contact_id: int) -> None:
    """Make a lead of a contact without a look for the contact."""
    Lead.objects.create(campaign=made, contact_id=contact_id, number=NUMBERS[0], next_attempt_at=NOON)


def delete(*contact_ids: int) -> None:
    """Delete contacts as a hand in psql does, without Django's own look for leads."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM campaigns_contact WHERE id = ANY(%s)", [list(contact_ids)])


def raced(first: Callable[[], None], then: Callable[[], None]) -> None:
    """Do the first and, in a transaction that has to wait for it, the other."""
    with beside_a_transaction() as race:
        first()
        race.start(then)


def test_who_deletes_a_contact_waits_for_who_makes_a_lead_of_it(made: Campaign, contacts: list[int]) -> None:
    with pytest.raises(IntegrityError, match=f"campaigns_contact {contacts[0]} has rows in campaigns_lead"):
        raced(lambda: insert(made, contacts[0]), lambda: delete(contacts[0]))
    assert Contact.objects.filter(pk=contacts[0]).exists()


def test_who_makes_a_lead_waits_for_who_deletes_its_contact(made: Campaign, contacts: list[int]) -> None:
    with pytest.raises(IntegrityError, match=f"no campaigns_contact {contacts[0]}"):
        raced(lambda: delete(contacts[0]), lambda: insert(made, contacts[0]))
    assert not made.leads.exists()


def test_a_lead_is_made_once_its_contact_is_not_deleted_after_all(made: Campaign, contacts: list[int]) -> None:
    with beside_a_transaction() as race:
        delete(contacts[0])
        race.start(lambda: insert(made, contacts[0]))
        transaction.set_rollback(True)
    assert made.leads.get().contact_id == contacts[0]
    # The mark of the one who gave up stays at the contact, and keeps nobody.
    assert enrol(campaign(made.account, leads=[]), *contacts) == 2


def test_a_contact_that_is_gone_becomes_no_lead(made: Campaign, contacts: list[int]) -> None:
    delete(contacts[0])
    with pytest.raises(IntegrityError, match=f"no campaigns_contact {contacts[0]}"):
        Lead.objects.bulk_create(
            Lead(campaign=made, contact_id=pk, number=number, next_attempt_at=NOON)
            for pk, number in zip(contacts, NUMBERS, strict=True)
        )
    assert not made.leads.exists()


def test_nobody_waits_for_the_end_of_a_long_deletion_of_others(made: Campaign, contacts: list[int]) -> None:
    with beside_a_transaction() as race:
        delete(contacts[0])
        assert race.run(lambda: enrol(made, contacts[1])) == 1
    assert made.leads.get().contact_id == contacts[1]


def test_who_deletes_many_contacts_and_who_makes_a_lead_of_one_do_not_wait_for_each_other(
    made: Campaign, contacts: list[int]
) -> None:
    with (
        pytest.raises(IntegrityError, match=f"no campaigns_contact {contacts[0]}"),
        holding(Contact.objects.filter(pk=contacts[1])) as race,
    ):
        # The first contact is marked by a deletion that is under way, which waits for the second.
        race.start(lambda: delete(*contacts), lambda: insert(made, contacts[0]))
    assert not made.leads.exists()
    assert not Contact.objects.filter(pk__in=contacts).exists()


def test_contacts_are_not_written_to_when_leads_are_made_of_them(made: Campaign, contacts: list[int]) -> None:
    assert enrol(made, *contacts) == 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM campaigns_contact WHERE xmax <> 0")
        assert cursor.fetchone() == (0,)
