"""`manage.py drain`: nothing starts, what is live is waited for, and only what was drained is allowed again."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from campaigns.lifecycle.operations import set_dialing_allowed
from campaigns.models import Attempt
from dialer.models import Switchboard
from tests.campaigns import world

pytestmark = pytest.mark.django_db


def drain(*options: str) -> str:
    out = StringIO()
    call_command("drain", *options, stdout=out)
    return out.getvalue()


def test_live_calls_are_waited_for_and_the_house_stays_stopped_either_way() -> None:
    made = world.campaign(world.account())
    attempt = world.place(made)
    with pytest.raises(CommandError, match="1 calls are live after 0 s; none starts any more"):
        drain("--seconds", "0")
    assert world.claimed(made.account).reserved == []
    values = {"state": "ENDED", "outcome": "ANSWERED", "is_burned": True, "ended_at": timezone.now()}
    Attempt.objects.filter(pk=attempt.pk).update(**values)
    assert json.loads(drain("--json")) == {"live": 0, "waited_seconds": 0.0}
    assert Switchboard.objects.get().dialing_allowed is False
    assert "again" in drain("--end")
    assert world.claimed(made.account).reserved != []


def test_what_a_person_has_stopped_is_not_allowed_by_the_end_of_a_drain() -> None:
    set_dialing_allowed(allowed=False, reason="A complaint", by="asha", now=timezone.now())
    drain("--seconds", "0")
    with pytest.raises(CommandError, match="asha, and not by drain: A complaint"):
        drain("--end")
    assert Switchboard.objects.get().dialing_allowed is False
