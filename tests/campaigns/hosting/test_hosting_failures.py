"""What goes wrong around the provider's own dialer: deaths, bad replies, deletions. Nobody is called twice."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from campaigns.hosting import adding, preparing, provider, switching
from campaigns.hosting.lines import hold_lines
from campaigns.hosting.reading import fresh
from campaigns.lifecycle.operations import pause_campaign, resume_campaign
from campaigns.models import Attempt, Campaign, CampaignNotice, HostedBatch, HostedDialer, Lead
from dialer.models import ResultCount
from dialer.sandbox.client import SandboxClient
from tests.campaigns.hosting import stage
from webhooks import hosted_logs
from webhooks.rules.written_numbers import WrittenNumbers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("hasty")]


class Died(BaseException):
    """A process ended here."""


def _dies(*_: Any, **__: Any) -> Any:
    raise Died


def _dies_after(work: Any) -> Any:
    def done(*args: Any, **named: Any) -> Any:
        work(*args, **named)
        raise Died

    return done


@pytest.mark.parametrize(
    ("place", "name", "is_after", "called"),
    [
        (provider, "create", True, 30),
        (adding, "_begin", False, 30),
        (provider, "add", False, 0),
        (provider, "add", True, 30),
        (adding, "_close", True, 30),
        (provider, "switch", True, 30),
    ],
    ids=["made", "reserved", "not sent", "sent", "recorded", "switched on"],
)
def test_where_a_process_dies_another_goes_on_and_nobody_is_called_twice(
    sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch, place: Any, name: str, is_after: bool, called: int
) -> None:
    owner = stage.account(sandbox)
    campaign = stage.campaign(owner, contacts=30)
    with monkeypatch.context() as once:
        once.setattr(place, name, _dies_after(getattr(place, name)) if is_after else _dies)
        with pytest.raises(Died):
            stage.until(lambda: False)

    stage.until(lambda: not stage.open_leads(campaign))

    rows = stage.rows(sandbox, owner)
    assert (len(rows), stage.rung_twice(sandbox, owner)) == (called, [])
    assert len(sandbox.summary()["accounts"][f"ivrsolutions/{owner.name}"]["dialers"]) == 1
    outcomes = Counter(Attempt.objects.filter(campaign=campaign).exclude(outcome="CANCELED").values_list("outcome"))
    assert outcomes == Counter((row["outcome"],) for row in rows) if called else {("UNCERTAIN",): 30}


@pytest.mark.parametrize("fault", ["drop_after_reading_rang", "http_500_rang", "garbage_reply", "timeout_rang"])
def test_a_batch_that_was_taken_without_a_clear_answer_is_found_in_the_list_and_not_added_again(
    sandbox: SandboxClient, fault: str
) -> None:
    owner = stage.account(sandbox, settings={"first_faults": ["", fault], "timeout_seconds": 1.5})
    campaign = stage.campaign(owner, contacts=250)

    stage.until(lambda: not stage.open_leads(campaign))

    batches = HostedBatch.objects.filter(dialer__campaign=campaign).order_by("id")
    healed = "Without an answer; the dialer has them"
    assert list(batches.values_list("state", "size", "taken", "detail")) == [
        ("ADDED", 100, 100, ""),
        ("ADDED", 100, 100, healed),
        ("ADDED", 50, 50, ""),
    ]
    figures = _figures(sandbox, HostedDialer.objects.get(campaign=campaign))
    assert (figures["total_numbers"], figures["calls"], figures["dialed_again"]) == (250, 250, 0)
    ours = Counter(Attempt.objects.filter(campaign=campaign).values_list("outcome", flat=True))
    assert ours == Counter(row["outcome"] for row in stage.rows(sandbox, owner))


def test_after_bad_replies_and_bad_lists_the_ledger_and_we_agree(sandbox: SandboxClient) -> None:
    taken = ["http_500_rang", "garbage_reply", "drop_after_reading_rang"]
    not_taken = ["http_500", "drop_after_reading_not_rang", "refuse_with_200"]
    faults = {"lookup_garbage": 0.1, "lookup_503": 0.1}
    owner = stage.account(sandbox, settings={"first_faults": [*taken, *not_taken], "faults": faults})
    campaign = stage.campaign(owner, contacts=900)

    stage.until(lambda: not stage.open_leads(campaign))

    assert stage.rung_twice(sandbox, owner) == []
    called = {row["to_number"][-10:]: row["outcome"] for row in stage.rows(sandbox, owner)}
    ended = Attempt.objects.filter(campaign=campaign).exclude(outcome__in=["CANCELED", "REFUSED"])
    ours = {number[-10:]: outcome for number, outcome in ended.values_list("number", "outcome")}
    assert {number: outcome for number, outcome in ours.items() if outcome != "UNCERTAIN"} == called
    assert len(called) == 900 - 200, "all but the numbers of the two requests that vanished"
    states = Counter(HostedBatch.objects.filter(dialer__campaign=campaign).values_list("state", flat=True))
    assert set(states) == {"ADDED", "UNCERTAIN", "REFUSED"}
    assert states["REFUSED"] == 1


def test_a_number_that_the_provider_does_not_take_is_refused_and_the_others_are_called(sandbox: SandboxClient) -> None:
    owner = stage.account(sandbox, settings={"suffixes": True})
    campaign = stage.campaign(owner, contacts=5)

    stage.until(lambda: not stage.open_leads(campaign))

    refused = Attempt.objects.get(campaign=campaign, outcome="REFUSED")
    assert refused.number.endswith("04")
    assert "fewer numbers" in refused.detail
    assert len(stage.rows(sandbox, owner)) == 4


def test_a_dialer_that_somebody_switches_on_after_a_pause_is_switched_off_again(sandbox: SandboxClient) -> None:
    owner = stage.account(sandbox, lines=2, settings=stage.SLOW)
    campaign = stage.campaign(owner, contacts=60)
    stage.until(lambda: len(stage.rows(sandbox, owner)) > 2)
    pause_campaign(campaign_id=campaign.pk, now=stage.now(), by="test")
    dialer = fresh(HostedDialer.objects.get(campaign=campaign).pk)
    stage.tick()
    provider.switch(account=owner, external_id=dialer.external_id or 0, is_on=True)

    stage.until(lambda: not _figures(sandbox, dialer)["is_on"])

    before = len(stage.rows(sandbox, owner))
    sandbox.wait_idle()
    assert len(stage.rows(sandbox, owner)) == before < 60


def test_a_dialer_that_somebody_switches_off_stays_off_and_that_is_said(sandbox: SandboxClient) -> None:
    owner = stage.account(sandbox, lines=2, settings=stage.SLOW)
    campaign = stage.campaign(owner, contacts=40)
    stage.until(lambda: len(stage.rows(sandbox, owner)) > 2)
    dialer = fresh(HostedDialer.objects.get(campaign=campaign).pk)
    provider.switch(account=owner, external_id=dialer.external_id or 0, is_on=False)

    stage.until(lambda: any("Somebody switched it off" in one for one in fresh(dialer.pk).problems))

    assert not _figures(sandbox, dialer)["is_on"]
    stage.hurry(sandbox, owner)
    pause_campaign(campaign_id=campaign.pk, now=stage.now(), by="test")
    resume_campaign(campaign_id=campaign.pk, now=stage.now(), by="test")
    stage.until(lambda: not stage.open_leads(campaign))
    assert (fresh(dialer.pk).problems, stage.rung_twice(sandbox, owner)) == ([], [])


def test_no_process_switches_on_what_was_stopped_in_between(
    sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = stage.account(sandbox)
    campaign = stage.campaign(owner, contacts=10)
    stopped = []

    def stopped_meanwhile(*, dialer: HostedDialer, lines: int) -> str:
        Campaign.objects.filter(pk=campaign.pk).update(state="STOPPED", state_changed_at=stage.now())
        stopped.append(dialer.pk)
        return hold_lines(dialer=dialer, lines=lines)

    monkeypatch.setattr(switching, "hold_lines", stopped_meanwhile)
    stage.until(lambda: stopped)

    dialer = HostedDialer.objects.get(campaign=campaign)
    assert (dialer.is_on, _figures(sandbox, dialer)["is_on"]) == (False, False)
    assert stage.rows(sandbox, owner) == []


def test_a_log_that_cannot_be_read_is_said_and_counted_and_read_later(sandbox: SandboxClient) -> None:
    owner = stage.account(sandbox, settings={"faults": {"lookup_503": 1.0}})
    campaign = stage.campaign(owner, contacts=5)
    stage.until(lambda: any("log" in one for one in _problems(campaign)))
    sandbox.wait_idle()
    stage.tick()
    assert stage.open_leads(campaign) == 5
    counted = ResultCount.objects.get(account=owner)
    assert (counted.kind, "503" in counted.detail) == ("LOOKUP_REFUSED", True)

    sandbox.change("ivrsolutions", owner.name, faults={})
    stage.until(lambda: not stage.open_leads(campaign))

    assert _problems(campaign) == []
    assert not Attempt.objects.filter(campaign=campaign, outcome="LOST").exists()


def test_an_end_that_was_only_concluded_is_corrected_by_the_log_after_all(
    sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = stage.account(sandbox)
    campaign = stage.campaign(owner, contacts=5)
    with monkeypatch.context() as blind:
        blind.setattr(WrittenNumbers, "get", lambda *_: None)
        stage.until(lambda: not stage.open_leads(campaign))
        assert set(Attempt.objects.filter(campaign=campaign).values_list("outcome", flat=True)) == {"LOST"}

    monkeypatch.setattr(hosted_logs, "READ_LATE_EVERY_SECONDS", 0)
    stage.until(lambda: not Attempt.objects.filter(campaign=campaign, outcome="LOST").exists())

    ours = Counter(Attempt.objects.filter(campaign=campaign).values_list("outcome", flat=True))
    assert ours == Counter(row["outcome"] for row in stage.rows(sandbox, owner))


def test_a_second_call_to_a_number_does_not_get_the_end_of_the_first(sandbox: SandboxClient) -> None:
    owner = stage.account(sandbox)
    campaign = stage.campaign(owner, contacts=1, is_standing=True)
    stage.until(lambda: not stage.open_leads(campaign))
    Lead.objects.filter(campaign=campaign).update(state="PENDING", next_attempt_at=stage.now(), ended_at=None)

    stage.until(lambda: Attempt.objects.filter(campaign=campaign).count() == 2 and not stage.open_leads(campaign))

    ours = Attempt.objects.filter(campaign=campaign).order_by("id").values_list("outcome", flat=True)
    assert list(ours) == [row["outcome"] for row in stage.rows(sandbox, owner)]


def test_two_dialers_share_the_lines_of_their_account_and_never_more(sandbox: SandboxClient) -> None:
    owner = stage.account(sandbox, lines=4, max_live_calls=4)
    first = stage.campaign(owner, contacts=30, max_live_calls=3)
    second = stage.campaign(owner, contacts=30, max_live_calls=3)

    stage.until(lambda: not stage.open_leads(first) or not stage.open_leads(second))
    first, second = (second, first) if stage.open_leads(first) else (first, second)
    assert any("Waits for 3 of the account's 4 lines" in one for one in _problems(second))
    Campaign.objects.filter(pk=first.pk).update(state="COMPLETED", state_changed_at=stage.now())
    stage.until(lambda: not stage.open_leads(second))

    assert sandbox.wait_idle()["violations"] == []
    assert len(stage.rows(sandbox, owner)) == 60


def _figures(sandbox: SandboxClient, dialer: HostedDialer) -> dict[str, Any]:
    found = sandbox.summary()["accounts"][f"ivrsolutions/{dialer.account.name}"]["dialers"]
    figures: dict[str, Any] = found[str(fresh(dialer.pk).external_id)]
    return {**figures, "is_on": figures["status"] == "on"}


def _problems(campaign: Campaign) -> list[str]:
    dialer = HostedDialer.objects.filter(campaign=campaign).first()
    return dialer.problems if dialer else []


def test_a_dialer_that_was_deleted_at_the_provider_pauses_and_is_made_anew(
    sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = stage.account(sandbox, lines=2)
    campaign = stage.campaign(owner, contacts=3, is_standing=True)
    stage.until(lambda: not stage.open_leads(campaign))
    dialer = HostedDialer.objects.get(campaign=campaign)
    HostedDialer.objects.filter(pk=dialer.pk).update(external_id=99_999)
    Lead.objects.filter(campaign=campaign).update(state="PENDING", next_attempt_at=stage.now(), ended_at=None)

    stage.until(lambda: Campaign.objects.get(pk=campaign.pk).state == "PAUSED")
    stage.until(lambda: HostedDialer.objects.get(pk=dialer.pk).is_on is False)

    campaign.refresh_from_db()
    assert "Dialer not found" in campaign.state_reason
    told = CampaignNotice.objects.get(campaign=campaign)
    assert (told.kind, told.text) == ("ACCOUNT_REJECTED", campaign.state_reason)
    resume_campaign(campaign_id=campaign.pk, now=stage.now(), by="test")
    stage.until(lambda: not stage.open_leads(campaign))
    assert len(stage.rows(sandbox, owner)) == 6


def test_a_template_list_that_cannot_be_read_is_said_to_be_that_and_asked_for_ever_more_seldom(
    sandbox: SandboxClient,
) -> None:
    owner = stage.account(sandbox, settings={"list_form": "none"})
    campaign = stage.campaign(owner, contacts=3)
    stage.until(lambda: HostedDialer.objects.exclude(problem="").exists())
    dialer = HostedDialer.objects.get()
    assert "list of text templates cannot be read" in dialer.problem
    asked_at = dialer.scripts_asked_at
    stage.tick()
    dialer.refresh_from_db()
    assert (dialer.scripts_asked_at, dialer.external_id) == (asked_at, None), "not at each turn"
    assert "list of text templates cannot be read" in dialer.problem
    sandbox.change("ivrsolutions", owner.name, list_form="array")
    HostedDialer.objects.update(scripts_asked_at=stage.now() - preparing.scripts_rest(unread_for=timedelta(0)))
    stage.until(lambda: not stage.open_leads(campaign))
    dialer.refresh_from_db()
    assert (dialer.problem, dialer.scripts_unread_since_at) == ("", None)
    rests = [preparing.scripts_rest(unread_for=timedelta(seconds=seconds)).total_seconds() for seconds in (0, 40, 9000)]
    assert rests == [5, 40, 300]
