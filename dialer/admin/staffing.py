"""Agents at their provider: pages that add them, and buttons that enable, disable and let them expire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from dialer.accounts.staffing import (
    UnableToStaff,
    add_agent,
    add_extension,
    expire_agent,
    is_switched_there,
    staff_of,
    switch_agent,
)
from dialer.acts.telephone import CHANGE_AGENTS, HIRE
from dialer.admin.base import NoBulkDelete
from dialer.admin.pages import ask_page, say_at
from dialer.admin.ruled import action, own_view
from dialer.models import DID, ProviderAccount
from dialer.models.agents import Agent
from dialer.numbers import NumberProblem, normalise
from dialer.providers.parts.staff import NewExtension, Staff

#: So many are switched in one go: each takes as long as its provider takes to answer.
AT_ONCE = 20


def _text(label: str, *, kind: str = "text", **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=100, widget=UnfoldAdminTextInputWidget(attrs={"type": kind}), **more)


class _PersonForm(forms.Form):
    """What agents and extensions have in common."""

    password = forms.CharField(max_length=100, widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}))

    def __init__(self, *args: Any, staff: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rule = staff.password_rule
        self.fields["password"].help_text = f"{rule} It goes to the provider and is not kept here."

    def clean_phone(self) -> str | None:
        """Return the phone in E.164 form."""
        if not self.cleaned_data["phone"]:
            return None
        number = normalise(self.cleaned_data["phone"], region="IN")
        if isinstance(number, NumberProblem):
            raise forms.ValidationError(number.message)
        return number


class AgentForm(_PersonForm):
    """A new agent with a login."""

    name = _text("Name")
    email = forms.EmailField(label="Email", widget=UnfoldAdminTextInputWidget(attrs={"type": "email"}))
    phone = _text("Phone", kind="tel")
    field_order = ("name", "email", "phone", "password")


class ExtensionForm(_PersonForm):
    """A new group extension with its user."""

    ext_no = _text("Extension")
    name = _text("Name")
    did = forms.ModelChoiceField(label="DID", queryset=DID.objects.none(), widget=UnfoldAdminSelectWidget())
    recording_id = _text("Recording ID", help_text="From the provider's dashboard; the document says no more of it.")
    call_forwarding = forms.BooleanField(label="Call forwarding", required=False, widget=UnfoldBooleanSwitchWidget())
    connection = forms.BooleanField(
        label="Connection", required=False, initial=True, widget=UnfoldBooleanSwitchWidget()
    )
    expires_on = forms.DateField(
        label="Last day", required=False, widget=UnfoldAdminTextInputWidget(attrs={"type": "date"})
    )
    email = forms.EmailField(label="Email", required=False, widget=UnfoldAdminTextInputWidget(attrs={"type": "email"}))
    phone = _text("Phone", kind="tel", required=False)
    field_order = ("ext_no", "name", "did", "password", "recording_id", "call_forwarding", "connection")

    def __init__(self, *args: Any, account: ProviderAccount, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["did"].queryset = DID.objects.filter(account=account)  # type: ignore[attr-defined]


class LastDayForm(forms.Form):
    """The last day on which an agent takes calls."""

    expires_on = forms.DateField(
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date", "aria-label": "Last day", "style": "width: 12rem"})
    )


class AccountStaffing(NoBulkDelete):
    """Mixin of the account pages: who may change an account and add agents may add them at the provider."""

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the pages."""
        agent, extension = (own_view(view, act=HIRE) for view in (self.agent_page, self.extension_page))
        return [
            path("<int:pk>/add-agent/", agent, name="dialer_add_agent"),
            path("<int:pk>/add-extension/", extension, name="dialer_add_extension"),
            *super().get_urls(),
        ]

    def agent_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for an agent and add it."""
        account, staff = self._staffed(pk)
        form = AgentForm(request.POST or None, staff=staff)
        return _add(request, form, f"Add an agent at {account}", lambda given: add_agent(account=account, **given))

    def extension_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for an extension and add it."""
        account, staff = self._staffed(pk)
        form = ExtensionForm(request.POST or None, staff=staff, account=account)

        def add(given: dict[str, Any]) -> Agent:
            did, email = given.pop("did"), given.pop("email") or None
            wanted = NewExtension(extension=given.pop("ext_no"), did=did.number, email=email, **given)
            return add_extension(account=account, wanted=wanted)

        return _add(request, form, f"Add an extension at {account}", add)

    @staticmethod
    def _staffed(pk: int) -> tuple[ProviderAccount, Staff]:
        account = get_object_or_404(ProviderAccount, pk=pk)
        try:
            return account, staff_of(account)
        except UnableToStaff as error:
            raise Http404(error.reason) from error


