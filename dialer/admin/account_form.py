"""The form of a provider account: one input for each credential and setting that the provider declares."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from unfold.widgets import UnfoldAdminSelectWidget

from dialer import providers
from dialer.accounts.moving import moved_problem, secrets_to_enter
from dialer.admin.declared import Declared, declare, take
from dialer.admin.places import ZoneField
from dialer.models import ProviderAccount

OWNERS = ("credentials", "settings")
#: So many labels are shown beside an input.
MOST_NAMED = 30


def inputs_of(slug: str) -> list[Declared]:
    """Return the inputs of an account at the provider ``slug``."""
    api = providers.get(slug)
    declared: list[Declared] = []
    for owner, fields in zip(OWNERS, (api.credential_fields, api.setting_fields), strict=True):
        declared += declare(prefix=f"{slug}__{owner}", owner=owner, fields=fields)
    return declared


class AccountForm(forms.ModelForm[ProviderAccount]):
    """Writes credentials and settings from the inputs of the chosen provider; secrets are never shown again."""

    time_zone = ZoneField(initial="UTC", help_text="Zone of times that the provider sends without one.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "base_url" in self.fields:
            self.fields["base_url"].required = False
            self.fields["base_url"].help_text = "Address of the provider's API. Empty: the provider's usual address."

    def clean(self) -> dict[str, Any]:
        """Put what was entered into the instance, each problem at its input."""
        super().clean()
        slug = self.cleaned_data.get("provider") or self.instance.provider
        if self.instance.is_sandbox:
            return self.cleaned_data  # its address and secrets are made up, and never entered
        if slug in providers.slugs():
            self.cleaned_data["base_url"] = self.cleaned_data.get("base_url") or providers.get(slug).default_base_url
            if not self.cleaned_data["base_url"] and "base_url" not in self.errors:
                self.add_error(
                    "base_url", f"{providers.get(slug).name} has no usual address: enter that of your server."
                )
            declared = inputs_of(slug)
            self._keep_secrets_at_home(declared)
            for owner in OWNERS:
                if owner == "credentials" and self.instance.unreadable_credentials:
                    if not self._entered(owner, declared):
                        continue  # what no key opens stays as it is
                    self.instance.credentials = {}
                values = take(form=self, inputs=[one for one in declared if one.owner == owner])
                setattr(self.instance, owner, values)
        return self.cleaned_data

    def _keep_secrets_at_home(self, declared: list[Declared]) -> None:
        """Refuse to move stored secrets to another host; at this point the instance is as it is stored."""
        if self.instance._state.adding:
            return
        base_url = self.cleaned_data.get("base_url") or self.instance.base_url
        entered = {one.field.name for one in declared if self.cleaned_data.get(one.input) not in (None, "")}
        if missing := secrets_to_enter(account=self.instance, base_url=base_url, entered=entered):
            for one in declared:
                if one.field.name in missing:
                    self.add_error(one.input, moved_problem(missing))

    def _entered(self, owner: str, declared: list[Declared]) -> bool:
        """Return whether anything was entered for ``owner``."""
        return any(self.cleaned_data.get(one.input) not in (None, "") for one in declared if one.owner == owner)

    def _update_errors(self, errors: ValidationError) -> None:
        """Drop the model's words on whole JSON fields where the inputs have said it already."""
        drop_owned(errors, owners=OWNERS, said=bool(self.errors))
        super()._update_errors(errors)  # type: ignore[misc]


def stored_of(account: ProviderAccount, owner: str) -> dict[str, Any]:
    """Return what an account has stored of its credentials or settings; nothing where no key opens it."""
    found: dict[str, Any] = account.stored_credentials if owner == "credentials" else account.settings
    return found


def drop_owned(errors: ValidationError, *, owners: Iterable[str], said: bool) -> None:
    """Move the errors of JSON fields without an input of their own to the top of the form, or drop them if ``said``."""
    if not hasattr(errors, "error_dict"):
        return
    for owner in owners:
        problems = errors.error_dict.pop(owner, [])
        if problems and not said:
            errors.error_dict.setdefault(NON_FIELD_ERRORS, []).extend(problems)


def _read_there(account: ProviderAccount, declared: Declared) -> str:
    """Return what was read of the account's labels, for an input that names them."""
    if not declared.field.picks:
        return ""
    items = account.synced_items.filter(kind=declared.field.picks, is_gone=False)
    named = ", ".join(f"{item.name} = {item.external_id}" for item in items[:MOST_NAMED])
    return f"Read there: {named}." if named else "Sync the account to see its labels here."


def account_form(account: ProviderAccount | None) -> type[AccountForm]:
    """Return the form class for ``account``, or for a new one: then with the inputs of every provider."""
    slugs = [account.provider] if account else list(providers.slugs())
    attributes: dict[str, Any] = {}
    for slug in slugs:
        for declared in inputs_of(slug) if slug in providers.slugs() else []:
            stored, hint = (stored_of(account, declared.owner), _read_there(account, declared)) if account else ({}, "")
            attributes[declared.input] = declared.form_field(stored, hint=hint)
    if account is None:
        defaults = {slug: providers.get(slug).default_base_url for slug in slugs}
        attributes["provider"] = forms.ChoiceField(
            choices=[("", "Choose a provider"), *providers.choices()],
            widget=UnfoldAdminSelectWidget(attrs={"data-default-urls": json.dumps(defaults)}),
        )
    return type("AccountForm", (AccountForm,), attributes)
