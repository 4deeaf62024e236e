"""What the four provisioning operations for extensions and group DIDs have in common.

Source: IVR Solutions public OpenAPI 3.0.3 document, "Add group user", "Provision & manage DID", "Manage group DID",
"Manage group DID (SIP user)": all flags are text, "0" or "1".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dialer.ivrsolutions.formats import dialed, flag, full


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """The settings of an extension. ``password`` is a secret; ``kyc_required`` must be said for group DIDs."""

    call_forwarding: bool
    connection: bool
    password: str = field(repr=False)
    recording_id: str
    kyc_required: bool | None = None
    extn_no: str | None = None
    name: str | None = None
    expires_on: date | None = None

    def fields(self, *, did_no: str | None) -> dict[str, Any]:
        """Return the fields as the document writes them. Raises ValueError."""
        return {
            "call_forwarding": flag(self.call_forwarding),
            "connection": flag(self.connection),
            "did_no": full(did_no) if did_no else None,
            "expiry_date": self.expires_on.isoformat() if self.expires_on else None,
            "extn_no": self.extn_no,
            "kyc_required": flag(self.kyc_required),
            "name": self.name,
            "password": self.password,
            "recording_id": self.recording_id,
        }

    def for_group(self, *, did_no: str | None) -> dict[str, Any]:
        """Return the fields for a group DID, which demands ``kyc_required``. Raises ValueError without it."""
        if self.kyc_required is None:
            raise ValueError("a group DID needs kyc_required")
        return self.fields(did_no=did_no)

    @staticmethod
    def person(*, email: str | None, phone: str | None) -> dict[str, Any]:
        """Return the fields of the extension's user; ``phone`` is E.164."""
        return {"email": email, "phone": dialed(phone) if phone else None}
