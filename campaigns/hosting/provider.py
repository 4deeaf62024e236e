"""What is asked of the provider about its dialers. Source of the operations: ``dialer.ivrsolutions.dialers``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any, TypeVar

from dialer.accounts.asking import ask
from dialer.http.client import NotSent, Unanswered
from dialer.ivrsolutions import dialers, logs, templates
from dialer.ivrsolutions.answers import Answer
from dialer.ivrsolutions.dialers import DialerNumber
from dialer.ivrsolutions.operation import Operation
from dialer.ivrsolutions.records import Added, HostedDialer
from dialer.ivrsolutions.rows import LogRow
from dialer.models import ProviderAccount
from dialer.providers.base import ProviderReply, Refusal, Refused, Unclear

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a dialer is told. Times of day are of the account's clock, whole minutes."""

    did_no: str
    concurrent_calls: int
    opens: time
    closes: time
    template_id: int

    def as_json(self) -> dict[str, Any]:
        """Return the settings to be kept."""
        return {
            "did_no": self.did_no,
            "concurrent_calls": self.concurrent_calls,
            "opens": f"{self.opens:%H:%M}",
            "closes": f"{self.closes:%H:%M}",
            "template_id": self.template_id,
        }


def listed(*, account: ProviderAccount, name: str, external_id: int | None) -> HostedDialer | None:
    """Return a dialer as the provider lists it, by its id or else by its name; None: it lists none such."""
    found = _done(account, dialers.get_dialers, dialers.get_dialers(account.config))
    if external_id is not None:
        return next((one for one in found if one.id == external_id), None)
    return next((one for one in found if one.name == name), None)


def template_id(*, account: ProviderAccount, template_name: str) -> int:
    """Return the id of an approved text template. Raises Unable."""
    found = _done(account, templates.get_text_templates, templates.get_text_templates(account.config))
    mine = next((one for one in found if one.name == template_name), None)
    if mine is None or not (mine.id or "").isdecimal():
        raise Unable(f"The provider has no text template called {template_name}", refusal=Refusal.UNKNOWN_TARGET)
    if mine.status and mine.status.lower() != "approved":
        raise Unable(f"Its text template is {mine.status} at the provider", refusal=Refusal.UNKNOWN_TARGET)
    return int(str(mine.id))


def create(*, account: ProviderAccount, name: str, settings: Settings) -> int:
    """Make a dialer, off and empty, and return its id. Raises Unable."""
    request = dialers.create_text_dialer(
        account.config,
        name=name,
        did_no=settings.did_no,
        concurrent_calls=settings.concurrent_calls,
        start_time=settings.opens,
        end_time=settings.closes,
        text_template_id=settings.template_id,
    )
    made = _done(account, dialers.create_text_dialer, request)
    if made.id is None:
        raise Unable("The reply names no dialer", may_have_happened=True)
    return made.id


def edit(*, account: ProviderAccount, external_id: int, settings: Settings) -> None:
    """Tell a dialer its settings. Raises Unable."""
    request = dialers.edit_text_dialer(
        account.config,
        dialer_id=external_id,
        did_no=settings.did_no,
        concurrent_calls=settings.concurrent_calls,
        start_time=settings.opens,
        end_time=settings.closes,
        text_template_id=settings.template_id,
    )
    _done(account, dialers.edit_text_dialer, request)


def switch(*, account: ProviderAccount, external_id: int, is_on: bool) -> None:
    """Switch a dialer. Doing it twice changes nothing. Raises Unable."""
    request = dialers.change_dialer_status(account.config, dialer_id=external_id, is_on=is_on)
    _done(account, dialers.change_dialer_status, request)


def add(
    *, account: ProviderAccount, external_id: int, numbers: Sequence[DialerNumber], may_send: Callable[[], bool]
) -> Added:
    """Give numbers to a dialer, once. Raises Unable; whatever may have happened is never to be repeated."""
    request = dialers.add_numbers(account.config, dialer_id=external_id, numbers=numbers)
    return _done(account, dialers.add_numbers, request, may_send)


def log(*, account: ProviderAccount, external_id: int) -> tuple[tuple[LogRow, ...], ProviderReply]:
    """Return the calls of a dialer, newest first, and the reply as it came. Raises Unable."""
    reply = _reply(account, logs.dialer_logs(account.config, dialer_id=external_id))
    return _value(logs.dialer_logs.parse(reply=reply)), reply


def _done(
    account: ProviderAccount, operation: Operation[..., T], request: Any, may_send: Callable[[], bool] | None = None
) -> T:
    return _value(operation.parse(reply=_reply(account, request, may_send)))


def _reply(account: ProviderAccount, request: Any, may_send: Callable[[], bool] | None = None) -> ProviderReply:
    try:
        return ask(account=account, request=request, may_send=may_send)
    except NotSent as error:
        raise Unable(f"Nothing was sent: {error.reason}") from error
    except Unanswered as error:
        raise Unable(f"No answer: {error.reason}", may_have_happened=True) from error


def _value(answer: Answer[T]) -> T:
    if isinstance(answer.problem, Unclear):
        raise Unable(answer.problem.detail, may_have_happened=True)
    if isinstance(answer.problem, Refused):
        raise Unable(answer.problem.detail, refusal=answer.problem.reason)
    assert answer.value is not None
    return answer.value