def _add(request: HttpRequest, form: forms.Form, title: str, add: Callable[[dict[str, Any]], Agent]) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            made = add(dict(form.cleaned_data))
        except UnableToStaff as error:
            say_at(form, field=error.field, reason=error.reason)
        else:
            messages.success(request, f"{made} is there, with extension {made.address}. Choose it in campaigns.")
            return HttpResponseRedirect(reverse("admin:dialer_agent_change", args=[made.pk]))
    back = reverse("admin:dialer_agent_changelist")
    return ask_page(request, form=form, title=title, label="Add at the provider", back=back, model=Agent)


class AgentStaffing(NoBulkDelete):
    """Mixin of the agents' pages: who may change agents may switch them at the provider."""

    actions = ("enable_there", "disable_there")
    most_at_once: ClassVar[Mapping[str, int]] = {"enable_there": AT_ONCE, "disable_there": AT_ONCE}
    change_form_outer_after_template = "admin/dialer/agent_tools.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the buttons."""
        switch, expire = (own_view(require_POST(view), act=CHANGE_AGENTS) for view in (self.switch, self.expire))
        return [
            path("<int:pk>/enable/", switch, {"is_enabled": True}, name="dialer_agent_enable"),
            path("<int:pk>/disable/", switch, {"is_enabled": False}, name="dialer_agent_disable"),
            path("<int:pk>/expire/", expire, name="dialer_agent_expire"),
            *super().get_urls(),
        ]

    @action(description="Enable at the provider", act=CHANGE_AGENTS)
    def enable_there(self, request: HttpRequest, queryset: QuerySet[Agent]) -> None:
        """Enable the selected agents."""
        self._switch_all(request, queryset, is_enabled=True)

    @action(description="Disable at the provider", act=CHANGE_AGENTS)
    def disable_there(self, request: HttpRequest, queryset: QuerySet[Agent]) -> None:
        """Disable the selected agents."""
        self._switch_all(request, queryset, is_enabled=False)

    def _switch_all(self, request: HttpRequest, queryset: QuerySet[Agent], *, is_enabled: bool) -> None:
        for agent in queryset.select_related("account").order_by("id"):
            _say(request, partial(switch_agent, agent=agent, is_enabled=is_enabled, now=timezone.now()))

    def switch(self, request: HttpRequest, pk: int, is_enabled: bool) -> HttpResponse:
        """Enable or disable one agent."""
        agent = self._agent(pk)
        _say(request, partial(switch_agent, agent=agent, is_enabled=is_enabled, now=timezone.now()))
        return HttpResponseRedirect(reverse("admin:dialer_agent_change", args=[pk]))

    def expire(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Set the last day of one agent."""
        agent = self._agent(pk)
        form = LastDayForm(request.POST)
        if form.is_valid():
            _say(request, partial(expire_agent, agent=agent, now=timezone.now(), **form.cleaned_data))
        else:
            messages.error(request, "Enter the last day.")
        return HttpResponseRedirect(reverse("admin:dialer_agent_change", args=[pk]))

    @staticmethod
    def _agent(pk: int) -> Agent:
        return get_object_or_404(Agent.objects.select_related("account"), pk=pk)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Offer the buttons where the provider switches agents, to those who may change them."""
        agent = context.get("original")
        if isinstance(agent, Agent) and is_switched_there(agent):
            context["last_day"] = LastDayForm() if self.has_change_permission(request, agent) else None
        return super().render_change_form(request, context, *args, **kwargs)


def _say(request: HttpRequest, work: Callable[[], str]) -> None:
    try:
        messages.success(request, work())
    except UnableToStaff as error:
        (messages.warning if error.may_be_done else messages.error)(request, error.reason)
