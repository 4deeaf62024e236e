"""How many days rows of each kind are kept: defaults, and what cannot be."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured
from environ import Env

#: Days by kind; 0: for ever. What they hold stands in docs/operating.md.
DEFAULTS: Mapping[str, int] = {
    "calls": 0,
    "decisions": 0,
    "limit-spans": 90,
    "feed": 365,
    "deliveries": 90,
    "notices": 730,
    "applied-events": 365,
    "failed-events": 30,
    "ignored-events": 14,
    "refused-rows": 0,
    "job-runs": 365,
    "preflights": 90,
    "looks": 90,
    "accesses": 0,
    "admin-log": 0,
}
#: Caps of persons reach so far back (campaigns.rules.caps): calls are kept for longer.
LONGEST_CAP_DAYS = 90


def read_kept_days(env: Env) -> dict[str, int]:
    """Return the days of each kind. Raises ImproperlyConfigured for days that would break a promise."""
    days = {kind: env.int(variable(kind), default=default) for kind, default in DEFAULTS.items()}
    for kind, kept in days.items():
        if kept < 0:
            raise ImproperlyConfigured(f"{variable(kind)}: days, or 0 for ever.")
    if 0 < days["calls"] <= LONGEST_CAP_DAYS:
        raise ImproperlyConfigured(
            f"{variable('calls')}: caps count the calls of {LONGEST_CAP_DAYS} days, keep them for longer than that."
        )
    return days


def variable(kind: str) -> str:
    """Return the name of a kind's variable of the environment."""
    return f"DIALER_KEEP_{kind.upper().replace('-', '_')}_DAYS"
