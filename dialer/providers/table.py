"""The generated parts of docs/providers.md: what each provider can do, and what it asks for.

``python -m dialer.providers.table`` brings the page up to date; a test fails while it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from dialer import providers
from dialer.providers.base import Correlation, Field, Provider

PAGE = Path(__file__).parents[2] / "docs" / "providers.md"
FINDS: Mapping[Correlation, str] = {
    Correlation.REFERENCE: "our reference",
    Correlation.EXTERNAL_ID: "their call id",
    Correlation.NUMBER_AND_TIME: "number and time",
}


def _yes(value: bool) -> str:
    return "yes" if value else "–"


def _caller_id(each: Provider) -> str:
    without = _words(each.capabilities.actions_without_caller_id)
    return _yes(each.capabilities.caller_id) + (f", except {without}" if without else "")


def _notes(each: Provider) -> str:
    return "yes, as the account's settings say" if each.capabilities.takes_notes else "–"


def _kinds(each: Provider) -> str:
    return _words(each.lists.kinds) if each.lists is not None else "–"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def _tells(name: str) -> Callable[[Provider], str]:
    return lambda each: _yes(name in each.capabilities.tells)


#: What a result can hold beside how the call ended, by field of a report.
TOLD: Mapping[str, str] = {
    "disposition": "disposition",
    "duration_seconds": "duration",
    "talk_seconds": "talk time",
    "answered_at": "when it was answered",
    "disconnected_by": "who hung up, or why",
    "recording_url": "recording",
    "transcript": "transcript",
    "analysis": "analysis or extracted data",
    "digits": "keys pressed (DTMF)",
    "cost": "what is billed",
}
ROWS: Mapping[str, Callable[[Provider], str]] = {
    "Calls can": lambda each: _words(each.capabilities.actions),
    "A result finds its attempt by": lambda each: FINDS[each.capabilities.correlation],
    "Results are pushed": lambda each: _yes(each.capabilities.pushes),
    "Pushes are signed": lambda each: _yes(each.capabilities.signs_pushes),
    "One call can be looked up": lambda each: _yes(each.capabilities.polls_call),
    "Call log": lambda each: _yes(each.capabilities.pulls_logs),
    "Its call log shows what was no call, of": lambda each: _words(each.capabilities.logs_every_call_of) or "–",
    **{f"Results tell: {label}": _tells(name) for name, label in TOLD.items()},
    "Caller ID per call": lambda each: _caller_id(each),
    "Every call needs a free agent": lambda each: _yes(each.capabilities.needs_agent),
    "Agents are reached by": lambda each: _words(each.capabilities.agent_kinds) or "–",
    "A live call can be hung up": lambda each: _yes(each.capabilities.hangs_up),
    "Says how much room it has": lambda each: _yes(each.capabilities.reports_capacity),
    "Another party can be added to a live call": lambda each: _yes(each.capabilities.adds_participants),
    "Notes and dispositions can be written back": lambda each: _notes(each),
    "Can ask us for a call's variables": lambda each: _yes(each.capabilities.prefetch),
    "Needs a key map pasted into its push settings": lambda each: _yes(each.capabilities.key_map),
    "Takes the push address by its API": lambda each: _yes(each.capabilities.push_registration),
    "Lists the account's numbers": lambda each: _yes(each.capabilities.lists_numbers),
    "Lists what else the account has": lambda each: _kinds(each),
    "Agents can be added and switched": lambda each: _yes(each.capabilities.staff),
    "Texts can be sent for approval": lambda each: _yes(each.capabilities.texts),
    "Numbers can be bought": lambda each: _yes(each.capabilities.numbers_for_sale),
    "Its own dialer can run a campaign of": lambda each: _words(each.capabilities.hosted_actions) or "–",
    "Requests per second": lambda each: _figure(each.capabilities.requests_per_second),
    "Base URL": lambda each: f"`{each.default_base_url}`" if each.default_base_url else "your deployment's",
}


def capability_table(every: Sequence[Provider]) -> str:
    """Return a Markdown table with a column for each provider."""
    lines = [["", *(each.name for each in every)], ["---"] * (len(every) + 1)]
    lines += [[label, *(read(each) for each in every)] for label, read in ROWS.items()]
    return "\n".join(_line(cells) for cells in lines)


def field_table(provider: Provider) -> str:
    """Return a Markdown table of what an account and a template of ``provider`` hold."""
    groups = {"account, secret": provider.credential_fields, "account": provider.setting_fields}
    groups |= {f"template, {action.value}": provider.option_fields[action] for action in sorted(provider.option_fields)}
    lines = [["Field", "Where", "Needed", "Notes"], ["---"] * 4]
    lines += [_field(field, where) for where, fields in groups.items() for field in fields]
    return "\n".join(_line(cells) for cells in lines)


def sections() -> dict[str, str]:
    """Return the generated parts of the page by the name in their markers."""
    every = [providers.get(slug) for slug in providers.bundled_slugs()]
    return {"capabilities": capability_table(every), **{f"fields {each.slug}": field_table(each) for each in every}}


def renewed(page: str) -> str:
    """Return ``page`` with each generated part renewed. Raises ValueError naming a part that has no markers."""
    for name, content in sections().items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        if begin not in page or end not in page:
            raise ValueError(f"{PAGE.name} needs a place for it: the lines {begin} and {end}")
        before, _, rest = page.partition(begin)
        after = rest.partition(end)[2]
        page = f"{before}{begin}\n\n{content}\n\n{end}{after}"
    return page


def _words(values: Iterable[str]) -> str:
    return ", ".join(value.lower().replace("_", " ") for value in sorted(values))


def _field(field: Field, where: str) -> list[str]:
    notes = [field.help, f"One of {', '.join(field.choices)}." if field.choices else ""]
    notes += [f"From {field.between[0]} to {field.between[1]}." if field.between else ""]
    notes += [f"Default `{field.default}`." if field.default is not None else ""]
    notes += [f"Picked by name: {field.picks.lower().replace('_', ' ')}." if field.picks else ""]
    return [f"{field.label} (`{field.name}`)", where, _yes(field.required), " ".join(filter(None, notes))]


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text()))
