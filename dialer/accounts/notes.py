"""Notes on calls at a provider: the dispositions that an account has there, a call's record in its log, and writing."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from dialer.accounts.asking import ask
from dialer.http.client import NotSent, Unanswered
from dialer.models import ProviderAccount, SyncedItem
from dialer.models.synced import ItemKind
from dialer.providers import rereading
from dialer.providers.base import CallReport, LogPage, LogQuery, Note, Refusal, Refused, Unclear

#: A call can begin so much before our request by the provider's clock, which may be slow or cut to whole seconds.
EARLY = timedelta(seconds=5)
#: The log of one number ends after so many pages.
MOST_PAGES = 10
#: Refusals that any other note of the account would meet as well.
ACCOUNT_WIDE = frozenset(
    {Refusal.NO_CAPACITY, Refusal.OUTSIDE_ACTIVE_HOURS, Refusal.CREDENTIALS, Refusal.ADDRESS_NOT_ALLOWED}
)


class Why(enum.Enum):
    """Why a note was not written."""

    ACCOUNT = enum.auto()  # nothing was written, and no other note of the account would be now
    NO_RECORD = enum.auto()  # the log has no record of the call, at least not yet
    REFUSED = enum.auto()  # the provider does not take this note
    UNCLEAR = enum.auto()  # it may have been written


class Unwritten(Exception):
    """A note was not written, or nobody knows. ``reason`` names no secret and no whole number."""

    def __init__(self, why: Why, reason: str) -> None:
        super().__init__(reason)
        self.why = why
        self.reason = reason


def labels_of(*, account: ProviderAccount) -> dict[str, str]:
    """Return the dispositions that the account has at its provider, as last synced: names by id."""
    items = SyncedItem.objects.filter(account=account, kind=ItemKind.DISPOSITION, is_gone=False)
    return {item.external_id: item.name or item.external_id for item in items}


def find_record(*, account: ProviderAccount, number: str, began_after: datetime, began_before: datetime) -> str:
    """Return the key of the record, in the provider's log, of the one call to ``number`` that began between the two.

    Raises Unwritten: ACCOUNT where the log cannot be read, NO_RECORD where no record or more than one fits.
    """
    first = began_after - EARLY
    query = LogQuery(since_at=first, until_at=began_before, to_number=number)
    keys = {
        report.dedupe_key
        for report in _log(account, query)
        if report.dedupe_key and report.started_at and first <= report.started_at <= began_before
    }
    if len(keys) == 1:
        return keys.pop()
    many = "more than one record" if keys else "no record"
    raise Unwritten(Why.NO_RECORD, f"The log of {account.api.name} has {many} of a call to this number at its time")


def write(*, account: ProviderAccount, note: Note) -> None:
    """Write a note, asked for once. Raises Unwritten."""
    name = account.api.name
    try:
        request = account.api.build_note(account=account.config, note=note)
        found = account.api.parse_note(reply=ask(account=account, request=request))
    except ValueError as error:
        raise Unwritten(Why.REFUSED, f"It cannot be written: {error}") from error
    except NotSent as failure:
        raise Unwritten(Why.ACCOUNT, f"{name} is not reached: {failure.reason}") from failure
    except Unanswered as failure:
        raise Unwritten(Why.UNCLEAR, f"{name} did not answer: {failure.reason}") from failure
    if isinstance(found, Refused):
        why = Why.ACCOUNT if found.reason in ACCOUNT_WIDE else Why.REFUSED
        raise Unwritten(why, f"{name} refuses: {found.detail}")
    if isinstance(found, Unclear):
        # The words that follow the status speak of placing a call.
        raise Unwritten(Why.UNCLEAR, f"{name} gave no clear answer: {found.detail.partition(':')[0]}")


def _log(account: ProviderAccount, query: LogQuery) -> Iterator[CallReport]:
    for log in (None, *account.api.logs_beside(account=account.config, query=query)):
        cursor = log
        for _ in range(MOST_PAGES):
            page = _page(account, replace(query, cursor=cursor))
            yield from page.reports
            cursor = page.next_cursor
            if cursor is None:
                break


def _page(account: ProviderAccount, query: LogQuery) -> LogPage:
    api = account.api
    try:
        request = api.build_log(account=account.config, query=query)
        reply = ask(account=account, request=request)
        again = api.build_log_again(account=account.config, query=query, reply=reply)
        reply = reply if again is None else ask(account=account, request=again)
        page = rereading.log_page(provider=api, account=account.config, query=query, reply=reply)
    except ValueError as error:
        raise Unwritten(Why.ACCOUNT, f"The log cannot be read: {error}") from error
    except (NotSent, Unanswered) as failure:
        raise Unwritten(Why.ACCOUNT, f"The log of {api.name} is not reached: {failure.reason}") from failure
    if page is None:
        raise Unwritten(Why.ACCOUNT, f"{api.name} answers with no log")
    return page
