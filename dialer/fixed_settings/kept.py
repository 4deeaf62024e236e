"""How many days rows of each kind are kept: defaults, and what cannot be."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured
from environ import Env

#: By kind its variable of the environment and the days that it has without one; 0: for ever. See docs/operating.md.
VARIABLES: Mapping[str, tuple[str, int]] = {
    "calls": ("DIALER_KEEP_CALLS_DAYS", 0),
    "decisions": ("DIALER_KEEP_DECISIONS_DAYS", 0),
    "limit-spans": ("DIALER_KEEP_LIMIT_SPANS_DAYS", 90),
    "feed": ("DIALER_KEEP_FEED_DAYS", 365),
    "deliveries": ("DIALER_KEEP_DELIVERIES_DAYS", 90),
    "notices": ("DIALER_KEEP_NOTICES_DAYS", 730),
    "applied-events": ("DIALER_KEEP_APPLIED_EVENTS_DAYS", 365),
    "failed-events": ("DIALER_KEEP_FAILED_EVENTS_DAYS", 30),
    "ignored-events": ("DIALER_KEEP_IGNORED_EVENTS_DAYS", 14),
    "refused-rows": ("DIALER_KEEP_REFUSED_ROWS_DAYS", 0),
    "job-runs": ("DIALER_KEEP_JOB_RUNS_DAYS", 365),
    "preflights": ("DIALER_KEEP_PREFLIGHTS_DAYS", 90),
    "looks": ("DIALER_KEEP_LOOKS_DAYS", 90),
    "audit": ("DIALER_KEEP_AUDIT_DAYS", 0),
}
#: Caps of persons reach so far back (campaigns.rules.caps): calls are kept for longer.
LONGEST_CAP_DAYS = 90


def read_kept_days(env: Env) -> dict[str, int]:
    """Return the days of each kind. Raises ImproperlyConfigured for days that would break a promise."""
    days = {kind: env.int(variable, default=default) for kind, (variable, default) in VARIABLES.items()}
    for kind, kept in days.items():
        if kept < 0:
            raise ImproperlyConfigured(f"{VARIABLES[kind][0]}: days, or 0 for ever.")
    if 0 < days["calls"] <= LONGEST_CAP_DAYS:
        raise ImproperlyConfigured(
            f"DIALER_KEEP_CALLS_DAYS: caps count the calls of {LONGEST_CAP_DAYS} days, keep them for longer than that."
        )
    return days
