"""Breaks everything on purpose: ``python -m tests.chaos`` runs the scenarios, with ``--calls`` or ``--seed`` a
generated run. Other arguments are pytest's, for scenarios in one process.

Scenarios wait more than they work. So those that are held to no seconds run two at once, each on an installation of its
own; then those that are (``judged``), with the machine to themselves. ``--short``, for what every change must pass: a
scenario of each promise (``short``), two at once, then one fault of each kind, with the machine to itself.

``--calls N --seed S [--faults F] [--kinds K ...] [--json] [--write]``: faults drawn from the seed hit a running
installation while N calls are placed. Prints each fault on standard error, and one line (JSON with ``--json``) with
what came of it; ``--write`` writes docs/reliability.md. Exits with 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shlex
import subprocess
import sys
from datetime import UTC, datetime

#: The runs of all scenarios: what pytest takes.
RUNS = (("-m", "not judged", "-n", "2", "--dist", "loadfile"), ("-m", "judged"))
SHORT_RUNS = (("-m", "short", "-n", "2", "--dist", "loadfile"), ("-k", "one_fault_of_each_kind"))


def main(arguments: list[str]) -> int:
    """Run what is asked for; return the exit code."""
    if not any(one.startswith(("--calls", "--seed", "--faults")) for one in arguments):
        runs = {(): RUNS, ("--short",): SHORT_RUNS}.get(tuple(arguments), (tuple(arguments),))
        return max(_scenarios(*run) for run in runs)
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--calls", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=int, help="how many (one for 160 calls)")
    parser.add_argument("--kinds", nargs="+", help="only faults of these kinds")
    parser.add_argument("--write", action="store_true", help="write docs/reliability.md")
    parser.add_argument("--json", action="store_true", help="one JSON object, on the last line")
    options = parser.parse_args(arguments)
    return _generated(options, command=f'make chaos ARGS="{shlex.join(arguments)}"')


def _scenarios(*arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", "tests/chaos", *arguments], check=False).returncode


def _generated(options: argparse.Namespace, *, command: str) -> int:
    for name in ("SECRET_KEY", "DIALER_ENCRYPTION_KEYS"):
        os.environ.setdefault(name, secrets.token_urlsafe(48))
    os.environ["DJANGO_SETTINGS_MODULE"] = "dialer.settings"
    # The arena has its own servers: nothing of ours may reach others.
    os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = "postgresql:///nobody", "redis://127.0.0.1:9/0"
    import django

    django.setup()
    from tests.chaos.arena import report, running_arena
    from tests.chaos.generated import page
    from tests.chaos.generated.plan import KINDS
    from tests.chaos.generated.run import run

    kinds = options.kinds or KINDS.keys()
    if unknown := set(kinds) - set(KINDS):
        print(f"No such kind: {', '.join(sorted(unknown))}. There are {', '.join(KINDS)}.", file=sys.stderr)
        return 2

    def told(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    with running_arena() as arena:
        result = run(arena, calls=options.calls, seed=options.seed, faults=options.faults, kinds=kinds, told=told)
        if result.violations:
            told(report(arena.folder))
    found = result.as_json()
    for line in (*found["slower_than_promised"], *found["broken"]):
        told(f"{line} (seed {options.seed})")
    if options.write:
        page.write(found=found, command=command, at=datetime.now(UTC))
    if options.json:
        print(json.dumps(found))
    else:
        print(
            f"{found['faults']} faults in {found['requests']} requests of {found['calls']} calls, "
            f"seed {found['seed']}: {found['violations']} violations, the next request after "
            f"{found['worst_recovery_seconds']} s at worst."
        )
    return int(bool(result.violations))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
