"""Makes, replaces and revokes keys. A key's secret is returned once, to be shown, and is kept nowhere."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from dialer.acts.telephone import OWN_KEYS
from dialer.audit import record, unchanged
from dialer.encryption import hash_of
from dialer.keys.scopes import limits as known_limits
from dialer.keys.scopes import scopes as known_scopes
from dialer.models import ApiKey

log = structlog.get_logger(__name__)

#: How long a key lasts where nothing else is said.
LASTS = timedelta(days=90)
#: How long the old key is taken beside its successor where nothing else is said, and at most.
OVERLAP = timedelta(hours=24)
LONGEST_OVERLAP = timedelta(days=30)
#: What a key looks like: dlr_ and 8 characters to find it by, then 256 bits.
START = "dlr_"
PREFIX_LENGTH = len(START) + 8
SECRET_BYTES = 32
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


class UnableToRotate(Exception):
    """The key cannot be replaced, and why."""


def make_key(
    *,
    user_id: int,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None,
    now: datetime,
    limits: Mapping[str, Sequence[int]] | None = None,
    replaces: ApiKey | None = None,
) -> tuple[ApiKey, str]:
    """Make a key; return it with its secret. Raises ValidationError naming the field that is wrong."""
    prefix = START + "".join(secrets.choice(_LETTERS) for _ in range(PREFIX_LENGTH - len(START)))
    secret = f"{prefix}_{secrets.token_urlsafe(SECRET_BYTES)}"
    key = ApiKey(
        user_id=user_id,
        name=name.strip(),
        prefix=prefix,
        secret_hash=hash_of(secret),
        scopes=list(dict.fromkeys(scopes)),
        limits={kind: sorted(set(ids)) for kind, ids in (limits or {}).items() if ids},
        expires_at=expires_at,
        created_at=now,
        replaces=replaces,
    )
    check(key, now=now)
    with transaction.atomic():
        key.save()
        details = {
            "scopes": key.scopes,
            "limits": key.limits,
            "expires_at": expires_at.isoformat() if expires_at else None,
        }
        what = "Key made" if replaces is None else "Key replaced"
        record(act=OWN_KEYS.name, what=what, subject=key, details=details, now=now)
    log.info("api key made", key_id=key.pk, user_id=user_id, scopes=key.scopes)
    return key, secret


def check(key: ApiKey, *, now: datetime) -> None:
    """Raise ValidationError naming every field of a new key that is wrong."""
    errors: dict[str, Any] = {}
    try:
        key.full_clean()
    except ValidationError as error:
        errors.update(error.message_dict)
    if unknown := sorted(set(key.scopes) - set(known_scopes())):
        errors["scopes"] = f"There is no scope {', '.join(unknown)}; there are: {', '.join(known_scopes())}."
    if key.expires_at is not None and key.expires_at <= now:
        errors["expires_at"] = "Give an instant that is yet to come."
    if problem := _limit_problem(key):
        errors["limits"] = problem
    if errors:
        raise ValidationError(errors)


def _limit_problem(key: ApiKey) -> str:
    for kind, ids in key.limits.items():
        limit = known_limits().get(kind)
        if limit is None:
            return f"A key cannot be limited to {kind}; it can to: {', '.join(known_limits())}."
        there = set(limit.model._default_manager.filter(pk__in=ids).values_list("pk", flat=True))
        if missing := [str(one) for one in ids if one not in there]:
            return f"There is none with the id {', '.join(missing)} among the {kind}."
    return ""


@transaction.atomic
def rotate_key(*, key: ApiKey, now: datetime, overlap: timedelta = OVERLAP) -> tuple[ApiKey, str]:
    """Make the key's successor, which may do the same and lasts as long; the old one ends after ``overlap``.

    Raises UnableToRotate.
    """
    locked = ApiKey.objects.select_for_update().get(pk=key.pk)
    if problem := locked.why_refused(now=now):
        raise UnableToRotate(problem)
    if hasattr(locked, "successor"):
        raise UnableToRotate(f"It has been replaced by {locked.successor} already.")
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise UnableToRotate(f"The overlap is from 0 to {LONGEST_OVERLAP.days} days.")
    lasts = LASTS if locked.expires_at is None else locked.expires_at - locked.created_at
    made = make_key(
        user_id=locked.user_id,
        name=locked.name,
        scopes=locked.scopes,
        limits=locked.limits,
        expires_at=None if locked.expires_at is None else now + lasts,
        now=now,
        replaces=locked,
    )
    end = now + overlap
    ApiKey.objects.filter(Q(expires_at=None) | Q(expires_at__gt=end), pk=locked.pk).update(expires_at=end)
    return made


@transaction.atomic
def revoke_key(*, key: ApiKey, by: str, now: datetime) -> bool:
    """Refuse the key from now on; return whether it was not refused already."""
    changed = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now, revoked_by=by[:150])
    if changed:
        record(act=OWN_KEYS.name, what="Key revoked", subject=key, now=now)
        log.info("api key revoked", key_id=key.pk)
    else:
        unchanged()
    key.refresh_from_db()
    return changed == 1
