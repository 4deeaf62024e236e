"""What the start checks, every claim keeps true, whatever is taken away or changed meanwhile, by any face."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from campaigns.explaining.campaigns import explain_campaign
from campaigns.explaining.checks import Limit
from campaigns.explaining.why_not_now import explain_lead
from campaigns.lifecycle.brakes import watch_campaigns
from campaigns.lifecycle.operations import start_campaign
from campaigns.lifecycle.readiness import starting_problems
from campaigns.models import Attempt, Campaign, CampaignNotice, SuppressedNumber
from campaigns.placing.unready import pause_unready
from campaigns.states.campaigns import UnableToOperate
from campaigns.suppression import lift
from dialer.models import DID, DIDGroup
from tests.campaigns.lifecycle.relied_on import KEPT, STOPPED, TOLD, Act, Stage, sql, stage
from tests.campaigns.states.racing import beside_a_transaction
from tests.campaigns.world import NOON, claimed, taken_numbers


def happens(act: Act, on: Stage) -> Any:
    """Do it as a transaction of its own does; return the reply of a face, or what the database raised."""
    try:
        with transaction.atomic():
            reply = act(on)
            connection.check_constraints()
    except (IntegrityError, ProtectedError) as error:
        return error
    return reply


def said_by(reply: Any) -> str:
    """Return all that a face, or the database, says."""
    if isinstance(reply, Exception):
        return str(reply)
    shown = [str(message) for message in get_messages(reply.wsgi_request)] if hasattr(reply, "wsgi_request") else []
    return " ".join([*shown, reply.content.decode()])


def judged(on: Stage) -> None:
    """Assert of the campaign as it is: what its start would refuse is not claimed, is told and pauses it."""
    made = Campaign.objects.get(pk=on.made.pk)
    problems = starting_problems(campaign=made, now=NOON)
    taken = claimed(on.owner)
    suppressed = set(SuppressedNumber.objects.values_list("number", flat=True))
    assert not suppressed & set(taken_numbers(taken))
    if not problems:
        assert len(taken.reserved) == 4
        assert {(one.did_number is not None, one.agent is not None) for one in taken.reserved} == {(True, True)}
        return
    assert taken.reserved == []
    lead = explain_lead(lead_id=made.leads.earliest("-id").pk, now=NOON)
    assert lead is not None
    assert not lead.allowed
    assert problems[0] in " ".join(check.said for check in lead.checks)
    if taken.account is None:
        return  # the whole account is off: it waits for that
    told = explain_campaign(campaign_id=made.pk, now=NOON)
    assert told is not None
    assert (told.limit, problems[0] in told.said) == (Limit.READINESS, True)
    # What has to do with hours alone claims leave to who watches: they are closed anyway.
    assert (pause_unready(campaign_ids=taken.account.unready, now=NOON) or watch_campaigns(now=NOON)) == [made.pk]
    made.refresh_from_db()
    notice = CampaignNotice.objects.get(campaign=made)
    assert (made.state, problems[0] in made.state_reason, problems[0] in notice.text) == ("PAUSED", True, True)


@pytest.mark.django_db
@pytest.mark.parametrize("name", KEPT)
def test_what_a_started_campaign_relies_on_is_not_taken_away(name: str) -> None:
    on = stage(by_group=name.startswith("group"))
    reply = happens(KEPT[name], on)
    status = getattr(reply, "status_code", None)
    assert status in ({400, 409} if "REST" in name else {302, 403} if "admin" in name else {None}), said_by(reply)
    if status != 403 and not name.startswith(("template", "account", "profile")) and "another account" not in name:
        assert on.made.name in said_by(reply)
    judged(on)
    assert Attempt.objects.count() == 4


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "is_kept"),
    [("DRAFT", False), ("SCHEDULED", True), ("PAUSED", True), ("COMPLETED", False), ("STOPPED", False)],
)
def test_it_is_kept_from_the_start_to_the_end(state: str, is_kept: bool) -> None:
    own, by_group = [name for name in KEPT if "SQL" in name and "group" not in name], [n for n in KEPT if "SQL on" in n]
    on = stage(state=state)
    for name in own:
        assert isinstance(happens(KEPT[name], on), IntegrityError) is is_kept, name
    group = DIDGroup.objects.create(name="West", account=on.owner)
    group.dids.add(on.line)
    on.made.did_groups.add(group)
    sql("DELETE FROM campaigns_campaign_dids")
    connection.check_constraints()
    for name in by_group:
        assert isinstance(happens(KEPT[name], on), IntegrityError) is is_kept, name


@pytest.mark.django_db
@pytest.mark.parametrize("name", STOPPED)
def test_what_its_start_would_refuse_is_not_claimed_and_pauses_it(name: str) -> None:
    on = stage()
    happens(STOPPED[name], on)
    assert starting_problems(campaign=Campaign.objects.get(pk=on.made.pk), now=NOON)
    judged(on)


@pytest.mark.django_db
def test_nor_is_it_with_any_two_of_them() -> None:
    on = stage()
    for first, second in combinations(STOPPED, 2):
        point = transaction.savepoint()
        STOPPED[first](on)
        STOPPED[second](on)
        assert claimed(on.owner).reserved == [], (first, second)
        transaction.savepoint_rollback(point)
    judged(on)


@pytest.mark.django_db
@pytest.mark.parametrize("name", TOLD)
def test_who_stops_a_campaign_by_a_change_is_told_so(name: str) -> None:
    on = stage()
    reply = TOLD[name](on)
    assert reply.status_code in (200, 302), reply.content
    told = " ".join(reply.json()["warnings"]) if "REST" in name else said_by(reply)
    (problem, *_) = starting_problems(campaign=Campaign.objects.get(pk=on.made.pk), now=NOON)
    assert f"“{on.made.name}” cannot call any more. {problem}" in told
    judged(on)


@pytest.mark.django_db
def test_one_that_calls_nobody_at_the_moment_is_paused_as_well() -> None:
    on = stage()
    Campaign.objects.filter(pk=on.made.pk).update(window_opens="13:00", window_closes="14:00")
    STOPPED["template waits"](on)
    assert watch_campaigns(now=NOON) == [on.made.pk]


@pytest.mark.django_db
def test_a_campaign_that_was_mended_since_the_claim_is_not_paused() -> None:
    on = stage()
    STOPPED["DIDs off"](on)
    refused = claimed(on.owner).account
    DID.objects.update(is_active=True)
    assert refused is not None
    assert pause_unready(campaign_ids=refused.unready, now=NOON) == []
    judged(on)


@pytest.mark.django_db
def test_a_change_may_put_others_in_the_place_of_what_it_takes_away() -> None:
    on = stage()
    other = DID.objects.create(account=on.owner, number="+918012345679", max_live_calls=9)
    assert on.patch(f"campaigns/{on.made.pk}/", {"dids": [other.pk]}).status_code == 200
    group = DIDGroup.objects.create(name="West", account=on.owner)
    group.dids.add(on.line)
    reply = on.patch(f"campaigns/{on.made.pk}/", {"dids": [], "did_groups": [group.pk]})
    assert (reply.status_code, reply.json()["warnings"]) == (200, [])
    judged(on)


@pytest.mark.django_db
def test_a_number_that_a_person_lifts_is_called_and_the_list_stays() -> None:
    on = stage()
    number = on.own_list.numbers.get().number
    lift(numbers=[number], suppression_list=on.own_list, now=NOON)
    assert number in taken_numbers(claimed(on.owner))


@pytest.mark.django_db
def test_all_that_rely_on_it_are_named() -> None:
    on = stage(by_group=True)
    others = [stage_beside(on, number) for number in range(6)]
    said = on.api.delete(f"/api/v1/did-groups/{on.group_id}/").json()["error"]
    assert said["code"] == "in_use"
    assert all(f"“{one.name}”" in said["message"] for one in [on.made, *others[:4]])
    assert " and 2 more. Give it another one first, or stop it." in said["message"]


def stage_beside(on: Stage, number: int) -> Campaign:
    """Return another campaign that takes the same group."""
    made = Campaign.objects.get(pk=on.made.pk)
    made.pk, made.name = None, f"Beside {number}"
    made.save()
    made.did_groups.add(on.group_id)
    return made


@pytest.fixture
def draft(transactional_db: None) -> Stage:
    """Return a stage whose campaign was not started yet."""
    return stage(by_group=True, state="DRAFT")


def deleted(on: Stage) -> str:
    """Delete the group as a request of its own does; return what is said against it."""
    try:
        DIDGroup.objects.get(pk=on.group_id).delete()
    except IntegrityError as error:
        return str(error)
    return ""


def started(on: Stage) -> str:
    """Start the campaign; return what is said against it."""
    try:
        start_campaign(campaign_id=on.made.pk, now=NOON, by="Asha")
    except UnableToOperate as error:
        return str(error)
    return ""


def whole(on: Stage) -> tuple[str, bool]:
    """Return the campaign's state, and whether it has a DID."""
    made = Campaign.objects.get(pk=on.made.pk)
    return made.state, DID.objects.filter(groups__campaigns=made).exists()


def test_a_start_that_comes_before_the_end_of_a_deletion_keeps_what_it_relies_on(draft: Stage) -> None:
    def delete_while_it_starts() -> None:
        with beside_a_transaction() as race:
            DIDGroup.objects.get(pk=draft.group_id).delete()
            assert race.run(lambda: started(draft)) == ""

    with pytest.raises(IntegrityError, match="without a DID"):
        delete_while_it_starts()
    assert whole(draft) == ("RUNNING", True)


def test_a_deletion_waits_for_a_start_under_way_and_is_refused(draft: Stage) -> None:
    said: list[str] = []
    with beside_a_transaction() as race:
        assert started(draft) == ""
        race.start(lambda: said.append(deleted(draft)))
    assert "without a DID" in said[0]
    assert whole(draft) == ("RUNNING", True)


def test_a_start_waits_for_a_deletion_under_way_and_finds_what_is_left(draft: Stage) -> None:
    said: list[str] = []
    with beside_a_transaction() as race:
        assert deleted(draft) == ""
        connection.check_constraints()
        race.start(lambda: said.append(started(draft)))
    assert "It has no DID" in said[0]
    assert whole(draft) == ("DRAFT", False)
