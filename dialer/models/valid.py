"""What the fields of several models take: addresses, slugs of providers, time zones."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

from dialer import providers
from dialer.addresses import url_problem
from dialer.numbering.zone_names import ZoneProblem, read_zone

# Single-label and private hosts are normal for a provider inside the network, so Django's stricter check is not used.
# Empty is that of a sandbox account; for all others the field says that it is empty.
http_url = RegexValidator(
    r"^(https?://[^\s/?#]+(/[^\s?#]*)?)?$", "Enter an http:// or https:// address without a query."
)


def valid_base_url(url: str) -> None:
    """Raise ValidationError unless a provider may be asked at ``url``, which may lie in a private network."""
    if problem := url_problem(url, own_networks=True):
        raise ValidationError(problem)


def valid_provider(slug: str) -> None:
    """Raise ValidationError unless ``slug`` names a provider; not `choices`, which would ask for a migration each."""
    if slug not in providers.slugs():
        raise ValidationError(f"There is no provider {slug!r}; choose one of: {', '.join(providers.slugs())}.")


def valid_time_zone(name: str) -> None:
    """Raise ValidationError saying what to write unless ``name`` is an IANA time zone."""
    found = read_zone(name)
    if isinstance(found, ZoneProblem):
        raise ValidationError(found.message)
    if found != name:
        raise ValidationError(f"Write it as {found}." if found else "There is no time zone here; Asia/Kolkata is one.")
