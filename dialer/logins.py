"""Log-ins: who enters wrong passwords waits. django-axes counts and locks; here stand our limits, lines and words.

A name is locked for the address that got it wrong, so nobody locks out somebody elsewhere by his name alone; and an
address is locked when it gets many names wrong.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from dialer.audit import Actor, Subject, record
from dialer.audit.recording import subject_of
from dialer.client_address import client_address
from dialer.models import EntryKind

log = structlog.get_logger(__name__)

#: An address may get so many times more wrong, over all names, than a name from one address.
ADDRESS_BEARS = 4
LOG_IN, LOG_IN_FAILED, LOG_OUT = "log_in", "log_in_failed", "log_out"
#: Longer names are nobody's.
LONGEST_NAME = 150


class UserBackend(ModelBackend):
    """Django's, which reads with a user how he reads the pages: every page asks for both."""

    def get_user(self, user_id: int) -> User | None:
        """Return an active user with his zone; None where there is none."""
        user = User.objects.select_related("reader").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None


def address_of(request: HttpRequest) -> str | None:
    """Return the client's address for axes; None where there is none."""
    return client_address(request) or None


def name_of(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Return the name that is tried, cut to what can be stored."""
    given = (credentials or {}).get("username") or request.POST.get("username", "")
    return str(given)[:LONGEST_NAME]


class LoginHandler(AxesDatabaseHandler):  # type: ignore[misc]
    """Axes' counting in PostgreSQL, with a limit for addresses, and with lines of ours in the log."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Return how often this name from this address was wrong, or the share of all names from it if that is more."""
        of_name = int(super().get_failures(request, credentials))
        address = getattr(request, "axes_ip_address", None)
        since = timezone.now() - settings.AXES_COOLOFF_TIME
        rows = AccessAttempt.objects.filter(ip_address=address, attempt_time__gte=since)
        of_address = rows.aggregate(count=Sum("failures_since_start"))["count"] or 0
        return max(of_name, of_address // ADDRESS_BEARS)

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        """Count it. The one that locks is logged, and those before; those after it are not, or they would fill it."""
        was_locked = bool(getattr(request, "axes_locked_out", False))
        super().user_login_failed(sender, credentials, request, **kwargs)
        if request is None or was_locked:
            return
        is_locked = bool(getattr(request, "axes_locked_out", False))
        name = name_of(request, credentials)
        # Where there is nobody of the name it may be a password, typed one field too high.
        user = name if User.objects.filter(username=name).exists() else "unknown"
        log.warning("log-in failed", user=user, address=address_of(request), is_locked=is_locked)
        what = "Log-in failed, and locked" if is_locked else "Log-in failed"
        _record(LOG_IN_FAILED, what, name=user, user=None, request=request)

    def user_logged_in(self, sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
        """Forget what was wrong before."""
        super().user_logged_in(sender, request, user, **kwargs)
        log.info("logged in", user_id=user.pk, address=address_of(request))
        _record(LOG_IN, "Logged in", name=user.get_username(), user=user, request=request)

    def user_logged_out(self, sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
        """Record who leaves; a session that has run out has nobody."""
        super().user_logged_out(sender, request, user, **kwargs)
        if user is not None:
            _record(LOG_OUT, "Logged out", name=user.get_username(), user=user, request=request)


def _record(act: str, what: str, *, name: str, user: User | None, request: HttpRequest) -> None:
    subject = subject_of(user) if user is not None else Subject(of=User._meta.label_lower, name=name)
    record(
        act=act,
        what=what,
        subject=subject,
        details={"address": address_of(request)},
        kind=EntryKind.LOGIN,
        actor=Actor(by=name, face="REST" if request.path.startswith("/api/") else "ADMIN"),
    )


def locked_out(request: HttpRequest, *_: Any) -> HttpResponse:
    """Return the page that says how long to wait, and who can help."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    response = render(
        request, "admin/dialer/locked_out.html", {"title": "Too many wrong passwords", "minutes": minutes}, status=429
    )
    response["Retry-After"] = str(minutes * 60)
    return response


def forget_failed_logins(*, now: datetime) -> int:
    """Remove what no longer counts; return how many rows. Axes does it at log-ins: there may be none for long."""
    removed, _ = AccessAttempt.objects.filter(attempt_time__lt=now - settings.AXES_COOLOFF_TIME).delete()
    return int(removed)
