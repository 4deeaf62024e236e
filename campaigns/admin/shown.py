"""What of a campaign is stored as JSON, in words: for those who may only look, and once it is over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from campaigns.admin.explained import duration
from campaigns.admin.inputs.caps import CapEntries
from campaigns.admin.inputs.durations import duration_text
from campaigns.models import Campaign
from campaigns.rules.stored import window_of
from campaigns.rules.walls import BrokenRule
from dialer.admin.audit_words import say
from dialer.admin.typed import display
from dialer.providers.vocabulary import in_words


class ShownRules:
    """Mixin of the campaign's page: a column in words for each of ``SHOWN``."""

    @display(description="Days without calls")
    def shown_blackout_dates(self, campaign: Campaign) -> str:
        """Return the days."""
        return ", ".join(campaign.blackout_dates)

    @display(description="Holidays with calls")
    def shown_open_dates(self, campaign: Campaign) -> str:
        """Return the days."""
        return ", ".join(campaign.open_dates)

    @display(description="Caps")
    def shown_caps(self, campaign: Campaign) -> str:
        """Return the caps."""
        return ", ".join(cap_words(cap) for cap in campaign.caps)

    @display(description="Calling hours")
    def shown_windows(self, campaign: Campaign) -> str:
        """Return the windows, or the hours of every day."""
        daily = f"daily {campaign.window_opens:%H:%M}–{campaign.window_closes:%H:%M}"
        return "; ".join(words_of_window(window.stored) for window in campaign.windows.all()) or daily

    @display(description="Least gap")
    def shown_minimum_gap_seconds(self, campaign: Campaign) -> str:
        """Return the least time between two calls of one person."""
        return duration_text(campaign.minimum_gap_seconds) if campaign.minimum_gap_seconds else "None"

    @display(description="Call back after")
    def shown_callback_after_seconds(self, campaign: Campaign) -> str:
        """Return the delay of a callback without a time."""
        return duration_text(campaign.callback_after_seconds)

    @display(description="Of the latest")
    def shown_pause_window_seconds(self, campaign: Campaign) -> str:
        """Return how long the latest calls are."""
        return duration_text(campaign.pause_window_seconds)

    @display(description="Opt-out words")
    def shown_opt_out_words(self, campaign: Campaign) -> str:
        """Return the words."""
        return ", ".join(campaign.opt_out_words)

    @display(description="Callback words")
    def shown_callback_words(self, campaign: Campaign) -> str:
        """Return the words."""
        return ", ".join(campaign.callback_words)

    @display(description="Another attempt")
    def shown_retry_rules(self, campaign: Campaign) -> str:
        """Return after what a lead is called again, and when."""
        return retry_words(campaign.retry_rules)


SHOWN = {
    name: f"shown_{name}"
    for name in (
        *("windows", "blackout_dates", "open_dates", "caps", "opt_out_words", "callback_words", "retry_rules"),
        *("minimum_gap_seconds", "callback_after_seconds", "pause_window_seconds"),
    )
}


def in_words_of(fieldsets: Any) -> list[tuple[Any, dict[str, Any]]]:
    """Return fieldsets with the columns in words in place of what is stored as JSON."""
    return [
        (title, {**options, "fields": tuple(_shown(one) for one in options["fields"])}) for title, options in fieldsets
    ]


def _shown(field: Any) -> Any:
    return tuple(_shown(one) for one in field) if isinstance(field, tuple) else SHOWN.get(field, field)


def words_of_window(stored: Mapping[str, Any]) -> str:
    """Return a window in words; one that cannot be read as it is stored."""
    try:
        return str(window_of(stored))
    except BrokenRule:
        return ", ".join(f"{key} {value}" for key, value in stored.items() if value)


def cap_words(cap: Any) -> str:
    """Return a cap in words; one that no form let in as it is stored."""
    cells = CapEntries().shown(cap)
    return f"{cells['calls'][0]} in {cells['size'][0]} {cells['unit'][0]}" if cells else str(cap)


def retry_words(rules: Any) -> str:
    """Return retry rules in words, or one cell of them."""
    if not isinstance(rules, Mapping) or rules.keys() & {"delays", "most", "counts"}:
        return _cell(rules)
    return "; ".join(
        f"{in_words(after.removeprefix('disposition:'))}: {_cell(cell)}"
        for after, cell in rules.items()
        if cell is not None
    )


def _window_words(window: Any) -> str:
    return words_of_window(window) if isinstance(window, Mapping) else str(window)


for _column, _words in (("caps", cap_words), ("retry_rules", retry_words), ("windows", _window_words)):
    say("campaigns.campaign", _column, _words)


def _cell(cell: Any) -> str:
    if not isinstance(cell, Mapping):
        return f"after {duration(cell)}"
    said = ["after " + ", ".join(duration(delay) for delay in cell.get("delays", ()))]
    said += [f"at most {cell['most']}"] if cell.get("most") else []
    said += ["does not count"] if cell.get("counts") is False else []
    other = [name.removeprefix("other_") for name in ("other_did", "other_number", "other_time") if cell.get(name)]
    said += [f"another {name.replace('did', 'DID')}" for name in other]
    return ", ".join(said)
