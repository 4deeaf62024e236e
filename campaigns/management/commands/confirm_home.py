"""Shows why this database may be a copy, and confirms that it is the one that dials."""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError

from campaigns.lifecycle.heartbeat import judge
from campaigns.lifecycle.home import HomeShown, confirm, shown
from campaigns.states.campaigns import UnableToOperate
from dialer.management.acting import ActingCommand

QUESTION = "Is this the only installation that dials from this data, and is nothing missing? [y/N] "


class Command(ActingCommand):
    """`manage.py confirm_home [--yes-this-is-the-only-one] [--keep-stopped]`."""

    help = "Shows what differs and what may be missing; nobody is rung until it is confirmed."

    # Of the commands that start workers here and now.
    stealth_options = ("is_worker", "goes_on")

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--yes-this-is-the-only-one", action="store_true", dest="only_one", help="confirm without asking"
        )
        parser.add_argument("--keep-stopped", action="store_true", help="confirm, and leave the switchboard off")
        parser.add_argument("--by", default="", help="who confirms, for the record (the user of the terminal)")

    def handle(
        self,
        *,
        only_one: bool,
        keep_stopped: bool,
        by: str,
        is_worker: bool = False,
        goes_on: bool = False,
        **_: Any,
    ) -> None:
        """Show and confirm. ``is_worker``: asked where workers are about to start; ``goes_on``: no is no error."""
        judge(is_worker=is_worker)
        home = shown()
        if home.doubt_since is None:
            if not goes_on:
                self.stdout.write("At home: there is nothing to confirm.")
            return
        self._show(home)
        if not only_one and not self._says_yes():
            if not goes_on:
                raise CommandError("Nothing was confirmed: nobody is rung. Say --yes-this-is-the-only-one to confirm.")
            self.stderr.write("Nothing was confirmed: nobody is rung. Later: the admin's switchboard, or confirm_home.")
            return
        who = by or f"{getpass.getuser()} at a terminal"
        try:
            confirm(since=home.doubt_since, by=who, allow_dialing=not keep_stopped, now=datetime.now(UTC))
        except UnableToOperate as error:
            raise CommandError(str(error)) from error
        self.stderr.write("Confirmed: this database is the one that dials.")

    def _says_yes(self) -> bool:
        return sys.stdin.isatty() and input(QUESTION).strip().lower() in {"y", "yes"}

    def _show(self, home: HomeShown) -> None:
        say = self.stderr.write
        say("This database may be a copy:")
        for one in home.differences:
            say(f"  {one['what']}: {one['was']} -> {one['now']}")
        say(f"A worker was last at work here at {_time(home.last_seen_at)}.")
        say("Calls, results, imports, opt-outs and suppressed numbers of later may be missing.")
        say(f"{home.live_attempts} attempts had no end. These campaigns go on: {_names(home.running_campaigns)}.")
        if home.dialers_on:
            say(f"The provider's own dialer may be on for: {_names(home.dialers_on)}.")
        if home.unknown_references:
            say(
                f"{home.unknown_references} reports of calls with references of ours that are unknown here came since"
                f" {_time(home.unknown_since)}: another installation dials, or calls are missing here."
            )


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "an unknown time"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"
