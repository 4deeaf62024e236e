"""What can be done to a campaign by a button: in which states, and the words of the page that asks first."""

from __future__ import annotations

from dataclasses import dataclass

from campaigns.models import CampaignState

NOT_STARTED = frozenset({CampaignState.DRAFT, CampaignState.SCHEDULED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """Something that can be done to a campaign. ``asks``: from a list only after a page that says what will happen.

    ``question``, ``explained`` and ``confirm`` are the words of that page.
    """

    name: str
    label: str
    done: str
    states: frozenset[CampaignState]
    tone: str = ""
    asks: bool = False
    question: str = ""
    explained: str = ""
    confirm: str = ""
    takes_reason: bool = False


VERBS = {
    verb.name: verb
    for verb in (
        Verb(name="start", label="Start", done="Started.", states=NOT_STARTED, tone="primary"),
        Verb(
            name="pause",
            label="Pause",
            done="Paused.",
            states=frozenset({CampaignState.RUNNING, CampaignState.SCHEDULED}),
            question="Pause?",
            explained="No new call starts. Calls in flight end by themselves. It can be resumed at any time.",
            confirm="Pause",
            takes_reason=True,
        ),
        Verb(
            name="resume",
            label="Resume",
            done="Resumed.",
            states=frozenset({CampaignState.PAUSED}),
            tone="primary",
            asks=True,
            question="Resume?",
            explained="What is due is called at once, within its hours and limits.",
            confirm="Resume",
        ),
        Verb(
            name="stop",
            label="Stop",
            done="Stopped.",
            states=frozenset({CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED}),
            tone="danger",
            asks=True,
            question="Stop for good?",
            explained="No new call starts, leads that are left over are canceled, and it cannot be started again. "
            "Calls in flight end by themselves. To go on later, pause instead.",
            confirm="Stop for good",
            takes_reason=True,
        ),
    )
}
