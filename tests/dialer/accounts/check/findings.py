"""Checks an account and picks out of what was found."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from dialer.accounts.check.checkup import Checkup, check_account
from dialer.accounts.findings import Finding, Subject, Verdict


def check(account: Any, **later: Any) -> Checkup:
    """Check the account now, or ``later`` (parts of a time span)."""
    return check_account(account=account, now=timezone.now() + timedelta(**later))


def about(checkup: Checkup, subject: Subject) -> Finding:
    """Return the gravest finding about ``subject``."""
    found = [finding for finding in checkup.findings if finding.subject is subject]
    assert found, f"nothing is said of {subject}"
    return min(
        found,
        key=lambda finding: [Verdict.PROBLEM, Verdict.WARNING, Verdict.UNKNOWN, Verdict.OK].index(finding.verdict),
    )


def the_problem(account: Any, **later: Any) -> Finding:
    """Return the one problem of an account."""
    (found,) = [one for one in check(account, **later).findings if one.verdict is Verdict.PROBLEM]
    assert found.remedy, "a problem says what to do"
    return found
