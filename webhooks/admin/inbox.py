"""The inbox in the admin: what providers told us, as it came. Read-only."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from campaigns.admin.attempts import AttemptAdmin
from campaigns.models import Attempt
from campaigns.results.addresses import hidden_body
from dialer.accesses import note_access
from dialer.admin.accesses import reader_of
from dialer.admin.base import BigTable, ReadOnly
from dialer.admin.ranges import TimeRange
from dialer.admin.typed import ModelAdmin, TabularInline, display
from dialer.json_limits import is_too_deep
from dialer.models import AccessKind
from webhooks.acts import SEE_EVENTS
from webhooks.models import ProviderEvent, heads

TONES = {"NEW": "info", "APPLIED": "success", "UNMATCHED": "warning", "IGNORED": "default", "FAILED": "danger"}
# Headers that carry a secret of the provider's: shown as present, never with their value.
SECRET_HEADERS = ("authorization", "cookie", "token", "key", "secret", "signature")
#: On the page of an event. What is longer is read by REST, or in the database.
SHOWN_BYTES = 100_000
#: Of each event in a list.
HEAD_BYTES = 2000


def body_text(event: ProviderEvent) -> str:
    """Return the body for reading: indented where it is JSON and not nested deep, cut where it is very long."""
    return readable(hidden_body(bytes(event.body), attempt_id=event.attempt_id).encode(), most=SHOWN_BYTES)


def readable(body: bytes, *, most: int) -> str:
    """Return JSON indented, else the text as it is, and `most` characters of either."""
    text = body[: most * 4].decode("utf-8", "replace")
    if len(body) <= most and not is_too_deep(body):
        with contextlib.suppress(ValueError):
            text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    return text if len(text) <= most else f"{text[:most]} … (cut; the body has {len(body)} bytes)"


def safe_headers(headers: Any) -> str:
    """Return the headers without the values of secret ones."""
    given = headers if isinstance(headers, dict) else {}
    shown = {
        name: "(not shown)" if any(word in name.lower() for word in SECRET_HEADERS) else value
        for name, value in given.items()
    }
    plain = hidden_body(json.dumps(shown).encode(), attempt_id=None)
    return json.dumps(json.loads(plain), indent=2, ensure_ascii=False)


def block(text: str) -> str:
    """Return ``text`` as it is, in a block that keeps its lines."""
    return format_html('<pre class="d-code" tabindex="0" role="group">{}</pre>', text)


@admin.register(ProviderEvent)
class ProviderEventAdmin(ReadOnly, BigTable, ModelAdmin[ProviderEvent]):
    """Events of providers."""

    list_display = ("event", "account", "source", "state_label", "attempt", "tries", "problem", "received_at")
    list_filter = (
        ("account", AutocompleteSelectFilter),
        ("state", ChoicesDropdownFilter),
        ("source", ChoicesDropdownFilter),
        ("attempt__campaign", AutocompleteSelectFilter),
        ("received_at", TimeRange),
    )
    list_filter_submit = True
    list_select_related = ("account", "attempt")
    search_fields = ("pk",)
    search_help_text = "#id, or #id of an attempt as attempt:123"
    fields = (
        "account",
        "source",
        "state",
        "attempt",
        "problem",
        "tries",
        "received_at",
        "applied_at",
        "next_try_at",
        "shown_headers",
        "shown_body",
    )
    readonly_fields = ("shown_headers", "shown_body")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProviderEvent]:
        """Leave bodies out of lists: they are large."""
        rows = super().get_queryset(request)
        return rows if request.resolver_match and request.resolver_match.kwargs else rows.defer("body", "headers")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ProviderEvent], search_term: str
    ) -> tuple[QuerySet[ProviderEvent], bool]:
        """Find by id of the event or of its attempt."""
        term = search_term.strip().lower()
        if not term:
            return queryset, False
        kind, _, digits = term.rpartition(":")
        digits = digits.lstrip("#")
        if not digits.isdigit() or len(digits) > 18:
            return queryset.none(), False
        return queryset.filter(**{"attempt_id" if kind == "attempt" else "pk": int(digits)}), False

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Write down who looks."""
        note_access(
            kind=AccessKind.EVENT,
            reader=reader_of(request),
            subject="providerevent",
            subject_id=context["original"].pk,
            rows=1,
            now=timezone.now(),
            act=SEE_EVENTS.name,
        )
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description="Event")
    def event(self, event: ProviderEvent) -> str:
        """Return its id."""
        return f"#{event.pk}"

    @display(description="State", label=TONES)
    def state_label(self, event: ProviderEvent) -> tuple[str, str]:
        """Return the state with its colour."""
        return event.state, event.get_state_display()

    @display(description="Headers")
    def shown_headers(self, event: ProviderEvent) -> str:
        """Return the headers for reading."""
        return block(safe_headers(event.headers))

    @display(description="Body")
    def shown_body(self, event: ProviderEvent) -> str:
        """Return the body for reading."""
        return block(body_text(event))


class EventInline(TabularInline[ProviderEvent, Attempt]):
    """The events of an attempt, on its page."""

    model = ProviderEvent
    fk_name = "attempt"
    verbose_name_plural = "What the provider said"
    fields = ("received_at", "source", "state", "problem", "shown_body")
    readonly_fields = fields
    extra = 0
    can_delete = False
    show_change_link = True
    classes = ("collapse",)
    ordering = ("id",)
    per_page = 20

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Write down who looks at the events of an attempt, on its page."""
        if obj is not None and obj.events.exists():
            now = timezone.now()
            note_access(
                kind=AccessKind.EVENT,
                reader=reader_of(request),
                subject="attempt",
                subject_id=obj.pk,
                now=now,
                act=SEE_EVENTS.name,
            )
        return super().get_formset(request, obj, **kwargs)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProviderEvent]:
        """Read the heads of bodies only: the whole stands on the event's page."""
        return heads(super().get_queryset(request), most_bytes=HEAD_BYTES)

    @display(description="Body")
    def shown_body(self, event: ProviderEvent) -> str:
        """Return the body for reading."""
        head, size = bytes(getattr(event, "head", b"")), int(getattr(event, "body_bytes", 0))
        shown = hidden_body(head, attempt_id=event.attempt_id)
        if size <= len(head):
            return block(readable(shown.encode(), most=HEAD_BYTES))
        return block(f"{shown} … (the beginning of {size} bytes: open the event)")


# The attempt's page is in campaigns, which must not know of the inbox: the inbox adds itself.
AttemptAdmin.inlines = [*AttemptAdmin.inlines, EventInline]
