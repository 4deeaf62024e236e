"""The retry table: after which outcome or disposition, after how long, how often and where from. A row each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from campaigns.admin.inputs.durations import duration_text, seconds_of
from campaigns.rules.retry import (
    DISPOSITION,
    LONGEST_DELAY_SECONDS,
    MAY_BE_ABSENT,
    MOST_DELAYS,
    PRESETS,
    RETRYABLE,
    cell_problem,
)
from dialer.admin.rows import Cells, Entries, Row, RowProblem, RowsField, RowsWidget, loaded, tidy
from dialer.models.synced import ItemKind, SyncedItem
from dialer.providers.base import Outcome

MEANINGS = {
    Outcome.NO_ANSWER: "Nobody answered",
    Outcome.BUSY: "Busy or pressed away",
    Outcome.FAILED: "The network failed",
    Outcome.CANCELED: "Canceled before an answer",
    Outcome.MACHINE: "A machine answered",
    Outcome.REFUSED: "The provider refused this call",
    Outcome.UNCERTAIN: "Unknown whether it rang",
    Outcome.LOST: "No news of the call",
}
PRESET_WORDS = {
    "standard": "Standard: again within hours, as often as the most attempts allow",
    "gentle": "Gentle: seldom, and at another time of day",
    "persistent": "Persistent: soon, then later, then another day",
    "once": "Once: nobody is called again",
}
#: These may have rung somebody: the manager should know before asking for another call.
MAY_HAVE_RUNG = frozenset({Outcome.UNCERTAIN, Outcome.LOST})
#: So many dispositions are offered while one types.
MOST_LABELS = 100
_TICKS = {"other_time": "time", "other_did": "did", "absent": "absent"}
_KEYS = {"delays", "most", "counts", "other_number", *_TICKS}
TICKED = ["on"]


class RetryEntries(Entries):
    """Cells of the matrix: pairs of an outcome, or ``disposition:`` and a name, with seconds, nothing, or an object."""

    parts: ClassVar[Mapping[str, str]] = {
        "outcome": "outcome",
        "said": "disposition",
        "delays": "call again after",
        "most": "at most",
        "time": "other time of day",
        "did": "other DID",
        "number": "other number",
        "free": "does not count",
        "absent": "only if the log shows no call",
    }
    fixed = frozenset({"outcome"})

    def spread(self, value: Any) -> list[Any]:
        """Return the pairs of a matrix, one for each outcome first; None stands for an outcome that has no cell."""
        cells = value if isinstance(value, dict) else {}
        return [[key, cell] for key, cell in cells.items()]

    def gathered(self, entries: Sequence[Any]) -> dict[str, Any]:
        """Return the matrix."""
        return {key: cell for key, cell in entries}  # noqa: C416 - pairs are lists

    def rows_of(self, value: Any) -> list[Row]:
        """Return a row for every outcome, in their order, and then those of dispositions."""
        return with_every_outcome([self.row_of(entry) for entry in self.spread(value)])

    def shown(self, entry: Any) -> Cells | None:
        """Return the inputs of a cell, None for one that is no rule."""
        key, cell = entry
        if cell_problem(key, cell):
            return None
        named: Cells = {"said": [key.removeprefix(DISPOSITION)]} if key.startswith(DISPOSITION) else {"outcome": [key]}
        if not isinstance(cell, Mapping):
            return named | ({} if cell is None else {"delays": [duration_text(cell)]})
        return {
            **named,
            "delays": [", ".join(duration_text(seconds) for seconds in cell["delays"])],
            "most": [] if cell.get("most") is None else [str(cell["most"])],
            "number": [", ".join(cell.get("other_number", ()))],
            "free": TICKED if cell.get("counts") is False else [],
            **{part: TICKED if cell.get(key) else [] for key, part in _TICKS.items()},
        }

    def read(self, row: Row, stored: Any) -> Any:
        """Return a cell: seconds where there is one delay and nothing else, an object otherwise; None for no retry."""
        key = self._key(row)
        others = row.cells.keys() - {"outcome", "said", "delays"}
        delays = [self._delay(text) for text in row.one("delays").split(",") if text.strip()]
        if not delays and others:
            raise RowProblem("delays", "Enter after how long, such as 15 min or 1 h, 4 h; or empty the row.")
        if not delays:
            return [key, None] if key.startswith(DISPOSITION) or stored is not None else None
        if len(delays) > MOST_DELAYS:
            raise RowProblem("delays", f"At most {MOST_DELAYS} delays; these are {len(delays)}.")
        cell = {"delays": delays, **self._others(row)} if others or len(delays) > 1 else delays[0]
        if isinstance(cell, dict) and cell.get("absent") and key not in MAY_BE_ABSENT:
            raise RowProblem("absent", "This is for calls that nobody told of: UNCERTAIN and LOST.")
        if problem := cell_problem(key, cell):
            raise RowProblem("most" if "most" in problem else "delays", problem.removeprefix(f"{key}: "))
        return [key, cell]

    @staticmethod
    def _key(row: Row) -> str:
        outcome, said = row.one("outcome"), row.one("said")
        if outcome:
            if outcome not in set(RETRYABLE):
                raise RowProblem("outcome", f"{outcome} is no outcome to call again after.")
            return outcome
        if not said:
            raise RowProblem("said", "Enter the disposition after which to call again, or empty the row.")
        return DISPOSITION + said.removeprefix(DISPOSITION).strip()

    @staticmethod
    def _delay(text: str) -> int:
        try:
            seconds = seconds_of(text)
        except ValueError as problem:
            raise RowProblem("delays", str(problem)) from problem
        if seconds > LONGEST_DELAY_SECONDS:
            raise RowProblem("delays", f"{text.strip()} is too long: at most {duration_text(LONGEST_DELAY_SECONDS)}.")
        return seconds

    @staticmethod
    def _others(row: Row) -> dict[str, Any]:
        found: dict[str, Any] = {key: True for key, part in _TICKS.items() if row.one(part)}
        if most := row.one("most"):
            if not most.isdecimal() or int(most[:6]) > 100:
                raise RowProblem("most", "Enter a whole number from 0 to 100, or nothing.")
            found["most"] = int(most)
        if names := [name.strip() for name in row.one("number").split(",") if name.strip()]:
            found["other_number"] = names
        if row.one("free"):
            found["counts"] = False
            if "most" not in found:
                raise RowProblem("most", "An attempt that does not count needs a number here, or it never ends.")
        return found

    def means(self, entry: Any) -> Any:
        """Return a cell with every default said; null says as much as no delay."""
        key, cell = entry
        if cell is None:
            return (key, None)
        found = cell if isinstance(cell, Mapping) else {"delays": [cell]}
        return (
            key,
            tuple(found.get("delays", ())),
            found.get("most"),
            found.get("counts", True),
            tuple(found.get("other_number", ())),
            *(bool(found.get(name)) for name in _TICKS),
        )

    def check(self, rows: Sequence[Row], entries: Sequence[Any]) -> None:
        """Refuse two rows of one disposition, but for two that were stored so."""
        seen: dict[str, Row] = {}
        for row, (key, _) in zip(rows, entries, strict=True):
            name = key.strip().lower()
            first = seen.setdefault(name, row)
            if first is not row and (not (row.stored and first.stored) or key == first.one("said")):
                row.problems["said"] = "There is a row for it already: keep one."

    def name_of(self, row: Row, place: int) -> str:
        """Return the outcome in words, or the disposition."""
        outcome = row.one("outcome")
        return (
            MEANINGS[Outcome(outcome)] if outcome in set(RETRYABLE) else row.one("said") or super().name_of(row, place)
        )

    def words(self, entry: Any) -> str:
        """Return a cell that is no rule."""
        return f"{entry[0]}: {super().words(entry[1])}"


class RetryWidget(RowsWidget):
    """A row for each outcome, then those of dispositions; a preset fills them in the page, before anything is saved."""

    def __init__(self) -> None:
        super().__init__(RetryEntries(), "admin/campaigns/inputs/retries.html")

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Name the outcomes, and give the presets as the inputs that they fill."""
        context = super().get_context(name, value, attrs)
        rows = with_every_outcome([one["row"] for one in context["rows"]])
        context["rows"] = [{"index": index, "row": row} for index, row in enumerate(rows)]
        for one in context["rows"]:
            outcome = one["row"].one("outcome")
            known = outcome in set(RETRYABLE)
            one["outcome"], one["label"] = outcome, MEANINGS[Outcome(outcome)] if known else outcome
            one["kept_label"] = key_words(next(iter(loaded(one["row"].stored) or [""])))
            one["may_have_rung"] = known and Outcome(outcome) in MAY_HAVE_RUNG
            one["may_be_absent"] = known and Outcome(outcome) in MAY_BE_ABSENT
        return {
            **context,
            "presets": [(preset, PRESET_WORDS.get(preset, preset.capitalize())) for preset in PRESETS],
            "filled": {preset: self._filled(matrix) for preset, matrix in PRESETS.items()},
            "presets_id": f"{name}-presets",
            "labels": dispositions_read(),
        }

    def _filled(self, matrix: Mapping[str, Any]) -> list[Cells]:
        return [tidy(row.cells) for row in self.entries.rows_of(dict(matrix))]


class RetryField(RowsField):
    """The retry matrix of a campaign."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=RetryWidget(), **kwargs)


def key_words(key: str) -> str:
    """Return after what a cell applies, in words."""
    return MEANINGS[Outcome(key)] if key in set(RETRYABLE) else key.removeprefix(DISPOSITION)


def with_every_outcome(rows: Sequence[Row]) -> list[Row]:
    """Return a row for each outcome, an empty one where there is none, and then the others."""
    by_outcome = {outcome: row for row in rows if (outcome := _outcome_of(row))}
    first = [by_outcome.get(outcome.value) or Row({"outcome": [outcome.value]}) for outcome in RETRYABLE]
    return [*first, *(row for row in rows if not _outcome_of(row))]


def _outcome_of(row: Row) -> str:
    key = row.one("outcome") or next(iter(loaded(row.stored) or [""]))
    return key if key in set(RETRYABLE) else ""


def dispositions_read() -> list[str]:
    """Return the dispositions that were read at the providers, by name."""
    labels = SyncedItem.objects.filter(kind=ItemKind.DISPOSITION, is_gone=False).exclude(name="")
    return [name.lower() for name in labels.order_by("name").values_list("name", flat=True).distinct()[:MOST_LABELS]]
