"""Whether a campaign may call as it is set: the one answer of the start, of every claim, of saving and of explaining.

What is looked at here can change while a campaign runs: its ways (an account with what its calls do), its DIDs, its
agents and its rules. What time, room or a person on the line keeps back for a while is judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from campaigns.rules.deciding import DIDFacts, series_problem
from campaigns.rules.ruleset import CampaignRules, never_open

#: So many agents are named in a sentence.
MOST_NAMED = 5


class Problem(NamedTuple):
    """Why no call may leave: the campaign's field to look at, and a sentence with the cure.

    ``waits``: the campaign is not paused for it, it goes on as soon as that is over. ``spares``: an account that it
    calls through and that this does not keep from calling; empty: no call leaves.
    """

    field: str
    said: str
    waits: bool = False
    spares: str = ""


class DIDLine(NamedTuple):
    """A DID that the campaign takes, itself or by a group."""

    number: str
    account_id: int
    is_active: bool


class AgentLine(NamedTuple):
    """An agent of the campaign; ``lapsed``: why no call will ever be given as it is, empty while one may."""

    name: str
    account_id: int
    lapsed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """An account by which calls leave, and the template of calls that leave by it."""

    account_id: int
    account: str
    provider: str
    is_active: bool
    account_problem: str
    template: str
    template_provider: str
    template_problem: str
    is_approved: bool
    wants_caller_id: bool
    rings_agent: bool
    # The text that is spoken, and in words why its provider does not let it be spoken; empty: nothing is known of that.
    text: str = ""
    text_refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessFacts:
    """What is known of a campaign; the first way is its own account's, the second one's may follow."""

    ways: Sequence[Way]
    dids: Sequence[DIDLine]
    agents: Sequence[AgentLine]
    rules: CampaignRules


def why_not(facts: ReadinessFacts, *, at: datetime | None = None) -> list[Problem]:
    """Return what keeps the campaign from calling anybody, the gravest first; empty: it may call.

    With ``at`` its hours are looked at as well: whether they open at all from then on. While they are open, as a claim
    knows they are, that needs no look.
    """
    first = facts.ways[0]
    if first.account_problem or first.template_problem:
        field = "account" if first.account_problem else "template"
        return [Problem(field, first.account_problem or first.template_problem)]
    return [
        *_of_ways(facts.ways),
        *_of_dids(facts, first),
        *_of_agents(facts, first),
        *_of_each_way(facts),
        *_of_rules(facts, first, at),
    ]


def not_approved(*, account: str, template: str, is_approved: bool, text: str, text_refused: str) -> str:
    """Say why a template may not be used, by a person's word or by its provider's of its text; empty when it may."""
    if not is_approved:
        return f"The template {template} is not approved: wait for it or choose another."
    if not text_refused:
        return ""
    return (
        f"The text template {text} is not approved at {account} ({text_refused}): wait for it or choose another, "
        "and sync the account to look again."
    )


def _of_ways(ways: Sequence[Way]) -> Iterator[Problem]:
    if not ways[0].is_active:
        yield Problem("account", f"Account {ways[0].account} is switched off: switch it on.", waits=True)
    for number, way in enumerate(ways):
        own = ("fallback_template", "template for the second account") if number else ("template", "template")
        if number and (way.account_problem or way.template_problem):
            yield Problem("fallback_account" if way.account_problem else own[0], _broken(way))
        elif way.template_provider != way.provider:
            yield Problem(own[0], f"The {own[1]} is for another provider than the account: choose another one.")
        elif problem := _not_approved(way):
            yield Problem(own[0], problem)


def _not_approved(way: Way) -> str:
    return not_approved(
        account=way.account,
        template=way.template,
        is_approved=way.is_approved,
        text=way.text,
        text_refused=way.text_refused,
    )


def _broken(way: Way) -> str:
    return way.account_problem or way.template_problem


def _of_dids(facts: ReadinessFacts, first: Way) -> Iterator[Problem]:
    if first.wants_caller_id and not facts.dids:
        yield Problem("dids", "It has no DID: choose one or more of the account's.")
    if facts.dids and not any(did.is_active for did in facts.dids):
        yield Problem("dids", "All its DIDs are switched off: switch one on or choose another.")
    if not _all_known(facts, facts.dids):
        yield Problem("dids", "Some of its DIDs belong to another account: remove them.")


def _of_agents(facts: ReadinessFacts, first: Way) -> Iterator[Problem]:
    if first.rings_agent and not facts.agents:
        yield Problem("agents", "It has no agents, and its calls ring an agent first: choose one or more.")
    if facts.agents and all(agent.lapsed for agent in facts.agents):
        named = "; ".join(f"{agent.name}: {agent.lapsed.lower()}" for agent in facts.agents[:MOST_NAMED])
        yield Problem("agents", f"None of its agents can take calls ({named}): enable one or choose another.")
    if not _all_known(facts, facts.agents):
        yield Problem("agents", "Some of its agents belong to another account: remove them.")


def _of_each_way(facts: ReadinessFacts) -> Iterator[Problem]:
    """With two accounts each calls by lines of its own: where one has none, the other one goes on alone."""
    if len(facts.ways) == 1:
        return
    dids = {did.account_id for did in facts.dids if did.is_active}
    agents = {agent.account_id for agent in facts.agents if not agent.lapsed}
    for way, other in zip(facts.ways, reversed(facts.ways), strict=True):
        if way.wants_caller_id and way.account_id not in dids:
            yield Problem("dids", without_lines("DID", way.account), waits=True, spares=other.account)
        if way.rings_agent and way.account_id not in agents:
            yield Problem("agents", without_lines("agent", way.account), waits=True, spares=other.account)


def without_lines(kind: str, account: str) -> str:
    """Say that one of two accounts has no ``kind`` to call by, a DID or an agent."""
    return f"It has no {kind} of account {account} that can be used: choose {kind}s of both accounts."


def _all_known(facts: ReadinessFacts, lines: Sequence[DIDLine | AgentLine]) -> bool:
    known = {way.account_id for way in facts.ways}
    return all(line.account_id in known for line in lines)


def _of_rules(facts: ReadinessFacts, first: Way, at: datetime | None) -> Iterator[Problem]:
    rules = facts.rules
    if found := rules.problem if at is None else never_open(rules=rules, at=at):
        yield Problem("windows", f"{found} Mend its calling hours.")
    profile = rules.profile
    if profile is None or not profile.series:
        return
    if not rules.purpose:
        yield Problem("purpose", f"{profile} asks for a number series by purpose: say what its calls are for.")
        return
    numbers = [did.number for did in facts.dids if did.is_active]
    barred = [series_problem(did=DIDFacts(number=one, purpose=rules.purpose), profile=profile) for one in numbers]
    if barred and all(barred) and barred[0] is not None:
        yield Problem("dids", f"None of its DIDs may be used: {barred[0].detail}")
    elif not facts.dids and not first.wants_caller_id and profile.series.get(rules.purpose):
        yield Problem("dids", f"It has no DID, and {profile} asks for a number series: choose one of it.")
