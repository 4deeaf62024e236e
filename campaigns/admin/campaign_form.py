"""The form of a campaign: what belongs together is checked here, before a start refuses it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelect2Widget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from campaigns.admin.entered import CapsField, LinesField, ObjectField
from campaigns.lifecycle.choice import LINES, choice_problems
from campaigns.models import Campaign, ContactList, ImportState
from campaigns.rules.retry import LONGEST_DELAY_SECONDS, PRESETS, RETRYABLE, default_retry_rules, retry_rules_problems
from campaigns.rules.words import default_callback_words, default_opt_out_words
from dialer.admin.account_form import drop_owned, time_zones
from dialer.models.synced import ItemKind, SyncedItem
from dialer.providers.base import Outcome

MEANINGS = {
    Outcome.NO_ANSWER: "Nobody answered",
    Outcome.BUSY: "Busy or pressed away",
    Outcome.FAILED: "The network failed",
    Outcome.CANCELED: "Canceled before an answer",
    Outcome.MACHINE: "A machine answered",
    Outcome.REFUSED: "The provider refused this call",
    Outcome.UNCERTAIN: "Unknown whether it rang",
    Outcome.LOST: "No news of the call",
}
#: So many dispositions are named beside the input that wants them.
MOST_LABELS = 30
# These two may have rung somebody: the manager should know before asking for another call.
MAY_HAVE_RUNG = (Outcome.UNCERTAIN, Outcome.LOST)


def delay_input(outcome: Outcome) -> str:
    """Return the name of the input for the delay after ``outcome``."""
    return f"retry_{outcome.value.lower()}"


DELAY_INPUTS = [delay_input(outcome) for outcome in RETRYABLE]


def _delay_field(outcome: Outcome) -> forms.DecimalField:
    rang = " It may have rung: another attempt may be a second call." if outcome in MAY_HAVE_RUNG else ""
    return forms.DecimalField(
        label=MEANINGS[outcome],
        required=False,
        min_value=0,
        max_value=Decimal(LONGEST_DELAY_SECONDS) / 60,
        widget=UnfoldAdminDecimalFieldWidget(attrs={"placeholder": "no further attempt", "step": "any"}),
        help_text=f"Minutes.{rang}",
    )


def _one_per_line(name: str) -> str:
    field: Any = Campaign._meta.get_field(name)
    return f"One per line. {field.help_text}"


class _CampaignForm(forms.ModelForm[Campaign]):
    """See campaign_form."""

    time_zone = forms.ChoiceField(
        choices=lambda: [("", "Choose a zone"), *time_zones()],
        widget=UnfoldAdminSelect2Widget(),
        help_text="Zone of the calling window.",
    )

    blackout_dates = LinesField(
        label="Days without calls", help_text="One per line: 2026-10-20, or 2026-12-24/2026-12-26 for several in a row."
    )
    caps = CapsField(
        label="Caps",
        help_text="Most calls of one person in so many hours or days, over all campaigns; one per line: "
        "3 in 24 h, 6 in 14 d.",
    )
    opt_out_words = LinesField(
        label="Opt-out words", help_text=_one_per_line("opt_out_words"), rows=5, initial=default_opt_out_words
    )
    callback_words = LinesField(
        label="Callback words", help_text=_one_per_line("callback_words"), rows=5, initial=default_callback_words
    )
    retry_preset = forms.ChoiceField(
        label="Start from",
        required=False,
        choices=[("", "As entered below"), *((name, name.capitalize()) for name in PRESETS)],
        widget=UnfoldAdminSelectWidget(),
        help_text="On saving, takes the place of all that is entered below.",
    )
    finer_retries = ObjectField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
        help_text='By outcome or disposition, before the minutes above: {"NO_ANSWER": {"delays": [3600, 14400], '
        '"most": 2, "other_time": true}, "disposition:voicemail": {"delays": [86400], "most": 1, "counts": false}}. '
        "Delays are seconds; other_did and other_number choose another line. "
        '{"UNCERTAIN": {"absent": true, "delays": [1800], "most": 1}}: only where the whole call log has shown, twice, '
        "that there was no call.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self.instance.retry_rules if self.instance.pk else default_retry_rules()
        if not isinstance(stored, dict):
            stored = {}  # no form let it in: what is entered takes its place
        for outcome in RETRYABLE:
            seconds = stored.get(outcome.value)
            if delay_input(outcome) in self.fields and isinstance(seconds, int):
                self.fields[delay_input(outcome)].initial = _minutes(seconds)
        if "finer_retries" in self.fields:
            plain = {outcome.value for outcome in RETRYABLE}
            finer = {key: cell for key, cell in stored.items() if key not in plain or isinstance(cell, dict)}
            field = self.fields["finer_retries"]
            field.initial = finer
            field.help_text = f"{field.help_text} {_labels_read()}".strip()
        for name in ("starts_at", "ends_at"):
            if name in self.fields:
                self.fields[name].help_text = f"{self.fields[name].help_text} In UTC."

    def clean(self) -> dict[str, Any]:
        """Check what belongs together, each problem at its field, in words that say what to do."""
        super().clean()
        self._take_retries()
        self._check_lines()
        self._check_lists()
        return self.cleaned_data

    def _take_retries(self) -> None:
        """Put the matrix together: a preset, or the minutes with the finer rules, which go first."""
        finer = self.cleaned_data.get("finer_retries") or {}
        problems = retry_rules_problems(finer)
        for problem in problems:
            self.add_error("finer_retries", problem)
        minutes = {
            outcome.value: round(delay * 60)
            for outcome in RETRYABLE
            if (delay := self.cleaned_data.get(delay_input(outcome))) is not None
        }
        preset = self.cleaned_data.get("retry_preset")
        if preset:
            self.instance.retry_rules = dict(PRESETS[preset])
        elif not problems:
            self.instance.retry_rules = {**minutes, **finer}

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
            self.add_error(name, problem)
        needs_agent = account.api.capabilities.needs_agent
        if needs_agent and "agents" in self.cleaned_data and not self.cleaned_data["agents"]:
            self.add_error("agents", f"{account.api.name} connects every call to an agent: choose at least one.")

    def _check_lists(self) -> None:
        empty = [one for one in self.cleaned_data.get("contact_lists") or () if not _has_contacts(one)]
        if empty:
            self.add_error("contact_lists", f"Empty: {_named(empty)}. Upload contacts to it first, or take it out.")

    def _update_errors(self, errors: ValidationError) -> None:
        """Keep the model's words on fields that this form shows; say the others at the top."""
        drop_owned(errors, owners=("retry_rules",), said=bool(self.errors))
        for name in list(getattr(errors, "error_dict", {})):
            if name not in self.fields:
                drop_owned(errors, owners=(name,), said=False)
        super()._update_errors(errors)  # type: ignore[misc]


