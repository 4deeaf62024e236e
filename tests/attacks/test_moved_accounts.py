"""Attack 5: an account is moved to the attacker's host, and a check sends the stored key there."""

from __future__ import annotations

import pytest
from django.test import Client

from dialer.models import ProviderAccount
from tests.admin.builders import API_KEY, PUSH_TOKEN, account
from tests.admin.conftest import owner

__all__ = ["owner"]

THEIRS = "http://attacker.example/api"
KEYS = ("voxcore__credentials__api_key", "voxcore__credentials__push_token")


def send(client: Client, moved: ProviderAccount, **entered: str) -> int:
    """Send the form of the account as the page has it, with another address; return the status."""
    page = client.get(f"/admin/dialer/provideraccount/{moved.pk}/change/")
    form = page.context["adminform"].form
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    sent = {name: value for name, value in values.items() if value not in (None, False, "")}
    for formset in page.context["inline_admin_formsets"]:
        sent |= {f"{formset.formset.prefix}-{end}": "0" for end in ("TOTAL_FORMS", "INITIAL_FORMS")}
    reply = client.post(page.request["PATH_INFO"], {**sent, "base_url": THEIRS, **entered})
    return reply.status_code


@pytest.mark.django_db
@pytest.mark.parametrize("entered", [{}, {KEYS[0]: "theirs"}])
def test_attack_5_the_admin_moves_no_stored_key_to_another_host(owner: Client, entered: dict[str, str]) -> None:
    moved = account()
    assert send(owner, moved, **entered) == 200
    moved.refresh_from_db()
    assert moved.base_url != THEIRS


@pytest.mark.django_db
def test_attack_5_with_its_keys_entered_again_an_account_moves(owner: Client) -> None:
    moved = account()
    assert send(owner, moved, **dict.fromkeys(KEYS, "new")) == 302
    moved.refresh_from_db()
    assert moved.base_url == THEIRS
    assert not {API_KEY, PUSH_TOKEN} & set(moved.credentials.values())


@pytest.mark.django_db
def test_attack_5_rest_refuses_the_same(owner: Client) -> None:
    moved = account()
    address = f"/api/v1/accounts/{moved.pk}/"
    reply = owner.patch(address, {"base_url": THEIRS}, content_type="application/json")
    assert reply.status_code == 400
    assert b"api_key, push_token" in reply.content
