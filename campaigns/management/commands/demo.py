"""The main job, from a messy CSV to results, against the sandbox carrier: nobody is rung."""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
import threading
import time
from argparse import ArgumentParser
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from campaigns.lifecycle.heartbeat import judge
from campaigns.lifecycle.home import confirm, shown
from campaigns.lifecycle.operations import start_campaign, stop_campaign
from campaigns.models import Campaign, CampaignState
from campaigns.rehearsing.demo import Show, prepare, summarize
from campaigns.rehearsing.demo_everywhere import prepare_everywhere
from campaigns.rehearsing.displaying import display
from dialer.embedded.processes import NotReadyError
from dialer.embedded.sharing import Services
from dialer.embedded.stack import Stack, free_port
from dialer.sandbox.client import running_carrier

TIME_FACTOR = 60.0
ON_THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}


class Command(BaseCommand):
    """`manage.py demo [--exit] [--json] [--providers all] [--contacts 320]`."""

    help = "Runs a campaign from a messy CSV to results against the sandbox carrier, then serves until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--exit", action="store_true", help="stop after the summary; exit code 0 only if all held")
        parser.add_argument(
            "--json", action="store_true", help="print the summary as one JSON object, on the last line"
        )
        parser.add_argument(
            "--providers",
            choices=["two", "all"],
            default="two",
            help="two: one with bots and one with agents; all: one on each, and one on a provider's own dialer",
        )
        parser.add_argument("--contacts", type=int, default=320, help="rows of the CSV, at least 300 (320)")
        parser.add_argument("--workers", type=int, default=1, help="number of worker processes (1)")
        parser.add_argument(
            "--port", type=int, default=8000, help="of the web server; a free one if it is taken (8000)"
        )
        parser.add_argument("--seed", type=int, default=7, help="of the contacts and the carrier's draws (7)")
        parser.add_argument("--timeout", type=int, default=240, help="give up after so many seconds (240)")

    def handle(self, **options: Any) -> None:
        """Run the demo; exits with 1 when a promise was broken or time ran out."""
        signal.signal(signal.SIGTERM, _interrupt)
        if options["contacts"] < 300:
            raise CommandError("--contacts: at least 300, or there is little to see.")
        console = Console(stderr=True)
        with ExitStack() as running:
            try:
                failed = self._run(console, running, options)
            except KeyboardInterrupt:
                console.print("Stopped.")
                failed = options["exit"]
            except (NotReadyError, OSError) as error:  # OSError: the nursery does not answer
                raise CommandError(str(error)) from error
        if failed:
            sys.exit(1)

    def _run(self, console: Console, running: ExitStack, options: dict[str, Any]) -> bool:
        started_seconds = time.monotonic()
        console.print("Preparing the database and starting web, worker, beat and the sandbox carrier …")
        call_command("migrate", interactive=False, verbosity=0)
        _end_earlier_demos()
        _be_at_home()
        port = free_port(preferred=options["port"])
        settings.PUBLIC_BASE_URL = f"http://127.0.0.1:{port}"
        carrier = running.enter_context(running_carrier(time_factor=TIME_FACTOR, seed=options["seed"]))
        stage = prepare_everywhere if options["providers"] == "all" else prepare
        show = stage(carrier, rows=options["contacts"], seed=options["seed"])
        stack = Stack(
            _services(),
            port=port,
            log_dir=settings.BASE_DIR / ".dialer" / "logs",
            workers=options["workers"],
            extra_env={"PUBLIC_BASE_URL": settings.PUBLIC_BASE_URL},
        )
        running.enter_context(stack)
        for campaign in show.campaigns:
            start_campaign(campaign_id=campaign.pk, now=datetime.now(UTC), by="the demo")
        seen = display(console, campaigns=show.campaigns, within_seconds=float(options["timeout"]))
        summary = summarize(carrier, show=show, seen=seen, seconds=time.monotonic() - started_seconds)
        show.print(console, summary)
        self._finish(console, stack, show, summary, options)
        return bool(summary["violations"])

    def _finish(
        self, console: Console, stack: Stack, show: Show, summary: dict[str, Any], options: dict[str, Any]
    ) -> None:
        if not options["exit"]:
            _say_where_to_log_in(console, stack.base_url)
        if options["json"]:
            print(json.dumps(summary), flush=True)
        if not options["exit"]:
            stack.supervisor.watch(until=threading.Event(), say=console.print)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _services() -> Services:
    return Services(
        database_url=os.environ["DATABASE_URL"],
        redis_url=os.environ["REDIS_URL"],
        data_dir=Path(settings.BASE_DIR) / ".dialer",
    )


def _end_earlier_demos() -> None:
    """Stop what an interrupted demo left running: its carrier is gone."""
    left = Campaign.objects.filter(
        account__name__startswith="Demo ", state__in=[CampaignState.RUNNING, CampaignState.PAUSED]
    )
    for campaign in left:
        stop_campaign(campaign_id=campaign.pk, now=datetime.now(UTC), by="the demo", reason="Its carrier is gone")


def _be_at_home() -> None:
    """Confirm the home, as after a night's rest, where only carriers on this machine could be asked to ring anybody."""
    judge()
    home = shown()
    if home.doubt_since is None:
        return
    open_states = (CampaignState.RUNNING, CampaignState.SCHEDULED)
    for campaign in Campaign.objects.filter(state__in=open_states).select_related("account", "fallback_account"):
        accounts = [one for one in (campaign.account, campaign.fallback_account) if one is not None]
        if any(urlsplit(one.base_url).hostname not in ON_THIS_MACHINE for one in accounts if not one.is_sandbox):
            raise CommandError(
                f"This database may be a copy, and {campaign.name} would call real people: run manage.py confirm_home."
            )
    confirm(since=home.doubt_since, by="the demo", now=datetime.now(UTC))


def _say_where_to_log_in(console: Console, base_url: str) -> None:
    password = secrets.token_urlsafe(9)
    user, _ = get_user_model().objects.get_or_create(
        username="demo", defaults={"is_staff": True, "is_superuser": True, "email": "demo@example.com"}
    )
    user.set_password(password)
    user.save()
    console.print(f"\nLook around: [bold]{base_url}/admin/[/]  user [bold]demo[/]  password [bold]{password}[/]")
    console.print(f"REST: {base_url}/api/v1/docs/      Ctrl-C stops everything.")
