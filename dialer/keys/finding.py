"""Finds the key that a request carries, and narrows its user to what the key lets through."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.functional import LazyObject

from dialer.encryption import hash_of
from dialer.keys.making import PREFIX_LENGTH
from dialer.keys.scopes import ADMIN, allows
from dialer.models import ApiKey

#: When a key was last used is written no more often than this.
USE_NOTED_EVERY = timedelta(minutes=1)
_SHAPE = re.compile(r"dlr_[a-z0-9]{8}_[A-Za-z0-9_-]{43}")


def looks_like_a_key(secret: str) -> bool:
    """Return whether a text has the shape of a key: nothing else is looked for in the database."""
    return _SHAPE.fullmatch(secret) is not None


def find_key(secret: str) -> ApiKey | None:
    """Return the key of this secret with its user, or None; one look-up in a unique index, compared in constant time.

    Whether it is still taken is not judged here.
    """
    if not looks_like_a_key(secret):
        return None
    found = ApiKey.objects.select_related("user").filter(prefix=secret[:PREFIX_LENGTH]).first()
    if found is None or not hmac.compare_digest(hash_of(secret), found.secret_hash):
        return None
    return found


def note_use(*, key: ApiKey, now: datetime) -> None:
    """Write down that the key was used, to the minute: a write for each request would be a way to harm."""
    if key.last_used_at is not None and now - key.last_used_at < USE_NOTED_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


if TYPE_CHECKING:
    _Lazy = LazyObject[Any]
else:
    _Lazy = LazyObject


class KeyUser(_Lazy):
    """A key's user with the rights that the key lets through; for all else, the user himself.

    Every face asks the user for his rights, so this is the one place where a scope holds.
    """

    def __init__(self, key: ApiKey) -> None:
        self.__dict__["_scopes"] = tuple(key.scopes)
        self.__dict__["_limited"] = bool(key.limits)
        super().__init__()
        self._wrapped = key.user

    def _setup(self) -> None:
        """Never called: the user is there from the beginning."""

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Return whether the user has the right, and the key lets it through."""
        return allows(self._scopes, perm) and bool(self._wrapped.has_perm(perm, obj))

    def has_perms(self, perm_list: Iterable[str], obj: Any = None) -> bool:
        """Return whether all are let through."""
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        """Return whether any right of an app is let through."""
        return any(right.startswith(f"{app_label}.") for right in self.get_all_permissions())

    def get_all_permissions(self, obj: Any = None) -> set[str]:
        """Return the rights that are let through."""
        return {right for right in self._wrapped.get_all_permissions(obj) if allows(self._scopes, right)}

    get_user_permissions = get_all_permissions
    get_group_permissions = get_all_permissions

    @property
    def is_superuser(self) -> bool:
        """Whether a superuser acts with all of his rights."""
        return bool(self._wrapped.is_superuser) and ADMIN in self._scopes and not self._limited
