"""Whether a campaign may call as it is set, from facts alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.rules.may_call import AgentLine, DIDLine, ReadinessFacts, Way, why_not
from campaigns.rules.ruleset import CampaignRules, rules_of_row

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FIRST, SECOND, THIRD = 1, 2, 3
WAY = Way(
    account_id=FIRST,
    account="Mumbai",
    provider="one",
    is_active=True,
    account_problem="",
    template="Bot",
    template_provider="one",
    template_problem="",
    is_approved=True,
    wants_caller_id=True,
    rings_agent=True,
)
OTHER_WAY = replace(WAY, account_id=SECOND, account="Delhi")
BOT = replace(OTHER_WAY, wants_caller_id=False, rings_agent=False)
DID, AGENT = DIDLine("+918012345678", FIRST, True), AgentLine("Asha", FIRST, "")


def rules(*, profile: str | None = None, purpose: str = "", zone: str = "UTC") -> CampaignRules:
    hours: list[Any] = ["RUNNING", zone, "CAMPAIGN", time(9), time(18), "", "", "", "[]", "[]"]
    given = [*hours, None, None, "[]", 0, purpose]
    about_profile = [1, "land", 1, profile] if profile else [None, None, None, None]
    return rules_of_row([*given, "MOST_ROOM", 3, "{}", *about_profile])


def facts(**changes: Any) -> ReadinessFacts:
    return replace(ReadinessFacts(ways=[WAY], dids=[DID], agents=[AGENT], rules=rules()), **changes)


SERIES = '{"series": {"SERVICE": ["+91160"]}}'


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"dids": []}, "dids", "It has no DID"),
        ({"dids": [DID._replace(is_active=False)]}, "dids", "switched off"),
        ({"dids": [DID, DID._replace(account_id=THIRD)]}, "dids", "another account"),
        ({"agents": []}, "agents", "It has no agents"),
        ({"agents": [AGENT._replace(lapsed="Expired")]}, "agents", "Asha: expired"),
        ({"agents": [AGENT, AGENT._replace(account_id=SECOND)]}, "agents", "another account"),
        ({"ways": [replace(WAY, is_approved=False)]}, "template", "is not approved"),
        ({"ways": [replace(WAY, text="t", text_refused="rejected")]}, "template", "not approved at Mumbai (rejected)"),
        ({"ways": [replace(WAY, template_provider="two")]}, "template", "another provider"),
        ({"ways": [replace(WAY, template_problem="No call.")]}, "template", "No call."),
        ({"ways": [WAY, replace(BOT, template_provider="two")]}, "fallback_template", "another provider"),
        ({"ways": [WAY, replace(BOT, account_problem="Gone.")]}, "fallback_account", "Gone."),
        ({"rules": rules(profile=SERIES)}, "purpose", "say what its calls are for"),
        ({"rules": rules(profile=SERIES, purpose="SERVICE")}, "dids", "None of its DIDs may be used"),
        ({"rules": rules(profile='{"odd": 1}')}, "windows", "unknown"),
    ],
)
def test_each_problem_names_its_field_and_the_cure(changes: dict[str, Any], field: str, said: str) -> None:
    (found,) = why_not(facts(**changes))
    assert (found.field, said in found.said, found.waits) == (field, True, False)


THEIR_DID, THEIR_AGENT = DID._replace(account_id=SECOND), AGENT._replace(account_id=SECOND)


@pytest.mark.parametrize(
    ("dids", "agents", "found"),
    [
        ([DID, THEIR_DID], [AGENT, THEIR_AGENT], []),
        ([DID, THEIR_DID._replace(is_active=False)], [AGENT, THEIR_AGENT], [("dids", "Delhi", "Mumbai")]),
        ([THEIR_DID], [AGENT, THEIR_AGENT], [("dids", "Mumbai", "Delhi")]),
        ([DID, THEIR_DID], [AGENT, THEIR_AGENT._replace(lapsed="Expired")], [("agents", "Delhi", "Mumbai")]),
    ],
)
def test_each_of_two_accounts_needs_lines_of_its_own_and_the_other_one_goes_on(
    dids: list[DIDLine], agents: list[AgentLine], found: list[tuple[str, str, str]]
) -> None:
    problems = why_not(facts(ways=[WAY, OTHER_WAY], dids=dids, agents=agents))
    assert [(one.field, one.spares) for one in problems] == [(field, spares) for field, _, spares in found]
    assert all(problem.waits for problem in problems)
    assert all(account in problem.said for problem, (_, account, _) in zip(problems, found, strict=True))


def test_a_series_asks_for_a_did_where_the_provider_asks_for_none() -> None:
    bare = facts(ways=[replace(WAY, wants_caller_id=False)], dids=[])
    assert why_not(bare) == []
    (found,) = why_not(replace(bare, rules=rules(profile=SERIES, purpose="SERVICE")))
    assert "It has no DID, and land v1 asks for a number series" in found.said


def test_an_account_that_is_switched_off_is_only_waited_for() -> None:
    (found,) = why_not(facts(ways=[replace(WAY, is_active=False)]))
    assert (found.field, found.waits) == ("account", True)


@given(
    dids=st.lists(st.builds(DIDLine, st.just("+911601"), st.integers(1, 3), st.booleans()), max_size=3),
    agents=st.lists(st.builds(AgentLine, st.just("Asha"), st.integers(1, 3), st.sampled_from(["", "Off"])), max_size=3),
    second=st.booleans(),
    purpose=st.sampled_from(["", "SERVICE"]),
    profile=st.sampled_from([None, SERIES]),
    zone=st.sampled_from(["UTC", "Nowhere/None"]),
)
def test_a_start_refuses_whatever_a_claim_refuses(
    dids: list[DIDLine], agents: list[AgentLine], second: bool, purpose: str, profile: str | None, zone: str
) -> None:
    known = ReadinessFacts(
        ways=[WAY, OTHER_WAY] if second else [WAY],
        dids=dids,
        agents=agents,
        rules=rules(profile=profile, purpose=purpose, zone=zone),
    )
    at_claim = [problem for problem in why_not(known) if not problem.waits]
    at_start = [problem for problem in why_not(known, at=NOON) if not problem.waits]
    assert set(at_claim) <= set(at_start)
    # What a claim lets through besides has closed hours, and a claim judges hours by themselves.
    assert {problem.field for problem in at_start} - {problem.field for problem in at_claim} <= {"windows"}
    if not at_claim:
        assert any(did.is_active for did in dids)
        assert any(not agent.lapsed for agent in agents)
        owners = {did.account_id for did in dids} | {agent.account_id for agent in agents}
        assert owners <= ({FIRST, SECOND} if second else {FIRST})
