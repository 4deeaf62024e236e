"""What of a campaign is stored as JSON, in words: for those who may only look, and once it is over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from campaigns.admin.entered import CapsField
from campaigns.admin.explained import duration
from campaigns.models import Campaign
from dialer.admin.typed import display
from dialer.providers.vocabulary import in_words


class ShownRules:
    """Mixin of the campaign's page: a column in words for each of ``SHOWN``."""

    @display(description="Days without calls")
    def shown_blackout_dates(self, campaign: Campaign) -> str:
        """Return the days."""
        return ", ".join(campaign.blackout_dates)

    @display(description="Caps")
    def shown_caps(self, campaign: Campaign) -> str:
        """Return the caps."""
        return ", ".join(CapsField.line_of(cap) for cap in campaign.caps)

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
        return "; ".join(
            f"{in_words(after.removeprefix('disposition:'))}: {_cell(cell)}"
            for after, cell in campaign.retry_rules.items()
            if cell is not None
        )


SHOWN = {name: f"shown_{name}" for name in ("blackout_dates", "caps", "opt_out_words", "callback_words", "retry_rules")}


def in_words_of(fieldsets: Any) -> list[tuple[Any, dict[str, Any]]]:
    """Return fieldsets with the columns in words in place of what is stored as JSON."""
    return [
        (title, {**options, "fields": tuple(_shown(one) for one in options["fields"])}) for title, options in fieldsets
    ]


def _shown(field: Any) -> Any:
    return tuple(_shown(one) for one in field) if isinstance(field, tuple) else SHOWN.get(field, field)


def _cell(cell: Any) -> str:
    if not isinstance(cell, Mapping):
        return f"after {duration(cell)}"
    said = ["after " + ", ".join(duration(delay) for delay in cell.get("delays", ()))]
    said += [f"at most {cell['most']}"] if cell.get("most") else []
    said += ["does not count"] if cell.get("counts") is False else []
    other = [name.removeprefix("other_") for name in ("other_did", "other_number", "other_time") if cell.get(name)]
    said += [f"another {name.replace('did', 'DID')}" for name in other]
    return ", ".join(said)
