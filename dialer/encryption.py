"""Fields that are encrypted at rest, and opened when somebody looks at them.

Our own lines, because the kept library for it (django-fernet-encrypted-fields 0.4) hands out the cipher text
when a key is wrong and marks fields as "already decrypted" in a way that two threads can cross; see docs/decisions.md.

A row is read without any key: what is encrypted stays ``Sealed`` until its attribute is used, and raises only then. So
a secret that no key opens is in the way of those who need it and of nobody else, lists decrypt nothing, and a row that
is saved without having been looked into keeps what it had.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute

Value = TypeVar("Value")


class UndecryptableError(RuntimeError):
    """A stored secret cannot be decrypted: DIALER_ENCRYPTION_KEYS lacks the key that it was written with."""


@cache
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    """Return the cipher of these keys; keys are long random strings, so one hash makes them Fernet keys."""
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())) for key in keys],
    )


def _current() -> MultiFernet:
    return _cipher(tuple(settings.DIALER_ENCRYPTION_KEYS))


def encrypt(plain: bytes) -> str:
    """Return ``plain`` as a Fernet token of the first key."""
    return _current().encrypt(plain).decode()


def decrypt(token: str) -> bytes:
    """Return what a token holds, opened with any of the keys. Raises UndecryptableError."""
    try:
        return _current().decrypt(token.encode())
    except InvalidToken as error:
        raise UndecryptableError(UndecryptableError.__doc__) from error


def is_of_first_key(token: str) -> bool:
    """Return whether the first key alone opens a token: the others are not needed for it."""
    try:
        _cipher(tuple(settings.DIALER_ENCRYPTION_KEYS[:1])).decrypt(token.encode())
    except InvalidToken:
        return False
    return True


def hash_of(secret: str) -> str:
    """Return the SHA-256 of a long random secret, in hex: found by it, and not learnt from it.

    Not for passwords that people choose: those can be guessed as fast as this is computed.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Sealed:
    """A value as it is stored. Printing it shows nothing."""

    token: str = field(repr=False)

    def open(self) -> Any:
        """Return the value. Raises UndecryptableError."""
        return orjson.loads(decrypt(self.token))


class _Opening(DeferredAttribute):
    """Opens the value of a row when it is first looked at, and keeps it open in that row."""

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """Return the value. Raises UndecryptableError."""
        value = super().__get__(instance, owner)
        if isinstance(value, Sealed):
            value = instance.__dict__[self.field.attname] = value.open()
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        """Put a value into the row; having this, the attribute is asked even where the row holds a value."""
        instance.__dict__[self.field.attname] = value


class EncryptedField(models.Field[Value, Value]):
    """A value stored as a Fernet token of its JSON. Its attribute raises UndecryptableError with the wrong keys."""

    descriptor_class = _Opening
    #: What stands for nothing.
    empty: Any = None

    def get_internal_type(self) -> str:
        """Store it as text."""
        return "TextField"

    def from_db_value(self, value: str | None, *_: object) -> Any:
        """Return the value, sealed."""
        return type(self.empty)() if value is None or value == "" else Sealed(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Return what the row holds, without opening it."""
        return model_instance.__dict__[self.attname]

    def value_from_object(self, obj: models.Model) -> Any:
        """Return the value, or sealed what no key opens: comparing and copying a row needs none."""
        try:
            return getattr(obj, self.attname)
        except UndecryptableError:
            return obj.__dict__[self.attname]

    def get_prep_value(self, value: Any) -> str:
        """Return the token to store; what nobody has looked into stays as it was."""
        return value.token if isinstance(value, Sealed) else encrypt(orjson.dumps(value or self.empty))


class EncryptedJSONField(EncryptedField[dict[str, Any]]):
    """A JSON object that is encrypted at rest."""

    empty: Any = {}

    def to_python(self, value: Any) -> Any:
        """Return the value as it is: forms and fixtures carry plain JSON."""
        return orjson.loads(value or "{}") if isinstance(value, str) else value


class EncryptedTextField(EncryptedField[str]):
    """A text that is encrypted at rest."""

    empty: Any = ""


#: How a sealed value begins among open ones.
SEAL = "sealed:"


class SecretsJSONField(models.JSONField):
    """A JSON object of which the secret values are stored sealed, so that SQL reads the others.

    Which are secret, the model's ``option_fields`` declare. Who needs them asks ``opened``.
    """

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Return the object with its secrets sealed, as it is in the row from then on."""
        values = getattr(model_instance, self.attname)
        if isinstance(values, dict):
            declared = getattr(model_instance, "option_fields", ())
            values = sealed(values, names={one.name for one in declared if one.secret})
            setattr(model_instance, self.attname, values)
        return values


def sealed(values: dict[str, Any], *, names: Collection[str]) -> dict[str, Any]:
    """Return ``values`` with those of ``names`` encrypted; what is sealed already stays as it is."""
    return {
        name: SEAL + encrypt(value.encode())
        if name in names and isinstance(value, str) and value and not value.startswith(SEAL)
        else value
        for name, value in values.items()
    }


def opened(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``values`` with what is sealed opened. Raises UndecryptableError."""
    return {
        name: decrypt(value.removeprefix(SEAL)).decode() if isinstance(value, str) and value.startswith(SEAL) else value
        for name, value in values.items()
    }


def unreadable_values(values: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each sealed value that no key opens."""
    found = []
    for name, value in values.items():
        try:
            opened({name: value})
        except UndecryptableError:
            found.append(f"{name}: cannot be read, as DIALER_ENCRYPTION_KEYS lacks its key; enter it again.")
    return found


class EncryptedModel(models.Model):
    """A model with encrypted fields: what no key opens of a row keeps nobody from changing the rest of it."""

    class Meta:
        abstract = True

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Check each field; those that no key opens are left as they are."""
        super().clean_fields(exclude={*(exclude or ()), *unreadable_fields(self)})

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Check what the database would refuse; no constraint is about a secret."""
        super().validate_constraints(exclude={*(exclude or ()), *unreadable_fields(self)})


def encrypted_fields() -> Iterator[tuple[type[models.Model], EncryptedField[Any]]]:
    """Give every encrypted field there is, with its model."""
    for model in apps.get_models():
        for one in model._meta.local_concrete_fields:
            if isinstance(one, EncryptedField):
                yield model, one


def unreadable_fields(row: models.Model) -> list[str]:
    """Return the names of the fields of a row that no key opens; none of those is opened that was not before."""
    found = []
    for one in row._meta.concrete_fields:
        value = row.__dict__.get(one.attname)
        if isinstance(value, Sealed):
            try:
                value.open()
            except UndecryptableError:
                found.append(one.name)
    return found
