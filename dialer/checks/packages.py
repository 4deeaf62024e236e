"""Whether every provider that is installed can be used."""

from __future__ import annotations

from django.core.checks import CheckMessage, Warning

from dialer import providers
from dialer.checks.running import of_settings


@of_settings
def installed_providers() -> list[CheckMessage]:
    """Warn of each installed package whose provider is left out: accounts at it can do nothing."""
    hint = "Mend the package or take it away; docs/adding-a-provider.md says what a provider needs."
    return [Warning(problem, hint=hint, id="dialer.W001") for problem in providers.problems()]
