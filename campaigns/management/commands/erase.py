"""Erases one person everywhere and prints the proof: exits non-zero when it could not, or something is still found."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from campaigns.erasure.own_rows import Refused
from campaigns.erasure.runs import ask, run_waiting, would_erase
from campaigns.models import Erasure, ErasureState
from dialer.accesses import command_reader
from dialer.management.acting import ActingCommand

SHOWN = ("erased", "still_found", "kept", "not_reachable", "is_suppressed")


class Command(ActingCommand):
    """Erase one person."""

    help = (
        "Erase one person, by a number, everywhere, and print the proof. Ends with 1 when it is refused (a call is "
        "under way), or a search afterwards still finds the number."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whom, and how to tell."""
        parser.add_argument("--number", required=True, help="with its country code, e.g. +919812345678")
        parser.add_argument(
            "--never-call", action="store_true", help="keep the number, in clear, as suppressed for ever"
        )
        parser.add_argument("--reason", default="", help="kept with the proof; without the number")
        parser.add_argument("--dry-run", action="store_true", help="Change nothing, only say where the number is.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *_: Any, **options: Any) -> None:
        """Erase. Raises CommandError when it is refused."""
        bar = Bar()
        try:
            with bar.shown:
                if options["dry_run"]:
                    self._tell(
                        {"dry_run": True, "found": would_erase(number=options["number"], told=bar.told)}, options
                    )
                    return
                asked = ask(
                    number=options["number"],
                    never_call=options["never_call"],
                    reason=options["reason"],
                    by=command_reader().by,
                    now=timezone.now(),
                )
                run_waiting(told=bar.told)
        except (Refused, ValueError) as problem:
            raise CommandError(str(problem)) from problem
        done = Erasure.objects.get(pk=asked.pk)
        if done.state != ErasureState.DONE:
            raise CommandError(done.problem or f"Another erasure is under way: erasure #{done.pk} follows it.")
        proof = {"erasure": done.pk, "is_proven": done.is_proven, **{name: getattr(done, name) for name in SHOWN}}
        self._tell(proof, options)
        if not done.is_proven:
            raise SystemExit(1)

    def _tell(self, proof: dict[str, Any], options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(proof))
            return
        for name, value in proof.items():
            if isinstance(value, dict):
                self.stdout.write(f"{name}: {'nothing' if not value else ''}".rstrip())
                self.stdout.writelines(f"  {where}: {rows}" for where, rows in value.items())
            elif isinstance(value, list):
                self.stdout.write(f"{name}:")
                self.stdout.writelines(f"  {line}" for line in value)
            else:
                self.stdout.write(f"{name}: {value}")


class Bar:
    """How many tables were looked through, on standard error."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self.shown = Progress(*columns, console=console, disable=not console.is_terminal)
        self._bar: TaskID | None = None

    def told(self, step: str, done: int, total: int) -> None:
        """Move it."""
        if self._bar is None:
            self._bar = self.shown.add_task(step, total=total)
        self.shown.update(self._bar, completed=done, total=total, description=step)
