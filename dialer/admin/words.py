"""The words of each page: what is called how in the field, and what it means, at the foot of the page that uses them.

A label says the plain thing and has the standard word beside it in brackets; here the standard word leads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import template

register = template.Library()


#: Words of the field, and what each means to somebody who never heard it.
WORDS: Mapping[str, str] = {
    "Account": "your access to a provider: its keys, its limits and the numbers it lends you.",
    "Agent": "a person who takes calls.",
    "API key": "what another program logs in with. It is shown once, and may do what its role may.",
    "Archive": "old rows, written to a file and checked before they are removed here.",
    "Attempt": "one try to call somebody: one request to the provider, one call at most.",
    "Audit": "who did what, when and why; what the dialer does by itself is in it as well.",
    "Brake": "pauses a campaign by itself when too many of its latest calls go wrong.",
    "Call template": "what a call does once it is answered: which bot, flow, text or person.",
    "Callback": "a call that somebody asked for, at a time of theirs. It goes before all others.",
    "Campaign": "calls to the people of some lists, with a template, from some numbers, in its hours.",
    "Cap": "how often one person may be called in any so many hours, by all campaigns together.",
    "Capacity": "how many calls can be under way at one time.",
    "Contact": "a number with a name and variables, in a list.",
    "Deadline": "when we stop waiting for the result of a call, and its line is free again.",
    "Delivery": "one message to a subscription, repeated until it is taken or too old.",
    "DID": "a number of yours that calls are placed from: what people see when it rings.",
    "DID group": "numbers that campaigns take together: what is added to the group is theirs at once.",
    "Disagreement": "a second source told another result; the first one is kept, this stands beside.",
    "Disposition": "what a person, bot or analysis says of an answered call: interested, call later.",
    "Due": "may be called from now on, if hours, caps and lines let it.",
    "E.164": "a number as all the world writes it: a plus, the country code, no blanks: +919812345678.",
    "Exhausted": "all tries are used up, and none brought what the campaign wanted.",
    "Fleet": "the lines that a provider has for all its customers, or for you.",
    "Hosted dialer": "the provider's own dialer: it gets the numbers, and chooses whom to call and when.",
    "Job": "work that begins by the clock, as the import of a list at night.",
    "Lead": "a contact in a campaign, with a state and the time from which on it may be called.",
    "Limit": "what holds a campaign back just then: lines, a rate, the hours, nobody due.",
    "Live call": "an attempt that has not ended: it holds a line of the number and the account.",
    "Lost": "the call was placed and no result ever came, neither told nor asked for. It may have rung.",
    "Opt-out": "somebody said in a call that he wants no more calls.",
    "Outcome": "what the network says of a call: answered, busy, nobody answered, refused.",
    "Passed over": "due, and not called because a rule said no: which rule, and until when.",
    "Preflight": "the look before a start: who can be called, who cannot and why, when it is done.",
    "Profile": "a country's calling rules: hours, holidays, caps, from which numbers.",
    "Provider event": "what a provider told us of a call, as it came.",
    "Push": "the message by which a provider tells us of a call; its web address is on the account's page.",
    "Rehearsal": "the same campaign against a carrier that is played here. Nobody is called.",
    "Resting": "takes no calls for a while, as too few of its latest ones went well.",
    "Retry": "calling again after a call that brought nothing.",
    "Role": "what a person may do: viewers look, managers run campaigns, administrators do all.",
    "Run": "one turn of a campaign that begins anew by itself, as each Monday.",
    "Runs on": "whose dialer calls: this one, call by call, or the provider's own, list by list.",
    "Standing": "stays running when nobody is left to call, for people who are added one by one.",
    "Subscription": "another program that is told of each result.",
    "Suppression": "numbers that nobody calls, whatever list they are in.",
    "Switchboard": "the one switch that stops all dialing at once.",
    "Sync": "reading from the provider what it has of yours: flows, bots, texts, numbers, agents.",
    "Told by": "which source the result came from: a push, a look-up, the call log, or our own conclusion.",
    "Uncertain": "the request had no clear answer. It may have rung, so it is never sent again blind.",
    "Variable": "a value of a contact that the call uses, as the name or the amount due.",
    "Weight": "the share of the calls of campaigns that wait for the same lines: 2 has twice those of 1.",
    "Window": "the hours in which calls may start.",
    "Wrap-up": "the pause of an agent after a call, before the next one.",
}

#: The words of a page, by the beginning of its address's name; the longest that fits counts. Each app adds its own.
_pages: dict[str, Sequence[str]] = {}


def words_on(pages: Mapping[str, Sequence[str]]) -> None:
    """Add which words pages use, by the beginning of the names of their addresses."""
    _pages.update(pages)


def words_by_page() -> Mapping[str, Sequence[str]]:
    """Return the words of every page."""
    return _pages


words_on({
    "auth_user": ("Role",),
    "auth_group": ("Role",),
    "axes_accessattempt": ("Role",),
    "dialer_apikey": ("API key", "Role"),
    "dialer_auditentry": ("Audit",),
    "dialer_archive": ("Archive",),
    "dialer_did": ("DID", "Live call", "Resting", "Cap", "E.164"),
    "dialer_didgroup": ("DID group", "DID"),
    "dialer_agent": ("Agent", "Live call", "Wrap-up"),
    "dialer_provideraccount": (
        *("Account", "Push", "Live call", "Capacity", "Fleet", "Sync", "Lost", "Uncertain", "Deadline"),
    ),
    "dialer_texttemplate": ("Call template", "Sync"),
    "dialer_synceditem": ("Sync", "Account"),
    "dialer_switchboard": ("Switchboard", "Live call"),
    "find": ("Contact", "Attempt", "E.164"),
})  # fmt: skip


def words_of(name: str) -> list[tuple[str, str]]:
    """Return the words of the page whose address has this name, as ``campaigns_lead_changelist``. Pure."""
    fits = [page for page in _pages if name == page or name.startswith(f"{page}_")]
    return [(one, WORDS[one]) for one in _pages[max(fits, key=len)]] if fits else []


@register.inclusion_tag("admin/dialer/words.html", takes_context=True)
def page_words(context: Any) -> dict[str, Any]:
    """Show the words of the page that is asked for; nothing where it has none, as on a page of an error."""
    match = getattr(context.get("request"), "resolver_match", None)
    return {"words": [] if match is None or context.get("is_popup") else words_of(match.url_name or "")}
