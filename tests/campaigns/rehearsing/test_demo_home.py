"""The demo goes on after a night's rest, and never lets real campaigns dial by the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError

from campaigns.lifecycle.heartbeat import judge
from campaigns.management.commands.demo import _be_at_home
from dialer.home.allowing import is_dialing_allowed
from dialer.models import Installation, ProviderAccount
from tests.campaigns.world import account, campaign

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("base_url", "goes_on"), [("http://127.0.0.1:9", True), ("https://api.example.com", False)])
def test_a_gap_is_confirmed_only_where_nobody_real_would_be_rung(base_url: str, goes_on: bool) -> None:
    owner = account()
    campaign(owner)
    ProviderAccount.objects.filter(pk=owner.pk).update(base_url=base_url)
    Installation.objects.update_or_create(pk=1)
    judge()
    past = datetime.now(UTC) - timedelta(hours=10)
    Installation.objects.filter(pk=1).update(seen_at=past, good_until=past)
    if goes_on:
        _be_at_home()
    else:
        with pytest.raises(CommandError, match="would call real people"):
            _be_at_home()
    assert is_dialing_allowed() is goes_on
