"""Text templates: written here, approved by the provider."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from dialer import providers
from dialer.accounts.texts import UnableToSubmit, look_again, submit_text
from dialer.acts.telephone import ADD_TEXT, DELETE_TEXT, SEND_TEXT
from dialer.admin.base import ReadOnly
from dialer.admin.pages import ask_page, say_at
from dialer.admin.ruled import own_view, refuse_unless
from dialer.admin.typed import ModelAdmin, display
from dialer.models import ProviderAccount
from dialer.models.texts import TextState, TextTemplate, standing_words

NOTES = (
    "The provider approves each text; until then no campaign speaks it. No operation changes a text that is there: "
    "write another one, under another name.",
)
TONES = {"At the provider": "success", "Refused": "danger", "Not known whether it arrived": "warning"}


class TextForm(forms.Form):
    """A text for the provider to approve."""

    account = forms.ModelChoiceField(
        queryset=ProviderAccount.objects.none(),
        widget=UnfoldAdminSelectWidget(),
        help_text="Accounts at providers that have text templates. None here? Add an account at one first.",
    )
    name = forms.CharField(
        max_length=120, widget=UnfoldAdminTextInputWidget(), help_text="What calls name it by, e.g. order_confirm."
    )
    text = forms.CharField(
        max_length=4000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
        help_text="What is spoken. Places for variables as the provider writes them, e.g. Dear {name}.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        able = ProviderAccount.objects.filter(provider__in=providers.able("texts"), is_active=True)
        self.fields["account"].queryset = able  # type: ignore[attr-defined]


@admin.register(TextTemplate)
class TextTemplateAdmin(ReadOnly, ModelAdmin[TextTemplate]):
    """Texts that were sent to providers, with their approval."""

    list_display = ("name", "account", "state_label", "approval", "asked_at", "asked_by", "problem")
    list_filter = (("account", AutocompleteSelectFilter),)
    list_select_related = ("account",)
    search_fields = ("name", "text")
    search_help_text = "Name or words"
    list_per_page = 50
    fields = ("name", "account", "text", "state", "approval", "problem", "asked_at", "asked_by")
    change_form_outer_after_template = "admin/dialer/text_tools.html"
    asks_outside = ("add",)

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Allow those who may add texts."""
        return ADD_TEXT.may(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse while it is, or may be, at the provider."""
        gone = obj is not None and obj.state == TextState.REFUSED
        return gone and DELETE_TEXT.may(request.user)

    def get_queryset(self, request: HttpRequest) -> QuerySet[TextTemplate]:
        """Read the approval with the rows."""
        rows: Any = super().get_queryset(request)
        return rows.with_listing()  # type: ignore[no-any-return]

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the buttons."""
        again, look = (own_view(require_POST(view), act=SEND_TEXT) for view in (self.send_again, self.look))
        return [
            path("<int:pk>/send-again/", again, name="dialer_text_send_again"),
            path("<int:pk>/look/", look, name="dialer_text_look"),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask for a text and send it; what the provider says against it is shown at its input."""
        refuse_unless(ADD_TEXT, request)
        form = TextForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                made = submit_text(now=timezone.now(), by=request.user.get_username(), **form.cleaned_data)
            except UnableToSubmit as error:
                say_at(form, field=error.field, reason=error.reason)
            else:
                messages.success(request, f"{made.name} is at the provider: {approval_of(made).lower()}.")
                return HttpResponseRedirect(reverse("admin:dialer_texttemplate_change", args=[made.pk]))
        back = reverse("admin:dialer_texttemplate_changelist")
        return ask_page(
            request,
            form=form,
            title="New text template",
            label="Send for approval",
            back=back,
            model=TextTemplate,
            notes=NOTES,
        )

    def send_again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send a text that was refused, or may not have arrived, once more; the provider's list is read first."""
        made = self._text(pk)
        by = request.user.get_username()
        return self._after(
            request,
            pk,
            lambda: submit_text(account=made.account, name=made.name, text=made.text, now=timezone.now(), by=by),
        )

    def look(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Read the provider's list of templates."""
        made = self._text(pk)
        return self._after(request, pk, lambda: look_again(made=made, now=timezone.now()))

    def _after(self, request: HttpRequest, pk: int, work: Callable[[], TextTemplate]) -> HttpResponse:
        try:
            messages.info(request, f"{approval_of(work())}.")
        except UnableToSubmit as error:
            messages.error(request, error.reason)
        return HttpResponseRedirect(reverse("admin:dialer_texttemplate_change", args=[pk]))

    @staticmethod
    def _text(pk: int) -> TextTemplate:
        return get_object_or_404(TextTemplate.objects.select_related("account"), pk=pk)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Offer the buttons to those who may send texts."""
        made = context.get("original")
        if isinstance(made, TextTemplate):
            context["may_send"] = SEND_TEXT.may(request.user)
            context["may_send_again"] = made.state != TextState.SENT
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description="State", label=TONES)
    def state_label(self, made: TextTemplate) -> str:
        """Return the state in words."""
        return made.get_state_display()

    @display(description="Approval")
    def approval(self, made: Any) -> str:
        """Return what the provider says, as last read."""
        return standing_words(made.listed_as, is_gone=made.listed_gone)


def approval_of(made: TextTemplate) -> str:
    """Return what the provider says of one text, as last read."""
    found: Any = TextTemplate.objects.with_listing().get(pk=made.pk)
    return standing_words(found.listed_as, is_gone=found.listed_gone)
