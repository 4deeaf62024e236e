"""The form of a campaign: what belongs together is checked here, before a start refuses it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from campaigns.admin.entered import LinesField
from campaigns.admin.inputs.caps import caps_field
from campaigns.admin.inputs.days import days_field
from campaigns.admin.inputs.durations import DurationField
from campaigns.admin.inputs.retries import RetryField
from campaigns.admin.inputs.week import entries_of, every_day, is_every_day, week_field
from campaigns.lifecycle.choice import LINES, choice_problems
from campaigns.models import Campaign, ContactList, ImportState
from campaigns.models.windows import USUAL_CLOSES, USUAL_OPENS
from campaigns.rules.words import default_callback_words, default_opt_out_words
from dialer.admin.account_form import drop_owned
from dialer.admin.places import CountryField, ZoneField


def _one_per_line(name: str) -> str:
    field: Any = Campaign._meta.get_field(name)
    return f"One per line. {field.help_text}"


class CampaignForm(forms.ModelForm[Campaign]):
    """A campaign, or those of its fields that a page shows. The widgets write what REST reads and writes."""

    time_zone = ZoneField(label="Time zone", help_text="Zone of the calling hours.")
    windows = week_field(label="Calling hours", least="Enter the hours in which calls may start.")
    holiday_country = CountryField(
        label="Holidays of", help_text="No calls on the public holidays of this country. Empty: on all days."
    )
    blackout_dates = days_field(label="Days without calls", help_text="Days of your own, or several in a row.")
    open_dates = days_field(
        label="Holidays with calls", help_text="Public holidays of the country on which calls are made after all."
    )
    caps = caps_field(label="Caps", help_text="Most calls of one person in any so many hours, over all campaigns.")
    minimum_gap_seconds = DurationField(
        label="Least gap",
        empty_seconds=0,
        help_text="Least time between two calls of one person, over all campaigns. Empty: none.",
    )
    retry_rules = RetryField(
        label="Call again",
        help_text="Times run from the dial: 15 min, or 1 h, 4 h, 1 d for the first, the second and all later ones. "
        "A disposition goes before its outcome. Whatever is said here, the most attempts hold.",
    )
    opt_out_words = LinesField(
        label="Opt-out words", help_text=_one_per_line("opt_out_words"), rows=5, initial=default_opt_out_words
    )
    callback_words = LinesField(
        label="Callback words", help_text=_one_per_line("callback_words"), rows=5, initial=default_callback_words
    )
    callback_after_seconds = DurationField(
        label="Call back after", help_text="When a result asks for a callback and names no time."
    )
    pause_window_seconds = DurationField(label="Of the latest", help_text="The latest calls are those of so long.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self._begin_with_defaults()
        if "windows" in self.fields:
            self.initial.setdefault("windows", self._hours())

    def _begin_with_defaults(self) -> None:
        """Show the defaults of the columns, which Django gives to inputs of its own making only."""
        columns = {column.name: column for column in Campaign._meta.concrete_fields if column.has_default()}
        for name, field in self.fields.items():
            if field.initial is None and name in columns:
                self.initial.setdefault(name, columns[name].value_from_object(self.instance))

    def _hours(self) -> list[Any]:
        """Return what the week grid shows: the windows, or the hours of every day."""
        campaign = self.instance
        windows = [window.stored for window in campaign.windows.all()] if campaign.pk else []
        opens, closes = campaign.window_opens or USUAL_OPENS, campaign.window_closes or USUAL_CLOSES
        return entries_of(windows=windows, opens=opens, closes=closes)

    def clean(self) -> dict[str, Any]:
        """Check what belongs together, each problem at its field, in words that say what to do."""
        super().clean()
        self._keep_untouched_lines()
        self._take_hours()
        self._check_lines()
        self._check_lists()
        return self.cleaned_data

    def _keep_untouched_lines(self) -> None:
        """Keep lists of texts that nobody touched to the letter: an input of lines cannot show every text."""
        for name, field in self.fields.items():
            if isinstance(field, LinesField) and name in self.cleaned_data and name not in self.changed_data:
                stored = getattr(self.instance, name)
                self.cleaned_data[name] = stored if isinstance(stored, list) else self.cleaned_data[name]

    def _take_hours(self) -> None:
        """Tell hours of every day, which are columns of the campaign, from windows, which are rows of their own."""
        hours = self.cleaned_data.get("windows")
        if not hours:
            return
        if is_every_day(hours) or self.instance.window_opens is None:
            self.instance.window_opens, self.instance.window_closes = every_day(hours) or (USUAL_OPENS, USUAL_CLOSES)
        self.cleaned_data["windows"] = [] if is_every_day(hours) else stored_windows(hours)

    def _check_lines(self) -> None:
        """Refuse what does not go together: accounts, templates and lines."""
        account = self.cleaned_data.get("account") or getattr(self.instance, "account", None)
        if account is None or account.problem:
            return  # what is wrong with an account, the model says
        problems = choice_problems(
            account=account,
            template=self.cleaned_data.get("template"),
            fallback_account=self.cleaned_data.get("fallback_account"),
            fallback_template=self.cleaned_data.get("fallback_template"),
            lines={name: list(self.cleaned_data.get(name) or ()) for name in LINES},
        )
        for name, problem in problems.items():
            self.add_error(name if name in self.fields else None, problem)
        needs_agent = account.api.capabilities.needs_agent
        if needs_agent and "agents" in self.cleaned_data and not self.cleaned_data["agents"]:
            self.add_error("agents", f"{account.api.name} connects every call to an agent: choose at least one.")

    def _check_lists(self) -> None:
        empty = [one for one in self.cleaned_data.get("contact_lists") or () if not _has_contacts(one)]
        if empty:
            self.add_error("contact_lists", f"Empty: {_named(empty)}. Upload contacts to it first, or take it out.")

    def _update_errors(self, errors: ValidationError) -> None:
        """Keep the model's words on fields that this form shows; say the others at the top."""
        for name in list(getattr(errors, "error_dict", {})):
            if name not in self.fields:
                drop_owned(errors, owners=(name,), said=False)
            elif self.has_error(name):
                drop_owned(errors, owners=(name,), said=True)  # its rows have said it already
        super()._update_errors(errors)  # type: ignore[misc]


def stored_windows(hours: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of the week grid as windows, by the names of their columns."""
    return [{key: value for key, value in one.items() if key != "daily"} for one in hours]


def _has_contacts(contact_list: ContactList) -> bool:
    under_way = contact_list.imports.filter(state__in=(ImportState.QUEUED, ImportState.RUNNING), is_dry_run=False)
    return contact_list.contacts.exists() or under_way.exists()


def _named(rows: Iterable[Any]) -> str:
    names = [str(row) for row in rows]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
