"""The forms of the steps by which a campaign is made: few fields first, the rest folded away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from campaigns.admin.campaign_form import CampaignForm
from campaigns.admin.inputs.pairs import columns_of, pairs_field
from campaigns.admin.templates import inputs_of
from campaigns.models import CallTemplate, Campaign, ContactList
from campaigns.models.windows import USUAL_CLOSES, USUAL_OPENS
from dialer import providers, reader
from dialer.accounts.pick_lists import PickLists
from dialer.admin.declared import take
from dialer.admin.places import CountryField
from dialer.audit.rows import row_added
from dialer.models import ItemKind, ProviderAccount

MORE = "More"
#: What the first choice of a template says.
A_NEW_ONE = "A new one, below"


class StepForm(CampaignForm):
    """A campaign's form with the fields of one step alone. ``title``, and fieldsets as the admin has them."""

    step: ClassVar[str]
    title: ClassVar[str]
    fieldsets: ClassVar[Any]
    #: Fields that the page places by itself.
    apart: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = {name for _, options in self.fieldsets for name in _flat(options["fields"])}
        for name in set(self.fields) - mine - set(self.apart):
            del self.fields[name]


def _flat(fields: Any) -> list[str]:
    return [name for one in fields for name in ((one,) if isinstance(one, str) else one)]


