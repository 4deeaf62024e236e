"""Workers on machines of their own: a cable is pulled in the middle of requests, a clock is wrong, a beat is away."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from campaigns.lifecycle.operations import pause_campaign, resume_campaign
from campaigns.models import Attempt, CampaignNotice
from campaigns.promises.audit import audit
from dialer.embedded.stack import PROJECT
from tests.chaos.arena import Arena, now, report, running_arena
from tests.chaos.generated.run import CLOCKS_DIFFER
from tests.chaos.judging import judge
from tests.chaos.network import Network, reason_against
from tests.chaos.scenes import (
    Scene,
    hurry,
    open_leads,
    placing,
    requests,
    set_scene,
    start,
    wait_for_end,
    wait_for_requests,
)
from tests.chaos.trees import of_tree, older_tree

_AGAINST = reason_against()
pytestmark = [
    pytest.mark.chaos,
    pytest.mark.alone,
    pytest.mark.judged,
    pytest.mark.skipif(bool(_AGAINST), reason=_AGAINST),
]

#: Longer than a reply is waited for, and than a call without news is live: who comes back finds nothing as it was.
AWAY_SECONDS = 8.0
GOES_ON_WITHIN_SECONDS = 10.0
#: Rows that a lost machine holds are free by then: 6 s of unanswered bytes or keepalives (dialer.settings), a second in
#: which its requests might leave, a second to find out, and what a wait for several of them adds.
HELD_AT_MOST_SECONDS = 10.0
#: What a lost machine with older code holds is free by its own limits: before keepalives were set, after the minute of
#: idle_in_transaction_session_timeout.
OLDER_HELD_AT_MOST_SECONDS = 60.0 + GOES_ON_WITHIN_SECONDS
SLOW = {"reply_delay_seconds": [0.2, 0.8], "talk_seconds": [0.6, 1.2]}


class Machines:
    """Three machines with a worker each."""

    def __init__(self, arena: Arena, network: Network) -> None:
        self.arena, self.network = arena, network
        for machine in network.machines:
            self.run(machine, f"machine-{machine}", "machine")
        for machine in network.machines:
            arena.stack.wait_ready(f"machine-{machine}")

    def run(self, machine: int, name: str, program: str, *, tree: Path = PROJECT) -> None:
        """Start one of our programs on a machine, by the code of ``tree``."""
        stack = self.arena.stack
        words = of_tree(stack.program("beat" if program == "beat" else name), tree)
        stack.supervisor.start(
            name,
            argv=self.network.argv(machine, sys.executable, "-m", *words),
            log_file=self.arena.folder / "logs" / f"{name}.log",
            env=stack._env,
            cwd=tree,
        )

    def mend(self) -> None:
        """Plug all cables in, set all clocks right."""
        self.network.join(*self.network.machines)
        for machine in self.network.machines:
            if not self.arena.stack.supervisor.alive(f"machine-{machine}"):
                self.run(machine, f"machine-{machine}", "machine")
        self.arena.mend()

    def only(self, *machines: int) -> float:
        """Cut all others off; return the Unix time by which nothing of theirs can arrive any more."""
        self.network.cut(*(set(self.network.machines) - {*machines}))
        return time.time()


@pytest.fixture(scope="module")
def installation(django_db_blocker: DjangoDbBlocker) -> Iterator[Machines]:
    """Start the servers here and three workers on machines of their own."""
    with (
        django_db_blocker.unblock(),
        Network(machines=3).up() as network,
        running_arena(network=network) as arena,
    ):
        yield Machines(arena, network)


@pytest.fixture
def machines(installation: Machines, request: pytest.FixtureRequest) -> Iterator[Machines]:
    """Return them in order, with an empty ledger."""
    installation.mend()
    failed_before = request.session.testsfailed
    yield installation
    if request.session.testsfailed > failed_before:
        print(report(installation.arena.folder))


def judge_all(arena: Arena, *scenes: Scene) -> None:
    """Hold all promises, by the carrier's ledger and by what is stored."""
    judge(arena, *scenes, untold=True)
    found = audit(now=now(), clocks_differ=CLOCKS_DIFFER)
    assert [str(finding) for finding in found.findings] == []


