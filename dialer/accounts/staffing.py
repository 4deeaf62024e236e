"""Adds, enables, disables and lets expire the agents and extensions of an account at its provider, and ours with them.

An addition begins with a look at the provider's list, so that one whose answer was lost is found and not made again.
Switching and expiry do no harm when they are repeated. Passwords go to the provider and are kept nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

import structlog

from dialer.accounts.asking import ask
from dialer.accounts.sync.agents import end_of_day
from dialer.http.client import NotSent, Unanswered
from dialer.ivrsolutions import agents, formats
from dialer.ivrsolutions.operation import Operation
from dialer.ivrsolutions.provisioning import Provision
from dialer.ivrsolutions.records import AgentRecord
from dialer.models import ProviderAccount
from dialer.models.agents import Agent
from dialer.providers.base import AgentKind, ProviderRequest, Unclear

log = structlog.get_logger(__name__)
T = TypeVar("T")

#: Providers whose API manages agents.
STAFFED = ("ivrsolutions",)
#: "must contain uppercase, lowercase, number, special char" (Add Agent).
STRONG = re.compile(r"(?=.*[A-Z])(?=.*[a-z])(?=.*\d)(?=.*[^A-Za-z0-9]).+")
WEAK = "The password needs a capital letter, a small letter, a digit and a special character."
#: Which input of a new agent or extension a refusal is about, by its words.
_ABOUT = (("password", "password"), ("phone", "phone"), ("email", "email"), ("ext", "ext_no"), ("did", "did"))


class UnableToStaff(Exception):
    """The provider did not do it, and why. ``field``: the input it is about. ``may_be_done``: that is not certain."""

    def __init__(self, reason: str, *, field: str = "", may_be_done: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
        self.may_be_done = may_be_done


def refuse_unless_staffed(account: ProviderAccount) -> None:
    """Raise UnableToStaff where agents cannot be managed by the provider's API."""
    if account.provider not in STAFFED:
        raise UnableToStaff(f"{account.api.name} has no operations for agents: manage them at the provider.")


def is_switched_there(agent: Agent) -> bool:
    """Return whether the provider can enable and disable the agent: only those known by an extension."""
    return agent.account.provider in STAFFED and agent.kind == AgentKind.EXTENSION


def add_agent(*, account: ProviderAccount, name: str, email: str, phone: str, password: str) -> Agent:
    """Make an agent with a login; ``phone`` is E.164. Where the provider has one with this phone already, take that.

    Raises UnableToStaff.
    """
    refuse_unless_staffed(account)
    _refuse_weak(password)
    known = _find(account, agents.get_agents, lambda one: formats.same_number(one.phone, phone))
    if known is not None:
        return _ours(account, known, name=name)
    request = _built(agents.add_agent, account, name=name, email=email, phone=phone, password=password)
    try:
        made = _done(account, agents.add_agent, request, about=_ABOUT)
    except UnableToStaff as error:
        if not error.may_be_done:
            raise
        made = AgentRecord()
    if not made.ext_no:
        found = _find(account, agents.get_agents, lambda one: formats.same_number(one.phone, phone))
        if found is None:
            raise UnableToStaff(
                "There was no clear answer, and no agent with this phone is listed (yet). Adding again looks first, "
                "and makes none twice.",
                may_be_done=True,
            )
        made = found
    return _ours(account, made, name=name)


def add_extension(
    *, account: ProviderAccount, did: str, provision: Provision, email: str | None = None, phone: str | None = None
) -> Agent:
    """Make a group extension with its user. Where the provider has it already, under the same name, take that.

    Raises UnableToStaff.
    """
    refuse_unless_staffed(account)
    _refuse_weak(provision.password)
    name = provision.name or ""
    known = _find(account, agents.get_extensions, lambda one: one.ext_no == provision.extn_no)
    if known is not None and known.name != name:
        raise UnableToStaff("The provider has this extension already: choose another one.", field="ext_no")
    if known is not None:
        return _ours(account, known, name=name)
    request = _built(agents.add_group_user, account, did_no=did, provision=provision, email=email, phone=phone)
    try:
        _done(account, agents.add_group_user, request, about=_ABOUT)
    except UnableToStaff as error:
        if not error.may_be_done:
            raise
        if _find(account, agents.get_extensions, lambda one: one.ext_no == provision.extn_no) is None:
            raise UnableToStaff(
                "There was no clear answer, and the extension is not listed (yet). Adding again looks first.",
                may_be_done=True,
            ) from error
    made = _ours(account, AgentRecord(ext_no=provision.extn_no), name=name)
    if provision.expires_on is not None:
        _keep(made, expires_there_at=end_of_day(provision.expires_on, time_zone=account.time_zone))
    return made


