"""Hosted dialers that speak a text template, by the operations of the document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from dialer.ivrsolutions import dialers, formats, logs, records, rows, templates
from dialer.providers.base import AccountConfig, Answer, Question, Refusal, Refused, Rows, Unclear
from dialer.providers.parts.hosted import DialerNumber, DialerSettings, DialerState, HostedCall, Taken


class TextDialers:
    """The part ``hosted``."""

    most_numbers = dialers.MOST_NUMBERS
    #: The two variables that the document has for a number.
    variables = ("name", "order_id")

    def tries(self, *, account: AccountConfig) -> int:
        """Return the account's setting: no operation tells how often a dialer calls a number."""
        given = str(account.settings.get("hosted_attempts") or "1")
        return int(given) if given.isdecimal() else 1

    def script_of(self, *, options: Mapping[str, Any]) -> str:
        """Return the name of the text template."""
        return str(options.get("template_name", ""))

    def script(self, *, account: AccountConfig, name: str) -> Question[int]:
        """Return "get_text_template_list"; refused for a template that is not there, or is not approved."""
        question = templates.get_text_templates.ask(account)
        return Question(
            request=question.request, read=lambda reply: _named(question.read(reply)).turned(partial(_approved, name))
        )

    def dialers(self, *, account: AccountConfig) -> Question[tuple[DialerState, ...]]:
        """Return "getDialersList"."""
        return dialers.get_dialers.ask(account).turned(lambda found: tuple(map(_state, found)))

    def create(self, *, account: AccountConfig, name: str, settings: DialerSettings) -> Question[int]:
        """Return "createTextDialer"."""
        question = dialers.create_text_dialer.ask(
            account,
            name=name,
            did_no=settings.did,
            concurrent_calls=settings.concurrent_calls,
            start_time=settings.opens,
            end_time=settings.closes,
            text_template_id=settings.script_id,
        )
        return question.turned(lambda made: Unclear(detail="The reply names no dialer") if made.id is None else made.id)

    def edit(self, *, account: AccountConfig, dialer_id: int, settings: DialerSettings) -> Question[object]:
        """Return "editTextDialer"."""
        return dialers.edit_text_dialer.ask(
            account,
            dialer_id=dialer_id,
            did_no=settings.did,
            concurrent_calls=settings.concurrent_calls,
            start_time=settings.opens,
            end_time=settings.closes,
            text_template_id=settings.script_id,
        )

    def switch(self, *, account: AccountConfig, dialer_id: int, is_on: bool) -> Question[object]:
        """Return "changeDialerStatus"."""
        return dialers.change_dialer_status.ask(account, dialer_id=dialer_id, is_on=is_on)

    def add(self, *, account: AccountConfig, dialer_id: int, numbers: Sequence[DialerNumber]) -> Question[Taken]:
        """Return "addToDialerBulk"."""
        given = [
            dialers.DialerNumber(number=one.number, **{name: value or None for name, value in one.variables.items()})
            for one in numbers
        ]
        question = dialers.add_numbers.ask(account, dialer_id=dialer_id, numbers=given)
        return question.turned(lambda added: Taken(count=added.count))

    def calls(self, *, account: AccountConfig, dialer_id: int) -> Question[tuple[HostedCall, ...]]:
        """Return "getDialerLogs" of one dialer. Raises ValueError when the account's time zone does not exist."""
        time_zone = formats.zone(account.time_zone)
        return logs.dialer_logs.ask(account, dialer_id=dialer_id).turned(
            lambda found: tuple(
                HostedCall(report=rows.report(row, time_zone=time_zone), tries=row.attempts) for row in found
            )
        )


def _named(answer: Answer[Rows[records.Item]]) -> Answer[Rows[records.Item]]:
    """Say of a problem that it is the list's: nothing is known of the template then."""
    if answer.problem is None:
        return answer
    detail = f"Its list of text templates cannot be read: {answer.problem.detail}"
    return Answer(problem=Unclear(detail=detail), message=answer.message)


def _approved(name: str, found: Rows[records.Item]) -> int | Refused | Unclear:
    mine = next((one for one in found if one.name == name), None)
    if mine is None and found.unread:
        detail = f"Its list of text templates cannot be read: {found.unread} rows of it are none"
        return Unclear(detail=detail)
    if mine is None or not (mine.id or "").isdecimal():
        detail = f"The provider has no text template called {name}"
        return Refused(reason=Refusal.UNKNOWN_TARGET, detail=detail)
    if mine.status and mine.status.lower() != "approved":
        return Refused(reason=Refusal.UNKNOWN_TARGET, detail=f"Its text template is {mine.status} at the provider")
    return int(str(mine.id))


def _state(dialer: records.HostedDialer) -> DialerState:
    return DialerState(
        id=dialer.id,
        name=dialer.name,
        is_on=dialer.is_on,
        total_numbers=dialer.total_numbers,
        pending_numbers=dialer.pending,
    )
