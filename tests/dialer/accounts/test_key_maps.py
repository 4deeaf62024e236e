"""The text to paste at a provider: complete where it is asked for, without the token where it is only shown."""

from __future__ import annotations

import json

import pytest

from dialer import providers
from dialer.accounts.key_maps import key_map
from tests.campaigns import world

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("slug", providers.slugs())
def test_it_has_the_push_address_and_holds_the_token_only_unmasked(slug: str) -> None:
    account = world.account(provider=slug)
    whole, masked = key_map(account), key_map(account, masked="••••")
    if slug != "voxcore":
        assert whole is masked is None, "no other provider takes a map of keys"
        return
    assert account.push_url in json.dumps(whole)
    assert "push-secret" in json.dumps(whole)
    assert "push-secret" not in json.dumps(masked)
    assert whole is not None
    assert masked is not None
    assert whole["key_mapper"] == masked["key_mapper"]
