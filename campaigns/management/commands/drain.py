"""Empties the house for work on it: ``drain [--seconds 600] [--json]``, and ``drain --end`` lets it dial again."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

import orjson
from django.core.management.base import CommandError
from django.utils import timezone

from campaigns.lifecycle.operations import set_dialing_allowed
from campaigns.models import Attempt
from campaigns.states.campaigns import UnableToOperate
from dialer.management.acting import ActingCommand
from dialer.models import Switchboard

#: How the reason of the kill switch begins while it is drained: only that is ended here.
DRAINED = "Drained"
LOOK_EVERY_SECONDS = 0.5


class Command(ActingCommand):
    """Turn the kill switch off, and wait until no call is live; or turn it on again."""

    help = (
        "Stop all dialing and wait until no call is live, for work on the database or a provider. Ends with 1 where "
        "calls are live after that; dialing stays stopped then, too. An upgrade does not need it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--seconds", type=float, default=600.0, help="wait so long at most (600)")
        parser.add_argument("--reason", default="", help="why, for those who look")
        parser.add_argument("--end", action="store_true", help="let the house dial again")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, seconds: float, reason: str, end: bool, json: bool, **_: Any) -> None:
        """Do it. Raises CommandError where calls are live after the wait, and where another has stopped dialing."""
        if end:
            self._end()
            return
        board = Switchboard.objects.filter(pk=1, dialing_allowed=False).first()
        if board is None:
            why = f"{DRAINED}: {reason}" if reason else f"{DRAINED} by manage.py drain"
            set_dialing_allowed(allowed=False, reason=why, by="manage.py drain", now=timezone.now())
        began = time.monotonic()
        while (live := Attempt.objects.filter(ended_at=None).count()) and time.monotonic() - began < seconds:
            time.sleep(LOOK_EVERY_SECONDS)
        waited = time.monotonic() - began
        if json:
            self.stdout.write(orjson.dumps({"live": live, "waited_seconds": round(waited, 1)}).decode())
        elif not live:
            self.stdout.write(f"No call is live, after {waited:.0f} s. To dial again: manage.py drain --end")
        if live:
            raise CommandError(
                f"{live} calls are live after {waited:.0f} s; none starts any more. Wait longer, or see Attempts, "
                "Under way."
            )

    def _end(self) -> None:
        board = Switchboard.objects.filter(pk=1, dialing_allowed=False).first()
        if board is None:
            self.stdout.write("Dialing is allowed.")
            return
        if not board.reason.startswith(DRAINED):
            raise CommandError(
                f"Dialing was stopped by {board.changed_by or 'somebody'}, and not by drain: "
                f"{board.reason or 'no reason'}. Allow it on the Switchboard if that is over."
            )
        try:
            set_dialing_allowed(allowed=True, reason="", by="manage.py drain", now=timezone.now())
        except UnableToOperate as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Dialing is allowed again.")
