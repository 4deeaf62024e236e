"""Calls that are under way at the carrier, or over, and their attempts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from campaigns.models import Attempt
from dialer.accounts.asking import ask
from dialer.models import ProviderAccount
from dialer.providers.base import Accepted, Action, AgentAddress, AgentKind, CallReport, Placement
from dialer.sandbox.client import SandboxClient, wait_for
from tests.campaigns.world import PROVIDERS, campaign, place, set_fleet
from tests.dialer.accounts.builders import account_at
from tests.sandbox.carrier import AGENT_ID

LONG = {"talk_seconds": [3000, 3000], "ring_seconds": [1, 1], "agent_ring_seconds": [0, 0], "outcomes": {"ANSWERED": 1}}
PLACEMENTS: dict[str, dict[str, Any]] = {
    "intellicall": {
        "action": Action.CONNECT_AGENT,
        "from_number": "+919800000000",
        "agent": AgentAddress(kind=AgentKind.USERNAME, value="agent.017"),
    },
    "altur": {"action": Action.AI_AGENT, "from_number": None, "options": {"agent_id": AGENT_ID}},
}


def attempt_at(account: ProviderAccount, **values: Any) -> Attempt:
    """Return a live attempt of the account, with ``values``."""
    set_fleet(account, available=10)
    PROVIDERS.setdefault(account.provider, ("VOICE_BOT", {}))
    made = campaign(account, leads=["+919876543299"], agents=[_agent(account)])
    attempt = place(made)
    Attempt.objects.filter(pk=attempt.pk).update(**values)
    attempt.refresh_from_db()
    return attempt


def _agent(account: ProviderAccount) -> Any:
    return account.agents.create(name="Asha", kind="USERNAME", address="agent.017")


def call_at(sandbox: SandboxClient, slug: str, until: Callable[[CallReport], Any], **carrier: Any) -> Attempt:
    """Return an attempt whose call was really placed at the carrier and has come as far as ``until``."""
    account = account_at(sandbox, slug, carrier={**LONG, **carrier})
    placement = Placement(reference="r-1", to_number="+919876543299", **PLACEMENTS[slug])
    request = account.api.build_place(account=account.config, placement=placement)
    placed = account.api.parse_place(reply=ask(account=account, request=request))
    assert isinstance(placed, Accepted)
    assert placed.external_id is not None
    poll = account.api.build_poll(account=account.config, external_id=placed.external_id)

    def come() -> CallReport | None:
        report = account.api.parse_poll(account=account.config, reply=ask(account=account, request=poll))
        return report if report is not None and until(report) else None

    report: CallReport = wait_for(come)
    # Altur names the recording in its push alone; it is at the call's own address.
    url = report.recording_url or f"{account.base_url}/call/{placed.external_id}/recording"
    return attempt_at(account, external_id=placed.external_id, recording_url=url)
