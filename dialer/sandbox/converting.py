"""Converters of setting values: each returns the value as it is kept, or raises TypeError or ValueError."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from dialer.sandbox.behaviours import REPLY_FAULTS, Fault, Outcome
from dialer.sandbox.hours import parse_hours

T = TypeVar("T")


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("must be a text")
    return value


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("must be true or false")
    return value


def count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError("must be a whole number, 0 or more")
    return value


def seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise TypeError("must be a number of seconds, 0 or more")
    return float(value)


def seconds_range(value: Any) -> tuple[float, float]:
    low, high = (seconds(part) for part in value)
    if low > high:
        raise ValueError("must be [min, max]")
    return low, high


def texts(value: Any) -> dict[str, str]:
    return {text(key): text(part) for key, part in dict(value).items()}


def text_list(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise TypeError("must be a list of texts")
    return [text(part) for part in value]


def maybe(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


def hours(value: Any) -> Any:
    parse_hours(value)
    return value


def zone(value: Any) -> str:
    return ZoneInfo(text(value)).key


def one_of(*words: T) -> Callable[[Any], T]:
    def convert(value: Any) -> T:
        if isinstance(value, bool) or value not in words:
            raise ValueError(f"must be one of {', '.join(map(str, words))}")
        return words[words.index(value)]

    return convert


def shares(value: Any) -> dict[str, float]:
    mix = {text(key): seconds(part) for key, part in dict(value).items()}
    if not mix or sum(mix.values()) <= 0:
        raise ValueError("needs a share above 0")
    return mix


def outcome_shares(value: Any) -> dict[str, float]:
    mix = shares(value)
    for name in mix:
        if name == Outcome.REFUSED:
            raise ValueError("REFUSED is no way to end: use a fault")
        Outcome(name)
    return mix


def ratios(value: Any) -> dict[str, float]:
    drawn = {Fault(key).value: seconds(part) for key, part in dict(value).items()}
    if any(ratio > 1 for ratio in drawn.values()):
        raise ValueError("ratios lie between 0 and 1")
    return drawn


def reply_faults(value: Any) -> list[str]:
    given = text_list(value)
    unknown = set(given) - {"", *REPLY_FAULTS}
    if unknown:
        raise ValueError(f"not of a reply: {', '.join(sorted(unknown))}")
    return given


def limits(value: Any) -> dict[str, Any]:
    known: dict[str, Callable[[Any], Any]] = {
        "account": maybe(count),
        "calls_per_second": maybe(count),
        "arrival_jitter_seconds": seconds,
        "dids": lambda part: {text(key): count(limit) for key, limit in part.items()},
        "agents": lambda part: {text(key): count(limit) for key, limit in part.items()},
    }
    unknown = set(value) - set(known)
    if unknown:
        raise ValueError(f"unknown limits: {', '.join(sorted(unknown))}")
    return {key: known[key](part) for key, part in value.items()}


def seconds_list(value: Any) -> list[float]:
    return [seconds(part) for part in value]


Text = Annotated[str, text]
Flag = Annotated[bool, flag]
Count = Annotated[int, count]
Seconds = Annotated[float, seconds]
Range = Annotated[tuple[float, float], seconds_range]
Texts = Annotated[dict[str, str], texts]
TextList = Annotated[list[str], text_list]
MaybeTexts = Annotated[dict[str, str] | None, maybe(texts)]
MaybeTextList = Annotated[list[str] | None, maybe(text_list)]
MaybeSecondsList = Annotated[list[float] | None, maybe(seconds_list)]
MaybeHours = Annotated[dict[str, str] | None, hours]
Shares = Annotated[dict[str, float], shares]
OutcomeShares = Annotated[dict[str, float], outcome_shares]
Ratios = Annotated[dict[str, float], ratios]
FaultList = Annotated[list[str], reply_faults]
Limits = Annotated[dict[str, Any], limits]
MaybeCount = Annotated[int | None, maybe(count)]
Zone = Annotated[str, zone]
