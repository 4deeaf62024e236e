"""Examples for the API's own page: an account and a template at the provider that asks for most."""

from __future__ import annotations

from typing import Any

from dialer import providers
from dialer.providers.base import Field, Provider


def _provider() -> Provider:
    every = [providers.get(slug) for slug in providers.bundled_slugs()]
    return max(every, key=lambda each: sum(field.required for field in each.credential_fields))


def account_example() -> tuple[str, dict[str, Any]]:
    """Return the title and the body of a request that makes an account."""
    chosen = _provider()
    body = {
        "name": f"{chosen.name} Mumbai",
        "provider": chosen.slug,
        "base_url": chosen.default_base_url or f"https://{chosen.slug}.example/api",
        "credentials": _required(chosen.credential_fields, "…"),
        "time_zone": "Asia/Kolkata",
        "max_live_calls": 20,
        "calls_per_second": "5.00",
    }
    return f"A {chosen.name} account", body


def template_example() -> tuple[str, dict[str, Any]]:
    """Return the title and the body of a request that makes a call template."""
    chosen = _provider()
    action = min(chosen.capabilities.actions)
    body = {
        "name": "Renewals",
        "provider": chosen.slug,
        "action": action.value,
        "options": _required(chosen.option_fields[action], "renewals-7"),
        "variables": {"customer_name": "name"},
        "max_ring_seconds": 30,
    }
    return f"A template for {chosen.name}", body


def _required(fields: tuple[Field, ...], value: str) -> dict[str, str]:
    return {field.name: value for field in fields if field.required}