@pytest.mark.parametrize("which", [pytest.param((1,), marks=pytest.mark.short), (2, 3)], ids=["one", "each other"])
def test_a_machine_is_cut_off_in_the_middle_of_requests_and_comes_back(
    machines: Machines, which: tuple[int, ...]
) -> None:
    arena = machines.arena
    scene = set_scene(arena, contacts=100 + 200 * len(which), lines=[12], carrier_settings=SLOW)
    start(scene)
    wait_for_requests(arena, 20)
    without, again, in_flight = [], [], 0
    for machine in which:
        arena.in_time(lambda: placing(scene) >= 4)
        in_flight += placing(scene)
        machines.network.cut(machine)
        cut_at = time.time()
        without.append(arena.first_request_after(cut_at + 1))
        time.sleep(max(0.0, cut_at + AWAY_SECONDS - time.time()))
        machines.network.join(machine)
        # It works again: it alone can be the one who asks, as the others are away.
        joined_at = machines.only(machine)
        again.append(arena.first_request_after(joined_at + 1) + 1)
        machines.network.join(*machines.network.machines)
    assert open_leads(scene) > 0, "the campaign was over before the last came back"
    hurry(arena, scene)
    wait_for_end(arena, scene)

    judge_all(arena, scene)
    unsure = Attempt.objects.filter(campaign=scene.campaign, outcome="UNCERTAIN").count()
    print(f"{in_flight} requests in flight as cables were pulled; {unsure} attempts UNCERTAIN in the end")
    print(f"the others went on after {_seconds(without)}; who was back, alone, after {_seconds(again)}")
    assert max(*without, *again) < arena.within(GOES_ON_WITHIN_SECONDS)


def test_a_machine_that_was_away_during_a_pause_sends_nothing_when_it_is_back(machines: Machines) -> None:
    arena = machines.arena
    scene = set_scene(arena, contacts=300, lines=[40], calls_per_second=40, carrier_settings=SLOW)
    start(scene)
    wait_for_requests(arena, 40)
    machines.network.cut(1, 2, 3)
    began = time.monotonic()
    listed = pause_campaign(campaign_id=scene.campaign.pk, now=now(), by="chaos").attempt_ids
    took, returned_at = time.monotonic() - began, time.time()
    arena.in_time(lambda: not arena.carrier.live())
    # What was on its way when the cables went is in that list, and their kernels' to send again until they give it up.
    arena.in_time(lambda: time.monotonic() > began + AWAY_SECONDS)
    machines.network.join(1, 2, 3)
    arena.in_time(lambda: placing(scene) == 0)
    # Whatever their kernels had still to send would be there by now.
    arena.in_time(lambda: _sessions_of_machines(arena) >= 3)
    assert [row["id"] for row in requests(arena, scene) if row["requested_at"] > returned_at] == []
    unclear = Attempt.objects.filter(campaign=scene.campaign, state="UNCERTAIN")
    assert set(unclear.values_list("pk", flat=True)) <= set(listed)
    resume_campaign(campaign_id=scene.campaign.pk, now=now(), by="chaos")
    wait_for_end(arena, scene)

    judge_all(arena, scene)
    print(f"pausing took {took:.2f} s with all machines away")
    assert took < arena.within(HELD_AT_MOST_SECONDS)


def test_a_machine_with_a_wrong_clock_calls_nobody_and_one_with_a_right_clock_goes_on(machines: Machines) -> None:
    arena = machines.arena
    soon, over = now() + timedelta(minutes=60), now() - timedelta(minutes=60)
    shut = [set_scene(arena, contacts=20, fields=_open_around(at)) for at in (soon, over)]
    scene = set_scene(arena, contacts=700, lines=[8])
    start(scene, *shut)
    wait_for_requests(arena, 30)
    arena.set_clock("machine-2", ahead_seconds=3600)
    arena.set_clock("machine-3", ahead_seconds=-3600)
    wrong_at = time.time()
    goes_on = arena.first_request_after(wrong_at + 1)
    arena.in_time(lambda: CampaignNotice.objects.filter(kind="CLOCK_WRONG").exists())
    arena.freeze("machine-1")
    frozen_at = time.time()
    time.sleep(4)
    known = [row["requested_at"] for row in requests(arena, scene)]
    assert [at for at in known if at > frozen_at + 0.5] == []
    arena.thaw("machine-1")
    arena.set_clock("machine-2", ahead_seconds=0)
    arena.set_clock("machine-3", ahead_seconds=0)
    arena.kill("machine-1")
    right_again = arena.first_request_after(time.time())
    wait_for_end(arena, scene)

    assert [requests(arena, one) for one in shut] == [[], []]
    for one in shut:
        assert Attempt.objects.filter(campaign=one.campaign).count() == 0
    judge_all(arena, scene)
    print(f"beside two wrong clocks the next request after {1 + goes_on:.2f} s, put right after {right_again:.2f} s")
    assert max(goes_on, right_again) < arena.within(GOES_ON_WITHIN_SECONDS)


