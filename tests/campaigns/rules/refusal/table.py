"""The table of phrases by language: what refuses, what does not, and what only a person can tell."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from campaigns.rules.refusal import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A phrase, its language and what it comes to; ``alone``: only where nothing else is said."""

    language: str
    said: str
    verdict: Verdict
    alone: bool = False

    def __str__(self) -> str:
        return f"{self.language}: {self.said}"


_VERDICTS = {
    "refuses": Verdict.REFUSES,
    "alone": Verdict.REFUSES,
    "codes": Verdict.REFUSES,
    "not": Verdict.NOT,
    "doubtful": Verdict.DOUBTFUL,
}
TABLE = [
    Row(language=path.stem, said=said, verdict=verdict, alone=kind in ("alone", "codes"))
    for path in sorted((Path(__file__).parent / "phrases").glob("*.toml"))
    for kind, verdict in _VERDICTS.items()
    for said in tomllib.loads(path.read_text(encoding="utf-8")).get(kind, ())
]