def _labels_read() -> str:
    """Return the dispositions that were read at the providers, by name, each as one would type it."""
    labels = SyncedItem.objects.filter(kind=ItemKind.DISPOSITION, is_gone=False).exclude(name="")
    names = list(labels.order_by("name").values_list("name", flat=True).distinct()[:MOST_LABELS])
    return f"Read at your providers: {', '.join(f'disposition:{name.lower()}' for name in names)}." if names else ""


def _has_contacts(contact_list: ContactList) -> bool:
    under_way = contact_list.imports.filter(state__in=(ImportState.QUEUED, ImportState.RUNNING), is_dry_run=False)
    return contact_list.contacts.exists() or under_way.exists()


def _named(rows: Iterable[Any]) -> str:
    names = [str(row) for row in rows]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _minutes(seconds: int) -> Decimal:
    minutes = (Decimal(seconds) / 60).quantize(Decimal("0.001")).normalize()
    return minutes.quantize(Decimal(1)) if minutes == minutes.to_integral_value() else minutes


def campaign_form() -> type[forms.ModelForm[Campaign]]:
    """Return the form class: one number of minutes for each outcome stands for the JSON of retry delays."""
    delays: dict[str, Any] = {delay_input(outcome): _delay_field(outcome) for outcome in RETRYABLE}
    return type("CampaignForm", (_CampaignForm,), delays)