def switch_agent(*, agent: Agent, is_enabled: bool, now: datetime) -> str:
    """Enable or disable an agent's extension at the provider, and say what was done. Raises UnableToStaff.

    One that may have been disabled is given no calls until the next sync tells.
    """
    extension = _extension(agent)
    request = _built(agents.enable_agent, agent.account, ext_no=extension, is_enabled=is_enabled)
    try:
        _done(agent.account, agents.enable_agent, request)
    except UnableToStaff as error:
        if error.may_be_done and not is_enabled:
            _keep(agent, is_disabled_there=True)
        raise
    _keep(agent, is_disabled_there=not is_enabled)
    lapsed = agent.why_lapsed(now=now) if is_enabled else ""
    done = f"{agent} is {'enabled' if is_enabled else 'disabled'} at {agent.account.api.name}."
    return f"{done} It is given no calls yet: {lapsed.lower()}." if lapsed else done


def expire_agent(*, agent: Agent, expires_on: date, now: datetime) -> str:
    """Have the provider switch an agent's extension off after a day of the account's clock. Raises UnableToStaff."""
    extension = _extension(agent)
    ends_at = end_of_day(expires_on, time_zone=agent.account.time_zone)
    if ends_at <= now:
        raise UnableToStaff("This day is over: disable the agent instead.", field="expires_on")
    request = _built(agents.set_expiry, agent.account, ext_no=extension, expires_on=expires_on)
    _done(agent.account, agents.set_expiry, request)
    _keep(agent, expires_there_at=ends_at)
    return f"{agent} takes calls until the end of {expires_on:%d %b %Y}, {agent.account.time_zone}."


def _refuse_weak(password: str) -> None:
    if not STRONG.fullmatch(password):
        raise UnableToStaff(WEAK, field="password")


def _extension(agent: Agent) -> str:
    refuse_unless_staffed(agent.account)
    if agent.kind != AgentKind.EXTENSION:
        raise UnableToStaff("The provider switches extensions, and this agent is known by a number.")
    return agent.address


def _find(
    account: ProviderAccount,
    listing: Operation[[], tuple[AgentRecord, ...]],
    is_wanted: Callable[[AgentRecord], bool],
) -> AgentRecord | None:
    try:
        found = _done(account, listing, listing(account.config))
    except UnableToStaff as error:
        raise UnableToStaff(f"What is there already could not be read, so nothing was sent: {error.reason}") from error
    return next((one for one in found if one.ext_no and is_wanted(one)), None)


def _built(operation: Operation[..., Any], account: ProviderAccount, **fields: Any) -> ProviderRequest:
    try:
        return operation(account.config, **fields)
    except ValueError as error:
        raise UnableToStaff(f"This cannot be sent: {error}.") from error


def _done(
    account: ProviderAccount,
    operation: Operation[..., T],
    request: ProviderRequest,
    *,
    about: Sequence[tuple[str, str]] = (),
) -> T:
    """Ask once, and return what the provider says. Raises UnableToStaff, at the input that ``about`` finds."""
    name = account.api.name
    try:
        answer = operation.parse(reply=ask(account=account, request=request))
    except NotSent as error:
        raise UnableToStaff(f"{name} is not reached, nothing was sent: {error.reason}.") from error
    except Unanswered as error:
        raise UnableToStaff(f"{name} gave no answer: {error.reason}.", may_be_done=True) from error
    if isinstance(answer.problem, Unclear):
        raise UnableToStaff(f"{name} gave no clear answer: {answer.problem.detail}.", may_be_done=True)
    if answer.problem is not None or answer.value is None:
        said = answer.message or "no reason is given"
        field = next((field for word, field in about if word in said.lower()), "")
        raise UnableToStaff(f"{name} refuses: {said}", field=field)
    return answer.value


def _ours(account: ProviderAccount, made: AgentRecord, *, name: str) -> Agent:
    """Return our agent of a record of the provider's, made where there is none."""
    agent, is_new = Agent.objects.get_or_create(
        account=account,
        kind=AgentKind.EXTENSION.value,
        address=str(made.ext_no),
        defaults={"name": (name or made.name or str(made.ext_no))[:100]},
    )
    if is_new or agent.is_disabled_there != (made.is_active is False):
        _keep(agent, is_disabled_there=made.is_active is False)
    log.info("agent added", account_id=account.pk, agent_id=agent.pk, is_new=is_new)
    return agent


def _keep(agent: Agent, **fields: Any) -> None:
    Agent.objects.filter(pk=agent.pk).update(**fields)
    for name, value in fields.items():
        setattr(agent, name, value)
