"""Webhooks and Integrations: where events are pushed to. Source: IVR Solutions public OpenAPI 3.0.3 document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialer.ivrsolutions import records
from dialer.ivrsolutions.operation import operation


@operation("add_webhook_url", "POST /api/add_webhook_url", records.done)
def add_webhook_url(*, url: str, secret_key: str) -> Mapping[str, Any]:
    """Have events pushed to ``url``, "signed with your key". Raises ValueError for a URL that is not https."""
    if not url.startswith("https://"):
        raise ValueError("events are pushed to https URLs only: they hold numbers")
    return {"secret_key": secret_key, "webhookurl": url}


@operation("get_data_for_leadcrm", "POST /api/get_data_for_leadcrm", records.every(records.item), sends="nothing")
def get_data_for_lead_crm() -> Mapping[str, Any]:
    """List lead and call data; the document does not describe it, so read ``raw``."""
    return {}