class WhatForm(StepForm):
    """Account and template. The template may be made here, of what the account's sync offers."""

    step, title = "what", "What"
    fieldsets = ((None, {"fields": ("name", "account")}),)
    apart = ("template",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        account: Any = self.fields["account"]
        template: Any = self.fields["template"]
        account.widget = UnfoldAdminSelectWidget(choices=account.choices)
        template.required, template.empty_label, template.label = False, A_NEW_ONE, "What the call does"
        template.widget = UnfoldAdminSelectWidget(choices=template.choices)
        self.new_template: Any = None  # a NewTemplateForm, where an account is chosen

    def clean(self) -> dict[str, Any]:
        """Take the new template where none of those there are is chosen."""
        account: ProviderAccount | None = self.cleaned_data.get("account")
        new = self.new_template
        if account is not None and not self.cleaned_data.get("template") and new is not None:
            if new.is_valid():
                self.cleaned_data["template"] = new.instance
            else:
                self.add_error("template", "The new one has errors: see below. Or choose one that is there.")
        if self.instance._state.adding and account is not None:
            # An account whose zone nobody has chosen is of UTC: whoever plans hours means a clock on his own wall.
            self.instance.time_zone = reader.zone() or "UTC" if account.time_zone == "UTC" else account.time_zone
            self.instance.window_opens, self.instance.window_closes = USUAL_OPENS, USUAL_CLOSES
        return super().clean()

    def _post_clean(self) -> None:
        """A template that is not saved yet is judged by its own form."""
        new = self.cleaned_data.get("template")
        if new is not None and new.pk is None:
            self.cleaned_data.pop("template")
            super()._post_clean()  # type: ignore[misc]
            self.cleaned_data["template"] = new
        else:
            super()._post_clean()  # type: ignore[misc]

    def keep_template(self) -> None:
        """Save the new template, if one was made. Called before the campaign is saved."""
        template = self.cleaned_data.get("template")
        if template is not None and template.pk is None:
            template.save()
            row_added(template)
            self.instance.template = template


class NewTemplateForm(forms.Form):
    """A template for an account: its provider's actions and options, by the names that were read there."""

    def __init__(self, *, account: ProviderAccount, campaign: Campaign | None, data: Any) -> None:
        super().__init__(data=data, prefix="new")
        api = providers.get(account.provider)
        actions = sorted(api.capabilities.actions)
        sent = str((data or {}).get("new-action", ""))
        self.action = sent if sent in actions else actions[0]
        self.fields["action"] = forms.ChoiceField(
            label="Action",
            choices=[(one, one.replace("_", " ").capitalize()) for one in actions],
            initial=self.action,
            widget=UnfoldAdminSelectWidget(attrs={"data-reloads": "template"}),
        )
        lists = PickLists()
        self.declared = inputs_of(account.provider, self.action)
        for one in self.declared:
            picks = lists.of(account.provider, one.field.picks) if one.field.picks else None
            self.fields[one.input] = one.form_field({}, picks=picks)
        chosen = campaign.contact_lists.all() if campaign is not None and campaign.pk else None
        self.fields["variables"] = pairs_field(
            columns=columns_of(chosen or None),
            theirs=list(
                account.synced_items.filter(kind=ItemKind.VARIABLE, is_gone=False).values_list("name", flat=True)
            ),
            label="Variables",
            help_text="No row: every column of the list under its own name.",
        )
        self.instance = CallTemplate(provider=account.provider, action=self.action)

    def clean(self) -> dict[str, Any]:
        """Make the template, each problem at its input."""
        super().clean()
        self.instance.options = take(form=self, inputs=self.declared)
        self.instance.variables = self.cleaned_data.get("variables") or {}
        self.instance.name = _free_name(self.data.get("name", ""))
        try:
            if not self.errors:
                self.instance.full_clean()
        except ValidationError as error:
            self.add_error(None, ValidationError(error.messages))
        return self.cleaned_data


def _free_name(name: str) -> str:
    wanted = (name.strip() or "Template")[:140]
    count = 1
    found = wanted
    while CallTemplate.objects.filter(name=found).exists():
        count += 1
        found = f"{wanted} {count}"
    return found


class WhomForm(StepForm):
    """Lists there are, or a file that becomes one."""

    step, title = "whom", "Whom"
    fieldsets = (
        (None, {"fields": ("contact_lists",)}),
        ("Or upload a list here", {"fields": ("file", ("list_name", "region"))}),
        (MORE, {"classes": ("collapse",), "fields": ("suppression_lists",)}),
    )

    file = forms.FileField(
        label="File",
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
        help_text="CSV or Excel. The first row names the columns; every column becomes a variable of the contact.",
    )
    list_name = forms.CharField(
        label="Name of the new list",
        required=False,
        max_length=150,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Empty: as the campaign.",
    )
    region = CountryField(
        label="Country of its numbers",
        help_text="Of those without a country code. Empty: such numbers are refused.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["contact_lists"].required = False

    def clean_region(self) -> str:
        """Refuse what is no country."""
        code = str(self.cleaned_data["region"])
        if code:
            ContactList._meta.get_field("default_region").run_validators(code)
        return code

    def clean_list_name(self) -> str:
        """Refuse the name of a list that there is, where one is made."""
        name = str(self.cleaned_data["list_name"]).strip() or self.instance.name
        if self.cleaned_data.get("file") and ContactList.objects.filter(name=name).exists():
            raise ValidationError(f"There is a list “{name}” already: give this one another name.")
        return name

    def clean(self) -> dict[str, Any]:
        """Ask for one of both."""
        super().clean()
        if not self.errors and not self.cleaned_data.get("contact_lists") and not self.cleaned_data.get("file"):
            self.add_error("contact_lists", "Choose a list, or upload one below.")
        return self.cleaned_data


class WhenForm(StepForm):
    """Hours, by whose clock, and the country's rules."""

    step, title = "when", "When"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("time_zone", "hours_follow"),
                    "windows",
                    ("holiday_country", "holiday_subdivision"),
                    ("profile", "purpose"),
                )
            },
        ),
        (
            MORE,
            {
                "classes": ("collapse",),
                "fields": ("blackout_dates", "open_dates", "starts_at", "ends_at", "run_cron", "is_standing"),
            },
        ),
    )


class HowForm(StepForm):
    """Lines, limits and retries; brakes and words folded away."""

    step, title = "how", "How"
    fieldsets = (
        (None, {"fields": ("dids", "agents", "max_live_calls", "max_attempts", "retry_rules", "caps")}),
        (
            MORE,
            {
                "classes": ("collapse",),
                "fields": (
                    "minimum_gap_seconds",
                    "did_groups",
                    ("did_rotation", "weight"),
                    ("pause_share_percent", "pause_window_seconds"),
                    ("pause_minimum_calls", "pause_lost_percent"),
                    "abandon_share_percent",
                    "opt_out_words",
                    "hear_refusals",
                    ("callback_words", "callback_after_seconds"),
                    ("fallback_account", "fallback_template"),
                    "runs_on",
                ),
            },
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        campaign = self.instance
        if campaign.pk and not (campaign.dids.exists() or campaign.did_groups.exists()):
            self.initial["dids"] = list(campaign.account.dids.filter(is_active=True))


FORMS: Mapping[str, type[StepForm]] = {form.step: form for form in (WhatForm, WhomForm, WhenForm, HowForm)}
