"""The form of a subscription: kinds to tick, secrets that are never echoed, and the names that a subscriber wants."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from campaigns.models import FeedKind
from dialer.admin.typed_secrets import TypedSecretInput
from dialer.encryption import UndecryptableError
from webhooks.admin.header_rows import UNREADABLE, headers_field
from webhooks.admin.key_map_rows import key_map_field
from webhooks.models import Subscription, every_kind

#: Entered in place of a secret that is to go.
REMOVE = "-"
_KEEP = f"Never shown. Left empty it stays; {REMOVE} removes it."


def _secret(label: str, said: str) -> forms.CharField:
    widget = TypedSecretInput(attrs={"autocomplete": "new-password"}, render_value=False)
    return forms.CharField(label=label, required=False, widget=widget, help_text=f"{said} {_KEEP}".strip())


class SubscriptionForm(forms.ModelForm[Subscription]):
    """What the page of a subscription takes."""

    kinds = forms.MultipleChoiceField(
        label="Told of",
        choices=FeedKind.choices,
        initial=every_kind,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    headers = headers_field(
        label="Headers", help_text="Sent with each request. A value is never shown again: left empty it stays."
    )
    token = _secret("Token", "Sent as “Authorization: Bearer …”.")
    oauth_client_secret = _secret("OAuth client secret", "")
    key_map = key_map_field(
        label="Your names",
        help_text="For what is told, such as phone for {{lead.number}}, or plan for {{crm.plan}}, which is a contact's "
        "own variable. A name may stand inside another (customer.phone) or in a list (tags[0]). None: ours.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("token", "oauth_client_secret"):
            self.initial[name] = ""
        self.initial["headers"] = self._stored_headers()

    def _stored_headers(self) -> list[Any]:
        """Return the rows of what is stored: names, as values are shown no more."""
        try:
            return [[name, ""] for name in sorted(self.instance.headers)]
        except UndecryptableError:
            return [UNREADABLE]

    def clean_headers(self) -> Any:
        """Return the headers: those that were entered, and the stored ones that nobody touched."""
        given = self.cleaned_data["headers"]
        if given == [UNREADABLE]:
            return self._kept("headers")
        if UNREADABLE in given:
            raise forms.ValidationError("Remove the row that cannot be read, and enter all headers anew.")
        needed = {name for name, value in given if not value}
        stored = self.instance.headers if needed else {}
        if gone := sorted(needed - stored.keys()):
            raise forms.ValidationError(f"Enter the value of {gone[0]}: it was removed meanwhile.")
        return {name: value or stored[name] for name, value in given}

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
