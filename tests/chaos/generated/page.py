"""docs/reliability.md, written by a run: ``make chaos ARGS="--calls N --seed S --write"``."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from dialer.embedded.postgres import MAJOR
from tests.chaos.generated.result import RECOVERY_SECONDS

PROJECT = Path(__file__).resolve().parents[3]
PAGE = PROJECT / "docs" / "reliability.md"
GIGABYTE = 1024**3

_PAGE = """\
# Reliability

Written by the command below; run it again and this page says what came of it. Faults drawn from a seed hit a running
installation (PostgreSQL, Redis, web, three workers, batch, beat) while campaigns on three providers call. At the end
two judges look for broken promises: the ledger of a [carrier](sandbox.md) that knows nothing of our tables, and
`manage.py audit` over everything that is stored. How fast requests left is told by the kernel at the interface.

```sh
{command}
```

| | |
|---|---|
| date | {date} |
| commit | {commit} |
| machine | {machine} |
| calls, requests | {calls:,}, {requests:,} in {minutes} min |
| faults | {faults}, of {kinds} kinds |
| **violations** | **{violations}** |
| slowest until the next request | {worst} s; {slow} took longer than the promised {promised:.0f} s |
| most requests that left in one second, at a limit of {limit} | {left} |
| load of the machine at the end | {load} |

## By kind of fault
Seconds from the end of a fault to the next request that the carrier got, at worst.

| fault | times | seconds |
|---|---|---|
{rows}
{left_out}{broken}"""


def write(*, found: Mapping[str, Any], command: str, at: datetime, page: Path = PAGE) -> None:
    """Write the page of a run that came to ``found`` (``Result.as_json``)."""
    page.write_text(text(found=found, command=command, at=at, commit=_commit(), machine=_machine()))


def text(*, found: Mapping[str, Any], command: str, at: datetime, commit: str, machine: str) -> str:
    """Return the page. Pure."""
    recoveries, rate = found["recovery_by_kind"], found["rate"]
    rows = [
        f"| {kind.replace('_', ' ')} | {times} | {_seconds(recoveries.get(kind))} |"
        for kind, times in found["faults_by_kind"].items()
    ]
    left = rate.get("left_in_a_second")
    heard = f"{left}" if left is not None else f"nobody could listen; {rate.get('arrived_in_a_second')} arrived"
    sentences = [*found["slower_than_promised"], *found["broken"]]
    return _PAGE.format(
        command=command,
        date=f"{at:%Y-%m-%d %H:%M} UTC",
        commit=commit,
        machine=machine,
        calls=found["calls"],
        requests=found["requests"],
        minutes=round(found["seconds"] / 60, 1),
        faults=found["faults"],
        kinds=len(found["faults_by_kind"]),
        violations=found["violations"],
        worst=found["worst_recovery_seconds"],
        slow=len(found["slower_than_promised"]),
        promised=RECOVERY_SECONDS,
        limit=rate.get("limit_per_second"),
        left=heard,
        load=found["load"],
        rows="\n".join(rows),
        left_out=f"\nLeft out, as this machine gives no right to it: {', '.join(found['left_out'])}.\n"
        if found["left_out"]
        else "",
        broken="\n## What went wrong\n" + "\n".join(f"* {one}" for one in sentences) + "\n" if sentences else "",
    )


def _seconds(value: float | None) -> str:
    return f"{value:.2f}" if value is not None else "nobody was left to call"


def _commit() -> str:
    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=PROJECT, capture_output=True, text=True, check=False
        ).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no")
    return f"{git('rev-parse', '--short', 'HEAD') or 'unknown'}{' with changes' if changed else ''}"


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIGABYTE
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, PostgreSQL {MAJOR}"
    )
