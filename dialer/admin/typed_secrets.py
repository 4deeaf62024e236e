"""Inputs of secrets that survive an error elsewhere in the form, and are on no page: what was typed comes back sealed.

The page that shows the errors holds the secret encrypted with the installation's key, for this input alone. What is
typed anew goes before it.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.utils import timezone
from unfold.widgets import UnfoldAdminPasswordWidget

from dialer.encryption import UndecryptableError, decrypt, encrypt

#: The end of the name of the hidden input beside the secret's own.
SEALED = "__typed"
#: A page that is older gives no secret back.
KEPT = timedelta(hours=12)


class TypedSecretInput(UnfoldAdminPasswordWidget):  # type: ignore[misc]
    """A secret: never shown, and not lost while the form that holds it is mended."""

    template_name = "admin/dialer/typed_secret.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return what is typed, else what was typed before and came back sealed."""
        typed = super().value_from_datadict(data, files, name)
        return typed or opened_input(data.get(name + SEALED, ""), name) or typed

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Return the input without the secret, and the secret sealed."""
        context: dict[str, Any] = super().get_context(name, None, attrs)
        return {**context, "sealed_name": name + SEALED, "sealed": sealed_input(str(value), name) if value else ""}


def sealed_input(secret: str, name: str) -> str:
    """Return a secret that was typed into the input ``name``, encrypted for it alone."""
    return encrypt(json.dumps([name, secret, timezone.now().timestamp()]).encode())


def opened_input(sealed: str, name: str) -> str:
    """Return a secret that was typed into the input ``name`` lately; nothing for what else is sent."""
    try:
        of, secret, at = json.loads(decrypt(sealed)) if sealed else ("", "", 0)
    except (UndecryptableError, ValueError):
        return ""
    is_late = timezone.now().timestamp() - at > KEPT.total_seconds()
    return str(secret) if of == name and not is_late else ""
