"""The page that opens the sandbox account of a provider."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from unfold.widgets import UnfoldAdminSelectWidget

from dialer import providers
from dialer.accounts.sandbox import open_sandbox
from dialer.acts.telephone import OPEN_SANDBOX
from dialer.admin.pages import ask_page
from dialer.admin.ruled import own_view
from dialer.models import ProviderAccount

NOTES = (
    "Nobody is called by it: this installation plays the provider itself. There is nothing to enter, and it comes with "
    "numbers and agents of its own.",
    "Its campaigns, calls and results are marked SANDBOX. They count for no person, and are told to no subscriber.",
)


class SandboxForm(forms.Form):
    """Whose API is played."""

    provider = forms.ChoiceField(
        label="Like an account at", choices=providers.choices, widget=UnfoldAdminSelectWidget(), required=True
    )


def sandbox_urls() -> list[URLPattern]:
    """Return the address of the page."""
    return [path("sandbox/", own_view(sandbox_page, act=OPEN_SANDBOX), name="dialer_provideraccount_sandbox")]


def sandbox_page(request: HttpRequest) -> HttpResponse:
    """Ask which provider is played; lead to the account."""
    form = SandboxForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        account = open_sandbox(provider=form.cleaned_data["provider"])
        messages.success(request, f"{account.name} is there. Nobody is called by it.")
        return redirect("admin:dialer_provideraccount_change", account.pk)
    title, label = "Sandbox: nobody is called", "Open the sandbox account"
    back = reverse("admin:dialer_provideraccount_changelist")
    return ask_page(request, form=form, title=title, label=label, back=back, model=ProviderAccount, notes=NOTES)
