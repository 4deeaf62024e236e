"""The whole API of IVR Solutions: one typed method for each of the 66 operations of its public OpenAPI 3.0.3 document.

Calling a method builds the request, its ``parse`` reads the reply; nothing here sends anything. Example::

    request = dialing.dial_by_flow(account, did_no="+911143104567", flow_id="1001", customer_no="+919876543210")
    answer = dialing.dial_by_flow.parse(reply=reply)
"""

from __future__ import annotations

from dialer.ivrsolutions import (
    agents,
    calls,
    contacts,
    dialers,
    dialing,
    logs,
    notes,
    numbers,
    templates,
    voicebots,
    webhooks,
)
from dialer.ivrsolutions.operation import OPERATIONS

__all__ = [
    "OPERATIONS",
    "agents",
    "calls",
    "contacts",
    "dialers",
    "dialing",
    "logs",
    "notes",
    "numbers",
    "templates",
    "voicebots",
    "webhooks",
]
