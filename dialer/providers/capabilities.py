"""What a provider can do, declared; docs, admin and checks are generated from it.

``dialer.providers.base`` gives it again: import from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dialer.providers.vocabulary import Action, AgentKind, Correlation


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a provider can do, declared; docs, admin and checks are generated from this."""

    correlation: Correlation
    actions: frozenset[Action]
    #: Fields of a report that this provider's results can hold, beside how the call ended: names of CallReport's.
    tells: frozenset[str] = frozenset()
    pushes: bool = True
    polls_call: bool = False
    pulls_logs: bool = False
    #: ``next_cursor`` of a pull (no number, not ``whole``) is for the next pull; else it is for the next page.
    log_cursor_lasts: bool = False
    #: Actions of which the log lists every call that reached its customer once it is over, answered or not.
    logs_every_call_of: frozenset[Action] = frozenset()
    #: Options of a template, name and value, with which a call can be missing in the log all the same.
    unlogged_options: frozenset[tuple[str, str]] = frozenset()
    #: An agent who is rung first and does not answer leaves no row that names the customer.
    hides_unanswered_agents: bool = False
    caller_id: bool = True
    #: Actions whose request has no field for a caller ID, although the others have one.
    actions_without_caller_id: frozenset[Action] = frozenset()
    needs_agent: bool = False
    hangs_up: bool = False
    reports_capacity: bool = False
    #: Another party can be rung into a live call, and the parties of a call can be asked for.
    adds_participants: bool = False
    #: A note can be written on the provider's own record of a call, in the way that the account's settings choose.
    takes_notes: bool = False
    #: The account's numbers can be asked for.
    lists_numbers: bool = False
    signs_pushes: bool = False
    #: How the provider addresses human agents; empty where none take part.
    agent_kinds: frozenset[AgentKind] = frozenset()
    # Optional parts, see ``dialer.providers.parts``: each is there under the same name at the provider.
    #: What an account has can be read list by list: flows, bots, texts, agents, numbers, labels.
    lists: bool = False
    #: Agents and extensions can be added, switched and let expire.
    staff: bool = False
    #: Numbers can be bought.
    numbers_for_sale: bool = False
    #: Texts can be handed in to be approved.
    texts: bool = False
    #: The push address can be registered.
    push_registration: bool = False
    #: A text has to be pasted at the provider so that its pushes carry our names.
    key_map: bool = False
    #: The provider can ask us for a call's variables when the call begins.
    prefetch: bool = False
    #: Actions that the provider's own dialer can run for a whole campaign; empty where it has none.
    hosted_actions: frozenset[Action] = frozenset()
    #: The rate of requests that the provider documents, or None where it names none.
    requests_per_second: float | None = None
    #: Seconds that the party rings who is called second, whatever ring time was asked for: a call's deadline bears it.
    second_leg_seconds: int = 0
    #: The live calls that an account takes unless the provider raised it; None where it names none, or says its room.
    usual_live_calls: int | None = None

    @property
    def hosted(self) -> bool:
        """Whether the provider's own dialer can run campaigns."""
        return bool(self.hosted_actions)

    def wants_caller_id(self, action: str) -> bool:
        """Return whether a request for ``action``, an Action or a stored word, names the number it is called from."""
        return self.caller_id and action not in self.actions_without_caller_id

    def logs_every_call(self, action: str, options: Mapping[str, Any]) -> bool:
        """Return whether the log lists every call with ``action``, an Action or a stored word, that was one."""
        is_hidden = any(options.get(name) == value for name, value in self.unlogged_options)
        return self.pulls_logs and action in self.logs_every_call_of and not is_hidden

    def rings_agent(self, action: str) -> bool:
        """Return whether a call with ``action``, an Action or a stored word, needs a free human agent."""
        return self.needs_agent or action == Action.CONNECT_AGENT
