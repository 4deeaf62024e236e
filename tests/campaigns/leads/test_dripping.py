"""Rows that are added to a campaign while it runs become leads of it, and of whoever else calls their list."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from campaigns.importing import import_rows
from campaigns.leads.dripping import Dripped, UnclearList, drip, list_for
from campaigns.models import Campaign, CampaignState, ContactList, Lead
from campaigns.states.campaigns import UnableToOperate
from tests.campaigns.world import NOON, account, campaign, contact_list, numbers

pytestmark = pytest.mark.django_db


def dripped(made: Campaign, phones: list[str], due_at: datetime | None = None) -> Dripped:
    """Add rows to the only list of a campaign, as the API does."""
    given = list_for(campaign=made, chosen=None)
    taken, _ = import_rows(contact_list=given, rows=[{"phone": phone} for phone in phones], enrols=False)
    return drip(campaign=made, contact_import=taken, now=NOON, due_at=due_at)


def test_rows_become_leads_due_when_it_was_asked_and_those_of_before_are_not_doubled() -> None:
    made = campaign(account(), leads=1)
    there = made.leads.get()
    new = numbers(1)[0]
    found = dripped(made, [there.number, new], due_at=NOON + timedelta(hours=3))
    assert found.added == 1
    assert [lead.number for lead in found.leads] == [there.number, new]
    assert Lead.objects.get(number=new).next_attempt_at == NOON + timedelta(hours=3)
    assert made.leads.count() == 2


def test_another_campaign_that_runs_over_the_list_calls_the_new_contact_at_its_own_time() -> None:
    made = campaign(account(), leads=1)
    other = campaign(account(), leads=0)
    other.contact_lists.set(made.contact_lists.all())
    new = numbers(1)[0]
    dripped(made, [new], due_at=NOON + timedelta(hours=3))
    assert other.leads.get(number=new).next_attempt_at == NOON


def test_of_several_lists_one_has_to_be_named_and_it_must_be_the_campaigns() -> None:
    made = campaign(account(), leads=1)
    first, second = made.contact_lists.get(), contact_list([])
    with pytest.raises(UnclearList, match="not one of the campaign's"):
        list_for(campaign=made, chosen=second)
    made.contact_lists.add(second)
    with pytest.raises(UnclearList, match="say which one"):
        list_for(campaign=made, chosen=None)
    chosen: list[ContactList] = [list_for(campaign=made, chosen=one) for one in (first, second)]
    assert chosen == [first, second]


@pytest.mark.parametrize("state", [CampaignState.STOPPED, CampaignState.COMPLETED])
def test_a_campaign_that_is_over_takes_none(state: CampaignState) -> None:
    made = campaign(account(), leads=1, state=state)
    with pytest.raises(UnableToOperate, match="takes no leads"):
        list_for(campaign=made, chosen=None)
