"""Look whether a pinned package is known to be vulnerable: ``python -m tests.advisories``; a part of make lint.

pip-audit runs apart from this environment, over requirements.lock. Where the advisory database cannot be reached, in
whole or in part, this says so and goes on: a machine without the internet can lint all the same. Exits with 1 where
something is known.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

PIP_AUDIT = "pip-audit==2.10.1"
COMMAND = (
    *(sys.executable, "-m", "uv", "tool", "run", "--quiet", PIP_AUDIT, "--requirement", "requirements.lock"),
    *("--require-hashes", "--disable-pip", "--progress-spinner", "off", "--timeout", "10", "--format", "json"),
)
#: Nobody waits longer for a database that does not answer.
PATIENCE_SECONDS = 120.0


def main() -> int:
    """Ask, say what is known, and return the exit code."""
    try:
        asked = subprocess.run(COMMAND, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
        dependencies = json.loads(asked.stdout)["dependencies"]
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
        print(f"pip-audit: nothing was looked up, as it could not be run ({type(error).__name__}). Going on.")
        return 0
    code, lines = judged(dependencies)
    print("\n".join(lines))
    return code


def judged(dependencies: Sequence[dict[str, Any]]) -> tuple[int, list[str]]:
    """Return the exit code and what to say of pip-audit's answer. Pure."""
    unknown = [one["name"] for one in dependencies if "skip_reason" in one]
    known = [one for one in dependencies if one.get("vulns")]
    lines = [
        f"pip-audit: {one['name']} {one['version']}: {vulnerability['id']}, "
        f"mended in {', '.join(vulnerability.get('fix_versions') or ['no version yet'])}"
        for one in known
        for vulnerability in one["vulns"]
    ]
    if len(unknown) == len(dependencies):
        lines.append("pip-audit: the advisory database cannot be reached, so nothing was looked up. Going on.")
    elif unknown:
        lines.append(f"pip-audit: not looked up: {', '.join(unknown)}.")
    if not lines:
        lines.append(f"pip-audit: nothing is known of {len(dependencies)} packages.")
    return int(bool(known)), lines


if __name__ == "__main__":
    sys.exit(main())
