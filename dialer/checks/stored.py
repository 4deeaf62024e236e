"""Whether what is stored encrypted can be read."""

from __future__ import annotations

from django.core.checks import CheckMessage, Warning

from dialer.checks.running import of_database
from dialer.key_rotation import named, unreadable_places

#: So many are named in a warning.
NAMED = 5


@of_database
def secrets_can_be_read() -> list[CheckMessage]:
    """A key was taken away too early, or a backup came without its keys: those rows can do nothing."""
    found = unreadable_places()
    if not found:
        return []
    first = ", ".join(named(place) for place in found[:NAMED])
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    text = f"No key of DIALER_ENCRYPTION_KEYS opens {first}{more}: nothing can be done with them."
    hint = (
        "Put the key of that time back behind the others and restart, or enter the secrets again on the pages of these "
        "(docs/operating.md, Keys)."
    )
    return [Warning(text, hint=hint, id="dialer.W012")]
