"""Secrets are stored encrypted, read with any of the keys, and never handed out as cipher text."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from dialer.encryption import EncryptedJSONField, UndecryptableError
from dialer.models import ProviderAccount
from tests.campaigns import world

FIELD = EncryptedJSONField()
OBJECTS = st.dictionaries(st.text(), st.text() | st.integers(-(2**53), 2**53) | st.booleans() | st.none())


@given(value=OBJECTS)
def test_what_is_stored_is_read_back(value: dict[str, Any]) -> None:
    assert FIELD.from_db_value(FIELD.get_prep_value(value)).open() == value


@pytest.mark.django_db
def test_the_row_holds_no_secret_in_the_clear() -> None:
    account = world.account()
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(p)::text FROM dialer_provideraccount p WHERE id = %s", [account.pk])
        (row,) = cursor.fetchone()
    assert account.credentials["push_token"] == "push-secret"
    assert "push-secret" not in row
    assert account.push_token not in row
    assert account.push_token_hash == hashlib.sha256(account.push_token.encode()).hexdigest()


@pytest.mark.django_db
def test_a_new_key_before_the_old_one_reads_what_is_there_and_writes_with_the_new(settings: Settings) -> None:
    account = world.account()
    old = list(settings.DIALER_ENCRYPTION_KEYS)
    settings.DIALER_ENCRYPTION_KEYS = ["the new key", *old]
    kept = ProviderAccount.objects.get(pk=account.pk)
    assert kept.credentials == account.credentials
    kept.save()
    settings.DIALER_ENCRYPTION_KEYS = ["the new key"]
    assert ProviderAccount.objects.get(pk=account.pk).credentials == account.credentials
    settings.DIALER_ENCRYPTION_KEYS = old
    with pytest.raises(UndecryptableError):
        _ = ProviderAccount.objects.get(pk=account.pk).credentials


@pytest.mark.parametrize("stored", ["gAAAAAB-not-a-token", "{}", "api-key in the clear"])
def test_what_no_key_opens_is_an_error_that_names_the_setting(stored: str) -> None:
    with pytest.raises(UndecryptableError, match="DIALER_ENCRYPTION_KEYS"):
        FIELD.from_db_value(stored).open()


@pytest.mark.django_db
def test_a_row_that_no_key_opens_is_read_changed_and_saved_and_keeps_what_it_had(settings: Settings) -> None:
    account = world.account()
    old = list(settings.DIALER_ENCRYPTION_KEYS)
    settings.DIALER_ENCRYPTION_KEYS = ["another key"]
    broken = ProviderAccount.objects.get(pk=account.pk)
    broken.name = "Renamed"
    broken.full_clean()
    broken.save()
    assert "another key" not in repr(vars(broken))
    assert "DIALER_ENCRYPTION_KEYS" in broken.problem
    settings.DIALER_ENCRYPTION_KEYS = old
    healed = ProviderAccount.objects.get(pk=account.pk)
    assert (healed.name, healed.credentials, healed.push_token) == ("Renamed", account.credentials, account.push_token)
    assert healed.problem == ""


@pytest.mark.django_db
def test_no_list_decrypts_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    world.account()

    def opened(_: str) -> bytes:
        raise AssertionError("a secret was opened")

    monkeypatch.setattr("dialer.encryption.decrypt", opened)
    assert [account.name for account in ProviderAccount.objects.all()]
