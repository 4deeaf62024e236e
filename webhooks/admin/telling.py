"""Subscriptions and deliveries in the admin."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

import orjson
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from dialer.admin.base import BigTable, ReadOnly
from dialer.admin.ruled import action, own_view
from dialer.admin.typed import ModelAdmin, display
from dialer.shown_addresses import shown_address
from webhooks.acts import CHANGE_SUBSCRIPTIONS
from webhooks.admin.replaying import ReplayForm, tell_again
from webhooks.admin.subscription_form import SubscriptionForm
from webhooks.models import Delivery, Subscription
from webhooks.telling.replaying import UnableToReplay, send_again
from webhooks.telling.subscribing import begin, renew_secret, revive, try_now
from webhooks.telling.trying import latest_result, preview, send_test

#: Inputs of how a subscriber is told, besides where.
HOW = (
    "method", "headers", "token", "oauth_token_url", "oauth_client_id", "oauth_client_secret", "oauth_scope",
    "batch_size", "key_map",
)  # fmt: skip
#: Of a reply, in the list.
SHOWN_CHARACTERS = 100
TONES = {"WAITING": "info", "DELIVERED": "success", "GIVEN_UP": "danger"}


@admin.register(Subscription)
class SubscriptionAdmin(ModelAdmin[Subscription]):
    """Subscriptions."""

    empty_hint = "An address of yours that is told of results, opt-outs and notices as they come."
    form = SubscriptionForm
    change_form_outer_after_template = "admin/campaigns/ask.html"
    list_display = ("name", "address", "is_active", "told_at", "failing_since", "problem")
    search_fields = ("name",)
    search_help_text = "Name"
    readonly_fields = (
        "address", "preview", "position", "replay_after", "replay_until", "told_at", "failing_since", "failures",
        "next_try_at", "problem", "switched_off_at", "missed_after",
    )  # fmt: skip
    autocomplete_fields = ("campaigns",)
    actions = ("test_selected", "test_result_selected", "revive_selected", "renew_selected", "end_old_selected")
    most_at_once: ClassVar[Mapping[str, int]] = {
        "test_selected": 20,
        "test_result_selected": 20,
        "renew_selected": 20,
        "end_old_selected": 20,
    }

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show what it would be told, and how far it has been told, once it is there."""
        whole = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        sets: list[Any] = [
            (None, {"fields": ("name", "url" if whole else "address", "kinds", "campaigns", "is_active")}),
            ("How it is told", {"fields": HOW, "classes": ["collapse"]}),
        ]
        if not obj:
            return sets
        shown = [("What it would be told of the latest result", {"fields": ("preview",)})] if whole else []
        return [*sets, *shown, ("So far", {"fields": self.readonly_fields[2:]})]

    def get_urls(self) -> list[URLPattern]:
        """Add the address of the form by which a part of the feed is told again."""
        view = own_view(require_POST(tell_again), act=CHANGE_SUBSCRIPTIONS)
        return [path("<int:pk>/replay/", view, name="webhooks_subscription_replay"), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Add that form, for those who may change subscriptions."""
        subscription = context["original"]
        if subscription is not None and CHANGE_SUBSCRIPTIONS.may(request.user):
            context["ask_form"] = ReplayForm(initial={"after": subscription.missed_after})
            context["ask_title"], context["ask_label"] = "Tell a part of the feed again", "Tell again"
            context["ask_url"] = reverse("admin:webhooks_subscription_replay", args=[subscription.pk])
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description="Preview, as it is saved")
    def preview(self, subscription: Subscription) -> str:
        """Return what would be sent."""
        found = preview(subscription=subscription, key_map=subscription.key_map, entry=None, now=timezone.now())
        body = orjson.dumps(orjson.loads(found.body), option=orjson.OPT_INDENT_2).decode()
        return format_html('<pre class="d-code" tabindex="0" role="group">{}</pre>', body)

    @display(description="URL")
    def address(self, subscription: Subscription) -> str:
        """Return where it is told, without what may be a secret in it."""
        return shown_address(subscription.url)

    def save_model(self, request: HttpRequest, obj: Subscription, form: Any, change: bool) -> None:
        """Begin at the end of the feed when it is new or switched on, and show a new one's secret, this once."""
        revives = change and obj.is_active and "is_active" in form.changed_data
        # Reviving looks at how it went off, and switches it on itself.
        obj.is_active = obj.is_active and not revives
        super().save_model(request, obj, form, change)
        if change and set(form.changed_data) & {"url", *HOW}:
            try_now(obj)
        if revives:
            self._revive(request, obj)
        if not change:
            self._show(request, begin(obj))

    @action(description="Send a test", act=CHANGE_SUBSCRIPTIONS)
    def test_selected(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        """Send a test to each."""
        for subscription in queryset:
            self._test(request, subscription, entry=None)

    @action(description="Send the latest result as a test", act=CHANGE_SUBSCRIPTIONS)
    def test_result_selected(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        """Send the latest result to each, as it would be told."""
        entry = latest_result()
        if entry is None:
            messages.info(request, "There is no result yet.")
            return
        for subscription in queryset:
            self._test(request, subscription, entry=entry)

    @staticmethod
    def _test(request: HttpRequest, subscription: Subscription, *, entry: int | None) -> None:
        delivery = send_test(subscription=subscription, now=timezone.now(), entry=entry)
        said = f" It said: {delivery.reply}" if delivery.reply else ""
        if delivery.problem:
            messages.error(request, f"{subscription}: {delivery.problem}.{said}")
        else:
            messages.success(request, f"{subscription} took the test: it answered {delivery.status_code}.{said}")

    @action(description="Switch on again", act=CHANGE_SUBSCRIPTIONS)
    def revive_selected(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        """Revive each that is off."""
        off = list(queryset.filter(is_active=False))
        for subscription in off:
            self._revive(request, subscription)
        if not off:
            messages.info(request, "None of them is switched off.")

    @staticmethod
    def _revive(request: HttpRequest, subscription: Subscription) -> None:
        missed = revive(subscription).missed_after
        text = f"{subscription} is told again from now on. What it missed: GET /api/v1/results/?after={missed}"
        messages.success(request, text)

    @action(description="Replace the secret; the old one signs for another day", act=CHANGE_SUBSCRIPTIONS)
    def renew_selected(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        """Give each another secret, and show it."""
        for subscription in queryset:
            self._show(request, renew_secret(subscription, now=timezone.now()))

    @action(description="Replace the secret; the old one ends now", act=CHANGE_SUBSCRIPTIONS)
    def end_old_selected(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        """Give each another secret at once: the old one is known to others."""
        for subscription in queryset:
            self._show(request, renew_secret(subscription, now=timezone.now(), overlap=timedelta()))

    @staticmethod
    def _show(request: HttpRequest, subscription: Subscription) -> None:
        messages.warning(request, f"The secret of {subscription}, shown only now: {subscription.secret['secret']}")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, BigTable, ModelAdmin[Delivery]):
    """Deliveries."""

    empty_hint = "What was told to whom, once there are subscriptions."
    list_display = (
        "delivery", "subscription", "told", "state_label", "tries", "status_code", "said", "took_ms", "last_tried_at",
    )  # fmt: skip
    list_filter = (("subscription", AutocompleteSelectFilter), ("state", ChoicesDropdownFilter))
    list_filter_submit = True
    list_select_related = ("subscription", "entry")
    actions = ("send_selected_again",)
    fields = (
        "subscription", "entry", "event_id", "state", "tries", "next_try_at", "last_tried_at", "status_code", "took_ms",
        "problem", "reply", "created_at", "delivered_at",
    )  # fmt: skip

    @display(description="Delivery")
    def delivery(self, delivery: Delivery) -> str:
        """Return its id."""
        return f"#{delivery.pk}"

    @display(description="Told of")
    def told(self, delivery: Delivery) -> str:
        """Return what it tells."""
        return str(delivery.entry) if delivery.entry else "Test"

    @display(description="State", label=TONES)
    def state_label(self, delivery: Delivery) -> tuple[str, str]:
        """Return the state with its colour."""
        return delivery.state, delivery.get_state_display()

    @display(description="What came back")
    def said(self, delivery: Delivery) -> str:
        """Return what was wrong, and how the reply began."""
        return " · ".join(part for part in (delivery.problem, delivery.reply[:SHOWN_CHARACTERS]) if part) or "-"

    @action(description="Send again", act=CHANGE_SUBSCRIPTIONS)
    def send_selected_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Let each wait again, whatever became of it."""
        again = 0
        for delivery in queryset.order_by("id"):
            try:
                send_again(delivery_id=delivery.pk, now=timezone.now())
            except UnableToReplay as error:
                messages.error(request, f"#{delivery.pk}: {error}")
            else:
                again += 1
        if again:
            messages.success(request, f"{again} sent again.")
