"""Every way of running a campaign at once, with lost and doubled pushes, time-outs, broken replies and broken logs."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from campaigns.models import Attempt
from campaigns.rehearsing.roles import Role, role_campaign, roles, stage_role
from campaigns.rehearsing.staging import Line
from campaigns.rehearsing.verdict import disagreements, identified
from tests.chaos.arena import PATIENCE_SECONDS, WORKERS, Arena
from tests.chaos.scenes import IMPATIENT, SHORT_CALLS, Scene, new_list, start, wait_for_end

pytestmark = [pytest.mark.chaos, pytest.mark.alone]

CONTACTS = 40
#: The carrier breaks replies by turns: HTML, truncated JSON, wrong types, 1 MB, redirects.
FAULTS = {
    "garbage_reply": 0.2,
    "timeout_rang": 0.05,
    "timeout_not_rang": 0.05,
    "http_500_rang": 0.05,
    "push_lost": 0.15,
    "push_doubled": 0.1,
    "push_disordered": 0.1,
    "lookup_garbage": 0.15,
    "lookup_503": 0.1,
    "lookup_timeout": 0.05,
}
#: Providers of which a second source tells every call that there was, and whether it needs the id of a reply.
HAVE_LOGS, ASKED_BY_ID = {"astradial", "ivrsolutions", "hosted"}, {"altur", "intellicall"}


def scene_of(arena: Arena, role: Role) -> Scene:
    """Make the account and the campaign of a role, not started."""
    first = arena.new_numbers(2)
    settings: dict[str, Any] = {**SHORT_CALLS, "faults": FAULTS, "timeout_seconds": 1.5}
    # A hosted dialer has no one to push for; its requests are few, so each is broken more rarely.
    if role.is_hosted:
        settings["faults"] = {"garbage_reply": 0.1, "timeout_rang": 0.1, "lookup_garbage": 0.2, "lookup_503": 0.1}
    if role.name == "astradial":
        # Its log says ANSWERED with a talk time of 0 of calls whose end it does not know, so ours talk a second.
        settings["talk_seconds"] = [0.8, 1.2]
    stage = stage_role(
        arena.carrier,
        role=role,
        name=arena.new_name(f"Chaos {role.name}"),
        lines=[Line(number=f"+91{first + n}", limit=6) for n in range(2)],
        agents=12,
        account_fields=IMPATIENT,
        carrier_settings=settings,
    )
    name = arena.new_name("Campaign")
    contacts = new_list(arena, CONTACTS)
    values: dict[str, Any] = {"max_attempts": 1, "retry_rules": {}}
    campaign = role_campaign(stage, role=role, name=name, contact_lists=[contacts], max_ring_seconds=1, **values)
    return Scene(stage=stage, campaign=campaign)


def untold(arena: Arena, scene: Scene) -> Counter[str]:
    """Return, by what went wrong, the calls that rang and whose end we never learnt."""
    attempts = Attempt.objects.filter(campaign=scene.campaign, outcome__in=["LOST", "UNCERTAIN"])
    references = {str(reference) for reference in attempts.values_list("reference", flat=True)}
    ledger = identified(arena.carrier.ledger(), campaign_ids=[scene.campaign.pk])
    return Counter(row["fault"] or "none" for row in ledger if row["reference"] in references and row["rang_at"])


def test_every_provider_ends_rightly_whatever_it_replies(arena: Arena) -> None:
    scenes = {name: scene_of(arena, role) for name, role in roles().items()}
    pids = {name: arena.stack.supervisor.pid(name) for name in WORKERS}
    start(*scenes.values())
    wait_for_end(arena, *scenes.values())
    for scene in scenes.values():
        scene.change(arena, faults={})

    verdict = arena.carrier.wait_idle(within_seconds=PATIENCE_SECONDS)
    ledger = arena.carrier.ledger()
    assert verdict["violations"] == []
    for name, scene in scenes.items():
        mine = [row for row in ledger if row["account"] == scene.stage.carrier_account]
        assert disagreements(campaign_ids=[scene.campaign.pk], ledger=mine) == [], name
        broken = Counter(row["fault"] for row in mine if row["fault"])
        assert broken or name == "hosted", f"{name}: nothing went wrong, so nothing was shown"
        if name in HAVE_LOGS:
            # Where the log could not be read before an attempt's deadline, the attempt is LOST until it can: logs are
            # read on for ``cursors.TAIL`` after the last call, every second or two with these accounts.
            arena.in_time(lambda scene=scene: not untold(arena, scene))  # type: ignore[misc]
        never_told = untold(arena, scene)
        assert all("push_lost" in fault for fault in never_told), f"{name}: {never_told}"
        if name in ASKED_BY_ID:
            assert "push_lost" not in never_told, f"{name} gave ids to ask by: {never_told}"
    # No reply ended a process.
    assert {name: arena.stack.supervisor.pid(name) for name in WORKERS} == pids
    assert all(arena.stack.supervisor.alive(name) for name in WORKERS)
