"""The key of a form: each form that is sent to us carries one, beside the token against forgery.

A library of template tags that stands in place of Django's ``csrf_token``: so no form is without a key, neither ours
nor those of Django and of the admin's theme. What it is good for says ``dialer.admin.sent_forms``.
"""

from __future__ import annotations

import secrets
from typing import Any

from django import template
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html

#: The name of the hidden input.
FIELD = "form_key"

register = template.Library()


class KeysNode(CsrfTokenNode):
    """Django's hidden input, and ours."""

    def render(self, context: Any) -> str:
        """Return both; nothing where there is no token, as in a page without a request."""
        token = super().render(context)
        if not token:
            return token
        return format_html('{}<input type="hidden" name="{}" value="{}">', token, FIELD, secrets.token_urlsafe(16))


@register.tag
def csrf_token(_parser: Any, _token: Any) -> KeysNode:
    """Return the node of ``{% csrf_token %}``."""
    return KeysNode()