def test_two_beats_on_two_machines_then_none_that_anybody_hears(machines: Machines) -> None:
    arena = machines.arena
    scene = set_scene(arena, contacts=600, lines=[6])
    start(scene)
    machines.run(3, "beat-3", "beat")
    try:
        arena.in_time(lambda: b"is starting." in (arena.folder / "logs" / "beat-3.log").read_bytes())
        wait_for_requests(arena, len(requests(arena, scene)) + 60)
        arena.kill("beat")
        machines.network.cut(3)
        alone = arena.first_request_after(time.time())
        wait_for_requests(arena, len(requests(arena, scene)) + 30)
        machines.network.join(3)
        assert open_leads(scene) > 0
        hurry(arena, scene)
        wait_for_end(arena, scene)
    finally:
        arena.stack.supervisor.kill("beat-3")

    judge_all(arena, scene)
    print(f"without a beat and a machine: the next request after {alone:.2f} s, and the campaign completed")
    assert alone < arena.within(GOES_ON_WITHIN_SECONDS)


def test_a_machine_with_older_code_calls_beside_the_others_until_it_has_the_new(
    machines: Machines, tmp_path: Path
) -> None:
    commit = older_tree(tmp_path / "old")
    if not commit:
        pytest.skip("no git here, and so no older code")
    arena = machines.arena
    scene = set_scene(arena, contacts=450, lines=[6], calls_per_second=20, carrier_settings=SLOW)
    arena.kill("machine-3")
    machines.run(3, "machine-3", "machine", tree=tmp_path / "old")
    try:
        arena.stack.wait_ready("machine-3")
        start(scene)
        wait_for_requests(arena, 40)
        old_alone = arena.first_request_after(machines.only(3) + 1)
        wait_for_requests(arena, len(requests(arena, scene)) + 30)
        machines.network.join(1, 2)
        new_alone = arena.first_request_after(machines.only(1, 2) + 1)
        wait_for_requests(arena, len(requests(arena, scene)) + 30)
        # It comes back to limits that the others have used, and is killed with requests under way.
        machines.network.join(3)
        wait_for_requests(arena, len(requests(arena, scene)) + 30)
        arena.in_time(lambda: placing(scene) >= 2)
    finally:
        arena.kill("machine-3")
    machines.run(3, "machine-3", "machine")
    arena.stack.wait_ready("machine-3")
    upgraded_alone = arena.first_request_after(machines.only(3) + 1)
    machines.network.join(1, 2)
    assert open_leads(scene) > 0, "the campaign was over before the last was upgraded"
    hurry(arena, scene)
    wait_for_end(arena, scene)

    judge_all(arena, scene)
    print(
        f"alone, after a second: the code of {commit[:8]} after {1 + old_alone:.2f} s, "
        f"the new after {1 + new_alone:.2f} s, the upgraded machine after {1 + upgraded_alone:.2f} s"
    )
    assert 1 + max(old_alone, upgraded_alone) < arena.within(GOES_ON_WITHIN_SECONDS)
    assert 1 + new_alone < arena.within(OLDER_HELD_AT_MOST_SECONDS)


def _open_around(at: datetime) -> dict[str, object]:
    """Return hours that are open a quarter of an hour around an instant, and shut now."""
    opens, closes = at - timedelta(minutes=15), at + timedelta(minutes=15)
    return {"window_opens": opens.time(), "window_closes": closes.time()}


def _sessions_of_machines(arena: Arena) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT client_addr) FROM pg_stat_activity WHERE client_addr <> %s::inet "
            "AND state_change > clock_timestamp() - interval '1 second'",
            [arena.network.address if arena.network else ""],
        )
        return int(cursor.fetchone()[0])


def _seconds(all_of_them: list[float]) -> str:
    return ", ".join(f"{seconds:.2f} s" for seconds in all_of_them)
