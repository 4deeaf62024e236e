"""One question to a provider: the request, and how its reply is read. ``dialer.accounts.asking`` puts it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from dialer.providers.vocabulary import ProviderReply, ProviderRequest, Refused, Unclear

T_co = TypeVar("T_co", covariant=True)
U = TypeVar("U")


class Rows(tuple[T_co, ...]):
    """What a list holds. ``unread``: so many of its rows cannot be read; they may be what is missing."""

    unread: int = 0

    @classmethod
    def of(cls, found: Iterable[T_co], *, unread: int = 0) -> Rows[T_co]:
        """Return rows, and how many there were besides."""
        made = cls(found)
        made.unread = unread
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[T_co]):
    """A reply, read. ``value`` is None exactly when there is a ``problem``: Refused (nothing was done) or Unclear.

    ``message`` is what the provider says in words, masked; empty where it says nothing.
    """

    value: T_co | None = None
    problem: Refused | Unclear | None = None
    message: str = ""

    def turned(self, convert: Callable[[T_co], U | Refused | Unclear]) -> Answer[U]:
        """Return the answer with its value converted; what cannot be converted becomes the problem."""
        if self.problem is not None or self.value is None:
            return Answer(problem=self.problem, message=self.message)
        found = convert(self.value)
        if isinstance(found, Refused | Unclear):
            return Answer(problem=found, message=self.message)
        return Answer(value=found, message=self.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Generic[T_co]):
    """A request, and what reads its reply; ``read`` never raises. Nothing here sends anything."""

    request: ProviderRequest
    read: Callable[[ProviderReply], Answer[T_co]]

    def turned(self, convert: Callable[[T_co], U | Refused | Unclear]) -> Question[U]:
        """Return the same question whose answer is converted."""
        return Question(request=self.request, read=lambda reply: self.read(reply).turned(convert))
