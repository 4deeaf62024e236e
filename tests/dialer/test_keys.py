"""Keys by the command, and the notice before one ends."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from campaigns.jobs.expiring_keys import tell_expiring_keys
from campaigns.models import CampaignNotice
from dialer.keys.finding import find_key
from dialer.keys.making import LASTS, make_key, rotate_key
from dialer.keys.wrong_keys import MOST_ADDRESSES, WrongKeys
from dialer.models import ApiKey
from tests.campaigns.world import account, campaign

pytestmark = pytest.mark.django_db

ASHA = ("--user", "asha", "--scope", "read")


def api_key(*arguments: str) -> dict[str, str]:
    """Run the command and return what it printed, by name."""
    out = io.StringIO()
    call_command("api_key", "--name", "CRM", *arguments, stdout=out)
    return dict(line.split(": ", 1) for line in out.getvalue().splitlines())


def test_the_command_prints_a_key_that_is_found_again() -> None:
    User.objects.create_user("asha")
    made = campaign(account())
    printed = api_key(*ASHA, "--scope", "upload", "--limit", f"campaigns={made.pk}", "--days", "10")
    key = find_key(printed["key"])
    assert key is not None
    assert (key.name, key.scopes, key.limits) == ("CRM", ["read", "upload"], {"campaigns": [made.pk]})
    assert printed["expires"].startswith(f"{key.expires_at:%Y-%m-%d}")
    assert api_key(*ASHA, "--days", "0")["expires"] == "never"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--user", "nobody", "--scope", "read"], "no user nobody"),
        (["--user", "asha", "--scope", "all"], "scopes: There is no scope all"),
        (["--user", "asha", "--scope", "read", "--limit", "campaigns=x"], "campaigns=4,7"),
    ],
)
def test_the_command_says_what_is_wrong(options: list[str], said: str) -> None:
    User.objects.create_user("asha")
    with pytest.raises(CommandError, match=said):
        api_key(*options)
    assert not ApiKey.objects.exists()


def test_of_a_key_in_use_it_is_told_once_before_it_ends() -> None:
    now, user = timezone.now(), User.objects.create_user("asha")
    for name, days, is_used in (("soon", 6, True), ("later", 30, True), ("unused", 6, False), ("replaced", 6, True)):
        key, _ = make_key(user_id=user.pk, name=name, scopes=["read"], expires_at=now + timedelta(days=days), now=now)
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now if is_used else None)
        if name == "replaced":
            rotate_key(key=key, now=now)
    assert (tell_expiring_keys(now=now), tell_expiring_keys(now=now)) == (1, 0)
    notice = CampaignNotice.objects.get(kind="KEY_EXPIRES")
    assert "soon" in notice.text
    assert "asha" in notice.text
    assert timedelta(days=7) < LASTS


def test_wrong_keys_are_counted_by_address_for_a_minute_and_in_bounded_room() -> None:
    counts = WrongKeys()
    said = [counts.count("a", now_seconds=float(number))[0] for number in range(22)]
    assert said == list(range(1, 23))
    assert counts.count("b", now_seconds=1.0)[0] == 1
    assert counts.count("a", now_seconds=60.0)[0] == 1
    for number in range(MOST_ADDRESSES + 5):
        counts.count(str(number), now_seconds=0.0)
    assert len(counts._counts) <= MOST_ADDRESSES
