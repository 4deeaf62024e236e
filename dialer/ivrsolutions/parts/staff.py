"""Agents and extensions by the operations of the document. Source: IVR Solutions public OpenAPI 3.0.3 document."""

from __future__ import annotations

import re
from datetime import date

from dialer.ivrsolutions import agents
from dialer.ivrsolutions.provisioning import Provision
from dialer.ivrsolutions.records import AgentRecord
from dialer.providers.base import AccountConfig, Question
from dialer.providers.parts.staff import NewAgent, NewExtension, StaffRecord

#: "must contain uppercase, lowercase, number, special char" (Add Agent).
STRONG = re.compile(r"(?=.*[A-Z])(?=.*[a-z])(?=.*\d)(?=.*[^A-Za-z0-9]).+")
#: Which input of a new agent or extension a refusal is about, by its words.
_ABOUT = (("password", "password"), ("phone", "phone"), ("email", "email"), ("ext", "ext_no"), ("did", "did"))


class AccountStaff:
    """The part ``staff``."""

    password_rule = "The password needs a capital letter, a small letter, a digit and a special character."  # noqa: S105

    def is_strong(self, *, password: str) -> bool:
        """Return whether the password is as "Add Agent" asks."""
        return STRONG.fullmatch(password) is not None

    def input_of(self, *, said: str) -> str:
        """Return which input the provider's words are about."""
        return next((field for word, field in _ABOUT if word in said.lower()), "")

    def agents(self, *, account: AccountConfig) -> Question[tuple[StaffRecord, ...]]:
        """Return "get_agents"."""
        return agents.get_agents.ask(account).turned(_records)

    def extensions(self, *, account: AccountConfig) -> Question[tuple[StaffRecord, ...]]:
        """Return "get_extension"."""
        return agents.get_extensions.ask(account).turned(_records)

    def add_agent(self, *, account: AccountConfig, agent: NewAgent) -> Question[StaffRecord]:
        """Return "addAgent"."""
        question = agents.add_agent.ask(
            account, name=agent.name, email=agent.email, phone=agent.phone, password=agent.password
        )
        return question.turned(_record)

    def add_extension(self, *, account: AccountConfig, extension: NewExtension) -> Question[object]:
        """Return "add_group_user"."""
        provision = Provision(
            call_forwarding=extension.call_forwarding,
            connection=extension.connection,
            password=extension.password,
            recording_id=extension.recording_id,
            extn_no=extension.extension,
            name=extension.name,
            expires_on=extension.expires_on,
        )
        return agents.add_group_user.ask(
            account, did_no=extension.did, provision=provision, email=extension.email, phone=extension.phone
        )

    def switch(self, *, account: AccountConfig, extension: str, is_enabled: bool) -> Question[object]:
        """Return "enableDisableUsers"."""
        return agents.enable_agent.ask(account, ext_no=extension, is_enabled=is_enabled)

    def expire(self, *, account: AccountConfig, extension: str, last_day: date) -> Question[object]:
        """Return "set_expiry"."""
        return agents.set_expiry.ask(account, ext_no=extension, expires_on=last_day)


def _record(agent: AgentRecord) -> StaffRecord:
    return StaffRecord(extension=agent.ext_no, name=agent.name, phone=agent.phone, is_active=agent.is_active)


def _records(found: tuple[AgentRecord, ...]) -> tuple[StaffRecord, ...]:
    return tuple(map(_record, found))
