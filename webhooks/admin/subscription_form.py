"""The form of a subscription: kinds to tick, secrets that are never echoed, and the names that a subscriber wants."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminTextareaWidget,
)

from campaigns.models import FeedKind
from webhooks.models import Subscription, every_kind

#: Entered in place of a secret that is to go.
REMOVE = "-"
_KEEP = f"Never shown. Left empty it stays; {REMOVE} removes it."


def _secret(label: str, said: str) -> forms.CharField:
    widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}, render_value=False)
    return forms.CharField(label=label, required=False, widget=widget, help_text=f"{said} {_KEEP}".strip())


class SubscriptionForm(forms.ModelForm[Subscription]):
    """What the page of a subscription takes."""

    kinds = forms.MultipleChoiceField(
        label="Told of",
        choices=FeedKind.choices,
        initial=every_kind,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    headers = _secret("Headers", 'Sent with each request: {"X-Api-Key": "…"}.')
    token = _secret("Token", "Sent as “Authorization: Bearer …”.")
    oauth_client_secret = _secret("OAuth client secret", "")
    key_map = forms.JSONField(
        required=False,
        widget=UnfoldAdminTextareaWidget(),
        help_text='Your names for what is told: {"phone": "{{lead.number}}", "plan": "{{crm.plan}}"}. Empty: ours.',
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("headers", "token", "oauth_client_secret"):
            self.initial[name] = ""

    def clean_headers(self) -> Any:
        """Return the headers, or what is stored."""
        given = self.cleaned_data["headers"].strip()
        if given in {"", REMOVE}:
            return self._kept("headers") if not given else {}
        try:
            return json.loads(given)
        except ValueError as error:
            raise forms.ValidationError('Enter an object: {"X-Api-Key": "…"}.') from error

    def clean_token(self) -> Any:
        """Return the token, or what is stored."""
        return self._secret("token")

    def clean_oauth_client_secret(self) -> Any:
        """Return the client secret, or what is stored."""
        return self._secret("oauth_client_secret")

    def _secret(self, name: str) -> Any:
        given = self.cleaned_data[name]
        if given == REMOVE:
            return ""
        return given or self._kept(name)

    def _kept(self, name: str) -> Any:
        # As it is in the row, sealed: keeping a secret needs no key.
        return self.instance.__dict__[name]
