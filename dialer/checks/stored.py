"""Whether what is stored encrypted can be read."""

from __future__ import annotations

from django.core.checks import CheckMessage, Warning

from dialer.checks.running import of_database
from dialer.key_rotation import unreadable_rows

#: So many are named in a warning.
NAMED = 5


@of_database
def secrets_can_be_read() -> list[CheckMessage]:
    """A key was taken away too early, or a backup came without its keys: those rows can do nothing."""
    found = unreadable_rows()
    if not found:
        return []
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    text = f"No key of DIALER_ENCRYPTION_KEYS opens {', '.join(found[:NAMED])}{more}: nothing can be done with them."
    hint = (
        "Put the key of that time back behind the others and restart, or enter the secrets again on the pages of these "
        "(docs/operating.md, Keys)."
    )
    return [Warning(text, hint=hint, id="dialer.W012")]
