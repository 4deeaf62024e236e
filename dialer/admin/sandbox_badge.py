"""The yellow badge of what rings nobody."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString


def with_badge(text: str, *, is_sandbox: bool) -> str | SafeString:
    """Return a cell's text, with the badge behind it where nobody is called."""
    return format_html("{} {}", text, render_to_string("admin/dialer/sandbox_badge.html")) if is_sandbox else text


class ShowsSandbox:
    """Mixin of every form in the admin: a badge above what rings nobody."""

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Say whether the row is of the sandbox."""
        context["in_sandbox"] = getattr(context.get("original"), "in_sandbox", False)
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]
