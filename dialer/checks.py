"""System checks of the telephone: ``manage.py check``, and before every command that needs the tables."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Warning, register

from dialer import providers


@register()
def installed_providers(**_: Any) -> list[CheckMessage]:
    """Warn of each installed package whose provider is left out: accounts at it can do nothing."""
    hint = "Mend the package or take it away; docs/adding-a-provider.md says what a provider needs."
    return [Warning(problem, hint=hint, id="dialer.W001") for problem in providers.problems()]
