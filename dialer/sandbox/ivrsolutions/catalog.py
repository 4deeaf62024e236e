"""The lists of an account: agents, DIDs, call flows, templates, bots, customer lists, contacts, variables."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from time import time
from typing import Any
from zoneinfo import ZoneInfo

from dialer.sandbox.accounts import Account
from dialer.sandbox.ivrsolutions.settings import settings_of

FLOWS = (
    ("1001", "Welcome IVR", "Main welcome menu"),
    ("1002", "Order Confirmation", "COD order confirmation flow"),
    ("1003", "Feedback Survey", "Post-call feedback collection"),
)
TEMPLATES = {"api_order_confirm": "Press 1 to confirm your order.", "api_reminder": "Dear {name}, {amount} is due."}
BOTS = ("4821", "4822")
DIDS = ("+911143104567", "+918043104568")
EXTENSIONS = ("2101", "2102", "2103")
REGIONS = (("Delhi", "011"), ("Bangalore", "080"), ("Mumbai", "022"), ("Chennai", "044"), ("Hyderabad", "040"))
VARIABLES = ("name", "order_id", "amount", "date")


@dataclass(slots=True, kw_only=True)
class Template:
    """A text template; before ``approved_at`` (Unix time) it is pending and cannot be spoken."""

    id: int
    text: str
    approved_at: float = 0.0
    is_rejected: bool = False

    def status(self) -> str:
        """Return approved, rejected or pending."""
        if self.is_rejected:
            return "rejected"
        return "approved" if time() >= self.approved_at else "pending"


@dataclass(slots=True)
class Catalog:
    """What was added and changed by requests; what was there before comes from the account's settings."""

    agents: dict[str, dict[str, Any]] = field(default_factory=dict)
    dids: list[str] = field(default_factory=list)
    templates: dict[str, Template] = field(default_factory=dict)
    customer_lists: list[dict[str, Any]] = field(default_factory=list)
    contacts: dict[str, dict[str, Any]] = field(default_factory=dict)
    agent_dids: dict[str, str] = field(default_factory=dict)
    #: How often each operation that changes something was asked for, by its path: the ledger of what is no call.
    changes: dict[str, int] = field(default_factory=dict)

    def all_agents(self, account: Account) -> dict[str, dict[str, Any]]:
        """Return every agent by extension, as schema ``Agent``."""
        given = account.settings.agents
        known = {
            extension: {
                "agent_id": 455 + place,
                "ext_no": extension,
                "name": f"Agent {extension}",
                "email": f"agent{extension}@company.example",
                "phone": f"91234567{place:02d}",
                "status": "active",
            }
            for place, extension in enumerate(EXTENSIONS if given is None else given)
        }
        return known | self.agents

    def is_inactive(self, account: Account, extension: str) -> bool:
        """Return whether an agent was switched off, or its last day is over by the account's clock."""
        agent = self.agents.get(extension, {})
        today = datetime.now(ZoneInfo(settings_of(account).time_zone)).date().isoformat()
        return agent.get("status") == "inactive" or str(agent.get("expiry_date") or today) < today

    def all_dids(self, account: Account) -> list[dict[str, Any]]:
        """Return every DID, as schema ``DID``."""
        given = account.settings.caller_ids
        numbers = [*(DIDS if given is None else given), *self.dids, *settings_of(account).odd_dids]
        return [{"did_number": number, "region": "Delhi", "status": "active", "type": "landline"} for number in numbers]

    def all_templates(self, account: Account) -> dict[str, Template]:
        """Return every template by name."""
        given = settings_of(account).templates
        names = {name: f"{name}." for name in given} if given is not None else TEMPLATES
        known = {name: Template(id=101 + place, text=text) for place, (name, text) in enumerate(names.items())}
        found = known | self.templates
        for name in settings_of(account).rejected_templates:
            if name in found:
                found[name] = replace(found[name], is_rejected=True)
        return found

    def may_speak(self, account: Account, name: str) -> bool:
        """Return whether a template can be spoken: approved, or unknown to an account that knows no list."""
        template = self.all_templates(account).get(name)
        if template is None:
            return settings_of(account).templates is None
        return template.status() == "approved"
