"""What is asked of the provider about its dialers, by the part ``hosted`` of its contract."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from dialer.accounts.asking import put
from dialer.http.client import NotSent, Unanswered
from dialer.models import ProviderAccount
from dialer.providers import rereading
from dialer.providers.base import Question, Refusal, Refused, Unclear
from dialer.providers.parts import HostedDialers
from dialer.providers.parts.hosted import DialerNumber, DialerSettings, DialerState, HostedCall, Taken

T = TypeVar("T")


class Unable(Exception):
    """The provider did not do it or did not say so. ``may_have_happened``: it got the request, and said nothing clear.

    ``refusal`` is set when it said no.
    """

    def __init__(self, detail: str, *, may_have_happened: bool = False, refusal: Refusal | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.may_have_happened = may_have_happened
        self.refusal = refusal


def as_json(settings: DialerSettings) -> dict[str, Any]:
    """Return the settings to be kept, in the words in which they are stored."""
    return {
        "did_no": settings.did,
        "concurrent_calls": settings.concurrent_calls,
        "opens": f"{settings.opens:%H:%M}",
        "closes": f"{settings.closes:%H:%M}",
        "template_id": settings.script_id,
    }


def part_of(account: ProviderAccount) -> HostedDialers:
    """Return the provider's part that has dialers. Raises Unable."""
    part = account.api.hosted
    if part is None:
        raise Unable(f"{account.api.name} has no dialer of its own that runs campaigns")
    return part


def listed(*, account: ProviderAccount, name: str, external_id: int | None) -> DialerState | None:
    """Return a dialer as the provider lists it, by its id or else by its name; None: it lists none such."""
    found = _told(account, part_of(account).dialers(account=account.config))
    if external_id is not None:
        return next((one for one in found if one.id == external_id), None)
    return next((one for one in found if one.name == name), None)


def script_id(*, account: ProviderAccount, name: str) -> int:
    """Return the id of what the dialer plays, which calls may play. Raises Unable."""
    return _told(account, part_of(account).script(account=account.config, name=name))


def create(*, account: ProviderAccount, name: str, settings: DialerSettings) -> int:
    """Make a dialer, off and empty, and return its id. Raises Unable."""
    return _told(account, part_of(account).create(account=account.config, name=name, settings=settings))


def edit(*, account: ProviderAccount, external_id: int, settings: DialerSettings) -> None:
    """Tell a dialer its settings. Raises Unable."""
    _told(account, part_of(account).edit(account=account.config, dialer_id=external_id, settings=settings))


def switch(*, account: ProviderAccount, external_id: int, is_on: bool) -> None:
    """Switch a dialer. Doing it twice changes nothing. Raises Unable."""
    _told(account, part_of(account).switch(account=account.config, dialer_id=external_id, is_on=is_on))


def add(
    *, account: ProviderAccount, external_id: int, numbers: Sequence[DialerNumber], may_send: Callable[[], bool]
) -> Taken:
    """Give numbers to a dialer, once. Raises Unable; what may have happened is never repeated."""
    question = part_of(account).add(account=account.config, dialer_id=external_id, numbers=numbers)
    return _told(account, question, may_send)


def calls(*, account: ProviderAccount, external_id: int) -> tuple[HostedCall, ...]:
    """Return the calls of a dialer, newest first. Raises Unable."""
    question = part_of(account).calls(account=account.config, dialer_id=external_id)
    return _told(account, rereading.whole(question))


def _told(account: ProviderAccount, question: Question[T], may_send: Callable[[], bool] | None = None) -> T:
    try:
        answer = put(account=account, question=question, may_send=may_send)
    except NotSent as error:
        raise Unable(f"Nothing was sent: {error.reason}") from error
    except Unanswered as error:
        raise Unable(f"No answer: {error.reason}", may_have_happened=True) from error
    if isinstance(answer.problem, Unclear):
        raise Unable(answer.problem.detail, may_have_happened=True)
    if isinstance(answer.problem, Refused):
        raise Unable(answer.problem.detail, refusal=answer.problem.reason)
    assert answer.value is not None
    return answer.value
