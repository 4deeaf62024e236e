"""Adds, enables, disables and lets expire the agents and extensions of an account at its provider, and ours with them.

An addition begins with a look at the provider's list, so that one whose answer was lost is found and not made again.
Switching and expiry do no harm when they are repeated. Passwords go to the provider and are kept nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import structlog

from dialer.accounts.asking import put
from dialer.accounts.sync.agents import end_of_day
from dialer.advisory_locks import AdvisoryLock
from dialer.held_locks import StillHeld, held
from dialer.http.client import NotSent, Unanswered
from dialer.models import ProviderAccount
from dialer.models.agents import Agent
from dialer.providers import parsing
from dialer.providers.base import AgentKind, Question, Unclear
from dialer.providers.parts.staff import NewAgent, NewExtension, Staff, StaffRecord

log = structlog.get_logger(__name__)
T = TypeVar("T")
P = ParamSpec("P")
#: How long one waits who adds while another one does.
WAIT_SECONDS = 10


class UnableToStaff(Exception):
    """The provider did not do it, and why. ``field``: the input it is about. ``may_be_done``: that is not certain."""

    def __init__(self, reason: str, *, field: str = "", may_be_done: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
        self.may_be_done = may_be_done


def staff_of(account: ProviderAccount) -> Staff:
    """Return the part of the provider that manages agents. Raises UnableToStaff where its API does not."""
    staff = account.api.staff
    if staff is None:
        raise UnableToStaff(f"{account.api.name} has no operations for agents: manage them at the provider.")
    return staff


def is_switched_there(agent: Agent) -> bool:
    """Return whether the provider can enable and disable the agent: only those known by an extension."""
    return agent.account.api.capabilities.staff and agent.kind == AgentKind.EXTENSION


def _one_at_a_time(add: Callable[P, Agent]) -> Callable[P, Agent]:
    """Let one look and add at an account while the others wait: two who look at once would both find nothing, and add.

    ``add`` raises UnableToStaff, which is raised as well where the others take too long.
    """

    @wraps(add)
    def alone(*given: P.args, **named: P.kwargs) -> Agent:
        account: Any = named["account"]
        try:
            with held(AdvisoryLock.STAFF, which=account.pk, wait_seconds=WAIT_SECONDS):
                return add(*given, **named)
        except StillHeld as error:
            raise UnableToStaff("Another one is being added at this account. Try again in a moment.") from error

    return alone


@_one_at_a_time
def add_agent(*, account: ProviderAccount, name: str, email: str, phone: str, password: str) -> Agent:
    """Make an agent with a login; ``phone`` is E.164. Where the provider has one with this phone already, take that.

    Raises UnableToStaff.
    """
    staff = staff_of(account)
    _refuse_weak(staff, password)

    def find() -> StaffRecord | None:
        agents = staff.agents(account=account.config)
        return _find(account, agents, lambda one: parsing.same_number(one.phone, phone))

    known = find()
    if known is not None:
        return _ours(account, known, name=name)
    wanted = NewAgent(name=name, email=email, phone=phone, password=password)
    question = _built(lambda: staff.add_agent(account=account.config, agent=wanted))
    try:
        made = _done(account, question, input_of=staff.input_of)
    except UnableToStaff as error:
        if not error.may_be_done:
            raise
        made = StaffRecord()
    if not made.extension:
        found = find()
        if found is None:
            raise UnableToStaff(
                "There was no clear answer, and no agent with this phone is listed (yet). Adding again looks first, "
                "and makes none twice.",
                may_be_done=True,
            )
        made = found
    return _ours(account, made, name=name)


@_one_at_a_time
def add_extension(*, account: ProviderAccount, wanted: NewExtension) -> Agent:
    """Make a group extension with its user. Where the provider has it already, under the same name, take that.

    Raises UnableToStaff.
    """
    staff = staff_of(account)
    _refuse_weak(staff, wanted.password)

    def find() -> StaffRecord | None:
        extensions = staff.extensions(account=account.config)
        return _find(account, extensions, lambda one: one.extension == wanted.extension)

    known = find()
    if known is not None and known.name != wanted.name:
        raise UnableToStaff("The provider has this extension already: choose another one.", field="ext_no")
    if known is not None:
        return _ours(account, known, name=wanted.name)
    question = _built(lambda: staff.add_extension(account=account.config, extension=wanted))
    try:
        _done(account, question, input_of=staff.input_of)
    except UnableToStaff as error:
        if not error.may_be_done:
            raise
        if find() is None:
            raise UnableToStaff(
                "There was no clear answer, and the extension is not listed (yet). Adding again looks first.",
                may_be_done=True,
            ) from error
    made = _ours(account, StaffRecord(extension=wanted.extension), name=wanted.name)
    if wanted.expires_on is not None:
        _keep(made, expires_there_at=end_of_day(wanted.expires_on, time_zone=account.time_zone))
    return made


def switch_agent(*, agent: Agent, is_enabled: bool, now: datetime) -> str:
    """Enable or disable an agent's extension at the provider, and say what was done. Raises UnableToStaff.

    One that may have been disabled is given no calls until the next sync tells.
    """
    staff, account, extension = staff_of(agent.account), agent.account.config, _extension(agent)
    question = _built(lambda: staff.switch(account=account, extension=extension, is_enabled=is_enabled))
    try:
        _done(agent.account, question)
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
    staff, account, extension = staff_of(agent.account), agent.account.config, _extension(agent)
    ends_at = end_of_day(expires_on, time_zone=agent.account.time_zone)
    if ends_at <= now:
        raise UnableToStaff("This day is over: disable the agent instead.", field="expires_on")
    _done(agent.account, _built(lambda: staff.expire(account=account, extension=extension, last_day=expires_on)))
    _keep(agent, expires_there_at=ends_at)
    return f"{agent} takes calls until the end of {expires_on:%d %b %Y}, {agent.account.time_zone}."


def _refuse_weak(staff: Staff, password: str) -> None:
    if not staff.is_strong(password=password):
        raise UnableToStaff(staff.password_rule, field="password")


def _extension(agent: Agent) -> str:
    if agent.kind != AgentKind.EXTENSION:
        raise UnableToStaff("The provider switches extensions, and this agent is known by a number.")
    return agent.address


def _find(
    account: ProviderAccount, listing: Question[tuple[StaffRecord, ...]], is_wanted: Callable[[StaffRecord], bool]
) -> StaffRecord | None:
    try:
        found = _done(account, listing)
    except UnableToStaff as error:
        raise UnableToStaff(f"What is there already could not be read, so nothing was sent: {error.reason}") from error
    return next((one for one in found if one.extension and is_wanted(one)), None)


def _built(build: Callable[[], Question[T]]) -> Question[T]:
    try:
        return build()
    except ValueError as error:
        raise UnableToStaff(f"This cannot be sent: {error}.") from error


def _done(account: ProviderAccount, question: Question[T], *, input_of: Callable[..., str] | None = None) -> T:
    """Ask once, and return what the provider says. Raises UnableToStaff, at the input that ``input_of`` finds."""
    name = account.api.name
    try:
        answer = put(account=account, question=question)
    except NotSent as error:
        raise UnableToStaff(f"{name} is not reached, nothing was sent: {error.reason}.") from error
    except Unanswered as error:
        raise UnableToStaff(f"{name} gave no answer: {error.reason}.", may_be_done=True) from error
    if isinstance(answer.problem, Unclear):
        raise UnableToStaff(f"{name} gave no clear answer: {answer.problem.detail}.", may_be_done=True)
    if answer.problem is not None or answer.value is None:
        said = answer.message or "no reason is given"
        raise UnableToStaff(f"{name} refuses: {said}", field=input_of(said=said) if input_of else "")
    return answer.value


def _ours(account: ProviderAccount, made: StaffRecord, *, name: str) -> Agent:
    """Return our agent of a record of the provider's, made where there is none."""
    agent, is_new = Agent.objects.get_or_create(
        account=account,
        kind=AgentKind.EXTENSION.value,
        address=str(made.extension),
        defaults={"name": (name or made.name or str(made.extension))[:100]},
    )
    if is_new or agent.is_disabled_there != (made.is_active is False):
        _keep(agent, is_disabled_there=made.is_active is False)
    log.info("agent added", account_id=account.pk, agent_id=agent.pk, is_new=is_new)
    return agent


def _keep(agent: Agent, **fields: Any) -> None:
    Agent.objects.filter(pk=agent.pk).update(**fields)
    for name, value in fields.items():
        setattr(agent, name, value)
