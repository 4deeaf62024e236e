"""Subscriptions and deliveries in the admin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from campaigns.models import FeedKind
from dialer.admin.base import BigTable, ReadOnly
from dialer.admin.ruled import action
from dialer.admin.typed import ModelAdmin, display
from dialer.shown_addresses import shown_address
from webhooks.acts import CHANGE_SUBSCRIPTIONS
from webhooks.models import Delivery, Subscription, every_kind
from webhooks.telling.subscribing import begin, renew_secret, revive, test, try_now

TONES = {"WAITING": "info", "DELIVERED": "success", "GIVEN_UP": "danger"}


class SubscriptionForm(forms.ModelForm[Subscription]):
    """The kinds are boxes to tick."""

    kinds = forms.MultipleChoiceField(
        label="Told of",
        choices=FeedKind.choices,
        initial=every_kind,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )


@admin.register(Subscription)
class SubscriptionAdmin(ModelAdmin[Subscription]):
    """Subscriptions."""

    empty_hint = "An address of yours that is told of results, opt-outs and notices as they come."
    form = SubscriptionForm
    list_display = ("name", "address", "is_active", "told_at", "failing_since", "problem")
    search_fields = ("name",)
    search_help_text = "Name"
    readonly_fields = (
        "address", "position", "told_at", "failing_since", "failures", "next_try_at", "problem", "switched_off_at",
        "missed_after",
    )  # fmt: skip
    autocomplete_fields = ("campaigns",)
    actions = ("test_selected", "revive_selected", "renew_selected")
    most_at_once: ClassVar[Mapping[str, int]] = {"test_selected": 20, "renew_selected": 20}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show how far it has been told, once it is there."""
        whole = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        sets = [(None, {"fields": ("name", "url" if whole else "address", "kinds", "campaigns", "is_active")})]
        return [*sets, ("So far", {"fields": self.readonly_fields[1:]})] if obj else sets

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
        if change and "url" in form.changed_data:
            try_now(obj)
        if revives:
            self._revive(request, obj)
        if not change:
            self._show(request, begin(obj))

    @action(description="Send a test", act=CHANGE_SUBSCRIPTIONS)
    def test_selected(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        """Send a test to each."""
        for subscription in queryset:
            delivery = test(subscription=subscription, now=timezone.now())
            if delivery.problem:
                messages.error(request, f"{subscription}: {delivery.problem}")
            else:
                messages.success(request, f"{subscription} took the test: it answered {delivery.status_code}.")

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

    @action(description="Replace the secret", act=CHANGE_SUBSCRIPTIONS)
    def renew_selected(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        """Give each another secret, and show it."""
        for subscription in queryset:
            self._show(request, renew_secret(subscription))

    @staticmethod
    def _show(request: HttpRequest, subscription: Subscription) -> None:
        messages.warning(request, f"The secret of {subscription}, shown only now: {subscription.secret['secret']}")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, BigTable, ModelAdmin[Delivery]):
    """Deliveries."""

    empty_hint = "What was told to whom, once there are subscriptions."
    list_display = ("delivery", "subscription", "state_label", "tries", "status_code", "problem", "created_at")
    list_filter = (("subscription", AutocompleteSelectFilter), ("state", ChoicesDropdownFilter))
    list_filter_submit = True
    list_select_related = ("subscription",)
    fields = (
        "subscription", "entry", "event_id", "state", "tries", "next_try_at", "status_code", "problem", "created_at",
        "delivered_at",
    )  # fmt: skip

    @display(description="Delivery")
    def delivery(self, delivery: Delivery) -> str:
        """Return its id."""
        return f"#{delivery.pk}"

    @display(description="State", label=TONES)
    def state_label(self, delivery: Delivery) -> tuple[str, str]:
        """Return the state with its colour."""
        return delivery.state, delivery.get_state_display()
