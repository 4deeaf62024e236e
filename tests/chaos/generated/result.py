"""What a run came to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

#: Within this it goes on after a fault.
RECOVERY_SECONDS = 5.0


@dataclass(slots=True, kw_only=True)
class Result:
    """``recoveries``: by kind the longest time until the next request, in seconds. ``left_out``: kinds that need rights
    which this machine does not give."""

    seed: int
    calls: int
    requests: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    recoveries: dict[str, float] = field(default_factory=dict)
    slow: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    rate: dict[str, Any] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    seconds: float = 0.0
    load: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return it fit for JSON."""
        return {
            "seed": self.seed,
            "calls": self.calls,
            "requests": self.requests,
            "faults": self.faults.total(),
            "faults_by_kind": dict(sorted(self.faults.items())),
            "left_out": self.left_out,
            "worst_recovery_seconds": round(max(self.recoveries.values(), default=0.0), 2),
            "recovery_by_kind": {kind: round(seconds, 2) for kind, seconds in sorted(self.recoveries.items())},
            "slower_than_promised": self.slow,
            "rate": self.rate,
            "violations": len(self.violations),
            "broken": self.violations[:50],
            "seconds": round(self.seconds, 1),
            # Of the machine over the last five minutes: the carrier is a process like the others.
            "load": round(self.load, 1),
        }
