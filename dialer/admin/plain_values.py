"""What is stored as JSON, as people read it where it cannot be changed: names with their values, without signs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dialer.admin.times import NONE

register = template.Library()


@register.filter
def in_plain_words(shown: Any) -> SafeString:
    """Return the value of a field that is shown and not changed (unfold's)."""
    return plain(getattr(shown.form.instance, shown.field["field"], None))


def plain(value: Any) -> SafeString:
    """Return a value of JSON as HTML."""
    if value is None or value in ("", [], {}):
        return NONE
    if isinstance(value, Mapping):
        pairs = ((name, plain(one)) for name, one in value.items())
        rows = format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", pairs)
        return format_html('<dl class="d-values">{}</dl>', rows)
    if isinstance(value, list | tuple) and any(isinstance(one, Mapping | list | tuple) for one in value):
        items = format_html_join("", "<li>{}</li>", ((plain(one),) for one in value))
        return format_html('<ul class="d-list">{}</ul>', items)
    if isinstance(value, list | tuple):
        return format_html_join(", ", "{}", ((plain(one),) for one in value))
    if isinstance(value, bool):
        return SafeString("yes" if value else "no")
    return format_html("{}", value)
