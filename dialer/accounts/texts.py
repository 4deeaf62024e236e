"""Sends text templates to a provider to be approved, each once.

What was sent and had no clear answer may be there: before anything is sent, each time, the provider's list is read and
looked through by name. Where it cannot be read, nothing is sent. No operation changes a text that is there.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import transaction

from dialer.accounts.asking import put
from dialer.accounts.sync.reading import sync_kind
from dialer.acts.telephone import ADD_TEXT, SEND_TEXT
from dialer.audit import record
from dialer.http.client import NotSent, Unanswered
from dialer.models import ProviderAccount
from dialer.models.synced import ItemKind, SyncedItem
from dialer.models.texts import TextState, TextTemplate
from dialer.providers.base import Refused, Unclear

log = structlog.get_logger(__name__)

#: The answer to a request that is younger than this may still come, and its template may still appear in the list.
SETTLES_WITHIN = timedelta(minutes=2)


class UnableToSubmit(Exception):
    """The text is not at the provider, and why. ``field``: the input it is about. ``may_be_sent``: not certain."""

    def __init__(self, reason: str, *, field: str = "", may_be_sent: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
        self.may_be_sent = may_be_sent


def submit_text(*, account: ProviderAccount, name: str, text: str, now: datetime, by: str) -> TextTemplate:
    """Have the provider make a text template, and return it with what is known of its approval.

    The same name and text again send nothing again: it is looked for in the provider's list. Raises UnableToSubmit.
    """
    part = account.api.texts
    if part is None:
        raise UnableToSubmit(f"{account.api.name} has no text templates.", field="account")
    listed = _look(account, name, now)
    made = _begin(account, name, text, listed=listed, now=now, by=by)
    if made.state == TextState.SENT:
        return made
    question = part.submit(account=account.config, name=name, text=text)
    try:
        problem = put(account=account, question=question).problem
    except NotSent as failure:
        _end(made, TextState.REFUSED, problem=f"Nothing was sent: {failure.reason}")
        raise UnableToSubmit(f"{account.api.name} is not reached: nothing was sent.") from failure
    except Unanswered as failure:
        problem = Unclear(detail=failure.reason)
    if isinstance(problem, Refused):
        _end(made, TextState.REFUSED, problem=problem.detail)
        raise UnableToSubmit(f"{account.api.name} refuses: {problem.detail}.")
    _end(made, TextState.SENT if problem is None else TextState.UNCERTAIN, problem=problem.detail if problem else "")
    log.info("text template sent", account_id=account.pk, text_id=made.pk, state=made.state)
    return _settled(made, now)


def look_again(*, made: TextTemplate, now: datetime) -> TextTemplate:
    """Read the provider's list: whether a text arrived, and is approved. Sends no text. Raises UnableToSubmit."""
    if _look(made.account, made.name, now) is not None:
        _end(made, TextState.SENT)
    elif made.state == TextState.SENDING and now - made.asked_at > SETTLES_WITHIN:
        _end(made, TextState.UNCERTAIN, problem="It ended without an answer")
    return made


def _look(account: ProviderAccount, name: str, now: datetime) -> SyncedItem | None:
    """Read the list of templates, keep it, and return the one called ``name``."""
    done = sync_kind(account=account, kind="TEXT_TEMPLATE", now=now)
    if done.problem:
        raise UnableToSubmit(f"The templates that are there could not be read, so nothing was sent: {done.problem}.")
    listed = SyncedItem.objects.filter(account=account, kind=ItemKind.TEXT_TEMPLATE, name=name, is_gone=False)
    return listed.first()


@transaction.atomic
def _begin(
    account: ProviderAccount, name: str, text: str, *, listed: SyncedItem | None, now: datetime, by: str
) -> TextTemplate:
    """Return the template: SENT where the provider has it, else SENDING, for this caller alone to send.

    Raises UnableToSubmit where another text is there under this name, or where an earlier request may still arrive.
    """
    ProviderAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
    made = TextTemplate.objects.filter(account=account, name=name).first()
    act, what = (ADD_TEXT, "Added") if made is None else (SEND_TEXT, "Sent again")
    if listed is not None:
        if not _is_same(account, listed, text):
            raise UnableToSubmit(
                "The provider has another text under this name, and a text cannot be changed there: choose another "
                "name.",
                field="name",
            )
        made = made or TextTemplate(account=account, name=name)
        made.text, made.state, made.problem = text, TextState.SENT, ""
    elif made is not None and _may_still_arrive(made, now):
        raise UnableToSubmit(
            "It was sent less than two minutes ago and is not in the provider's list yet. Send it again in two "
            "minutes: the list is looked at first.",
            may_be_sent=True,
        )
    else:
        made = made or TextTemplate(account=account, name=name)
        made.text, made.state, made.problem = text, TextState.SENDING, ""
    made.asked_at, made.asked_by = now, by[:150]
    made.save()
    record(act=act.name, what=what, subject=made, now=now)
    return made


def _may_still_arrive(made: TextTemplate, now: datetime) -> bool:
    return made.state != TextState.REFUSED and now - made.asked_at < SETTLES_WITHIN


def _is_same(account: ProviderAccount, listed: SyncedItem, text: str) -> bool:
    """Return whether a listed template can be this text: where the list shows no text, the name alone tells."""
    part = account.api.texts
    shown = part.text_of(details=listed.details) if part is not None else None
    return shown is None or shown.split() == text.split()


def _end(made: TextTemplate, state: TextState, *, problem: str = "") -> None:
    TextTemplate.objects.filter(pk=made.pk).update(state=state, problem=problem[:300])
    made.state, made.problem = state, problem[:300]


def _settled(made: TextTemplate, now: datetime) -> TextTemplate:
    """Read the list once more, so that the approval is known. Raises UnableToSubmit while it may not be there."""
    sent = made.state == TextState.SENT
    try:
        look_again(made=made, now=now)
    except UnableToSubmit as failure:
        log.warning("text templates not listed", account_id=made.account_id, reason=failure.reason)
    if not sent and made.state != TextState.SENT:
        raise UnableToSubmit(
            "There was no clear answer, and the template is not in the provider's list (yet). Send it again in two "
            "minutes: the list is looked at first, so that it is not made twice.",
            may_be_sent=True,
        )
    return made
