"""How an account at each of the carrier's APIs is rehearsed: data for the demo and the tests, by slug.

The names of actions, options and credentials are those of Dialer's accounts and templates; nothing of it is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Options = Mapping[str, Any]

#: The provider that newcomers meet first, and the number by which they are rung: it always answers.
FIRST, OWN_PHONE = "voxcore", "+12025550199"
#: What the carrier answers at the address of an account that it knows: by it, nobody else is taken for the carrier.
IS_CARRIER = {"sandbox": True, "rings": "nobody"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosted:
    """A campaign on the platform's own dialer, with what the carrier has to know for it."""

    action: str
    options: Options
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What a call does, who its agents are, and what the carrier is told of the account.

    ``secrets``: the carrier's setting for each credential that it has to know. ``pasted``: its settings that are a part
    of the text which a manager pastes at the platform. ``arrives_as``: outcomes that the API has no word for, or its
    log fewer words than its push, and what may arrive in their place.
    """

    action: str
    options: Options = field(default_factory=dict)
    agent_kind: str = "USERNAME"
    agent_address: str = "agent.{:03}"
    secrets: Mapping[str, str] = field(default_factory=lambda: {"api_key": "api_key"})
    pasted: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    arrives_as: Mapping[str, frozenset[str]] = field(default_factory=dict)
    hosted: Hosted | None = None


SIGNED = {"api_key": "api_key", "webhook_secret": "push_secret"}
REHEARSALS: Mapping[str, Rehearsal] = {
    "altur": Rehearsal(
        action="AI_AGENT",
        options={"agent_id": "6f1c2f5e-8d0b-4b57-9a43-0f6f1f6f2a11"},
        secrets=SIGNED,
        arrives_as={"CANCELED": frozenset({"FAILED"})},
    ),
    "astradial": Rehearsal(
        action="AI_AGENT",
        options={"wss_url": "wss://agent.example.com/voice"},
        agent_kind="EXTENSION",
        agent_address="1{:03}",
        secrets={**SIGNED, "org_api_key": "org_api_key", "org_api_secret": "org_api_secret"},
        # An agent who did not answer leaves no row that names the customer: the call has failed, by its absence.
        arrives_as={"MACHINE": frozenset({"ANSWERED"}), "CANCELED": frozenset({"CANCELED", "NO_ANSWER", "FAILED"})},
    ),
    "intellicall": Rehearsal(action="CONNECT_AGENT", arrives_as={"MACHINE": frozenset({"ANSWERED"})}),
    "ivrsolutions": Rehearsal(
        action="PLAY_FLOW",
        options={"flow_id": "reminder"},
        agent_kind="EXTENSION",
        agent_address="1{:03}",
        secrets=SIGNED,
        # The account's own clock is UTC in a rehearsal, as Dialer's accounts are by default.
        settings={"time_zone": "UTC"},
        arrives_as={"MACHINE": frozenset({"ANSWERED"}), "CANCELED": frozenset({"NO_ANSWER"})},
        hosted=Hosted(action="SPEAK_TEXT", options={"template_name": "reminder"}, settings={"templates": ["reminder"]}),
    ),
    "voxcore": Rehearsal(
        action="VOICE_BOT",
        options={"bot_id": "reminder-bot"},
        pasted={"key_map": "key_mapper", "push_token": "token"},
        arrives_as={"CANCELED": frozenset({"FAILED"})},
    ),
}


def arrives_as(*, slug: str, outcome: str) -> frozenset[str]:
    """Return the outcomes that a call which ended so in the ledger may arrive with."""
    rehearsal = REHEARSALS.get(slug)
    known = rehearsal.arrives_as if rehearsal is not None else {}
    return known.get(outcome, frozenset({outcome}))
