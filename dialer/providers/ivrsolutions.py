"""IVR Solutions: calls that play a flow, speak a text, run a bot or ring an agent first; results by push and log.

Source: IVR Solutions public OpenAPI 3.0.3 document; ``dialer.ivrsolutions`` has all its 66 operations, this module uses
those that place calls and list them.

Correlation is NUMBER_AND_TIME. A reply gives a ``call_id`` or ``logid``, but no log has such a field: records carry
their own ``recordid``, of another form in every example (``call_abc123xyz``, 123456, 78901), nothing says that one is
the other, and three of the dial operations document no id at all. "Get Call Status" takes no id and lists labels, so
one call cannot be asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from dialer.ivrsolutions import calls, dialing, formats, logs, note_ways, numbers, pushes, records, rows, signing
from dialer.ivrsolutions.answers import judge, refuses_header
from dialer.ivrsolutions.operation import with_query_token
from dialer.ivrsolutions.parts.hosted import TextDialers
from dialer.ivrsolutions.parts.lists import AccountLists
from dialer.ivrsolutions.parts.numbers_for_sale import NumberShop
from dialer.ivrsolutions.parts.push_registration import WebhookUrl
from dialer.ivrsolutions.parts.staff import AccountStaff
from dialer.ivrsolutions.parts.texts import TextTemplates
from dialer.ivrsolutions.placing import AGENT_FIELDS, AI_FIELDS, BOT_FIELDS, FLOW_FIELDS, TEXT_FIELDS, build
from dialer.providers import building, parsing, replies
from dialer.providers.base import (
    Accepted,
    AccountConfig,
    Action,
    AgentKind,
    CallReport,
    Capabilities,
    Correlation,
    Field,
    LogPage,
    LogQuery,
    Malformed,
    Note,
    NoteWay,
    Placement,
    PlaceResult,
    Provider,
    ProviderReply,
    ProviderRequest,
    Push,
    PushDoubt,
    Refused,
    Rows,
    Unclear,
    load_object,
)

#: The cursor of the second log of a look-up by number; the first has none.
C2C_PAGE = "c2c"
#: The cursor of the log of masked calls, which is read beside a pull and beside a whole stretch.
MASKED_PAGE = "masked"
#: A row of the masked calls is kept while its call's end is not longer ago than this before the stretch asked for.
MASKED_LATE = timedelta(minutes=15)
#: When look-ups by number carry the token in their address too.
WHEN_REFUSED, ALWAYS, NEVER = "when_refused", "always", "off"
YES, NO = "yes", "no"


class IVRSolutions(Provider):
    """The provider of this module."""

    slug = "ivrsolutions"
    name = "IVR Solutions"
    default_base_url = "https://api.ivrsolutions.in"
    capabilities = Capabilities(
        correlation=Correlation.NUMBER_AND_TIME,
        tells=frozenset({"digits", "duration_seconds", "recording_url"}),
        actions=frozenset(
            {Action.PLAY_FLOW, Action.SPEAK_TEXT, Action.VOICE_BOT, Action.AI_AGENT, Action.CONNECT_AGENT}
        ),
        pulls_logs=True,
        log_cursor_lasts=True,
        # Not of agents: calls by click_connect are in a log of their own.
        logs_every_call_of=frozenset({Action.PLAY_FLOW, Action.SPEAK_TEXT, Action.VOICE_BOT, Action.AI_AGENT}),
        lists_numbers=True,
        takes_notes=True,
        signs_pushes=True,
        agent_kinds=frozenset({AgentKind.EXTENSION, AgentKind.NUMBER}),
        actions_without_caller_id=frozenset({Action.AI_AGENT}),
        lists=True,
        staff=True,
        numbers_for_sale=True,
        texts=True,
        push_registration=True,
        hosted_actions=frozenset({Action.SPEAK_TEXT}),
    )
    credential_fields = (
        Field(name="api_key", label="API token", required=True, secret=True, help="Dashboard: Settings → API."),
        Field(
            name="webhook_secret",
            label="Webhook secret",
            secret=True,
            help="The secret_key that the webhook URL was registered with. With it every push must be signed.",
        ),
    )
    setting_fields = (
        Field(
            name="signature_header",
            label="Signature header",
            help="The document names none: look at a stored push. Left empty: any header may hold the signature.",
        ),
        Field(
            name="signature_recipe",
            label="Signature recipe",
            default="hmac-sha256",
            choices=signing.RECIPES,
            help="none: only the secret in the push URL protects the account.",
        ),
        Field(
            name="push_fields",
            label="Push fields",
            help="Where a push holds what, from a stored one: to_number=data.phone, status=data.state. "
            f"Our names: {', '.join(pushes.FIELDS)}.",
        ),
        Field(
            name="push_words",
            label="Push words",
            help="What words of a push mean: hangup=ANSWERED, ring=RINGING. An unexplained word is kept, not guessed.",
        ),
        Field(
            name="hosted_attempts",
            label="Attempts of hosted dialers",
            default="1",
            help="How often the provider's own dialers call a number that does not answer; the last one is the result.",
        ),
        Field(
            name="look_up_token",
            label="Token in look-ups",
            default=WHEN_REFUSED,
            choices=(WHEN_REFUSED, ALWAYS, NEVER),
            help="The document demands the token in the address of look-ups by number, where it reaches access logs of "
            "the provider. when_refused: once more with it where a look-up is answered 401 or 422 without it.",
        ),
        Field(
            name="masked_calls",
            label="Read the log of masked calls",
            default=YES,
            choices=(YES, NO),
            help="Results of click_connect are in a log of their own. no: the account connects nobody by it.",
        ),
        Field(
            name="write_back",
            label="Write notes back",
            choices=tuple(note_ways.WAYS),
            help="remark: a label on the call's record, which is looked up by number and time. note: a note by the id "
            "that the provider gave the call, sent once. Left empty: notes are kept here.",
        ),
        Field(
            name="disposition_labels",
            label="Labels of dispositions",
            help="Which of the provider's labels a disposition is, by id: INTERESTED=1, CALLBACK=3. Others go by name.",
            picks="DISPOSITION",
        ),
        # In every example of the document: https://calls.ivrsolutions.in/monitor/….mp3
        replace(building.RECORDING_HOSTS, default="calls.ivrsolutions.in"),
    )
    option_fields: ClassVar[Mapping[Action, tuple[Field, ...]]] = {
        Action.PLAY_FLOW: FLOW_FIELDS,
        Action.SPEAK_TEXT: TEXT_FIELDS,
        Action.VOICE_BOT: BOT_FIELDS,
        Action.AI_AGENT: AI_FIELDS,
        Action.CONNECT_AGENT: AGENT_FIELDS,
    }
    lists = AccountLists()
    staff = AccountStaff()
    numbers_for_sale = NumberShop()
    texts = TextTemplates()
    push_registration = WebhookUrl()
    hosted = TextDialers()

    def build_place(self, *, account: AccountConfig, placement: Placement) -> ProviderRequest:
        """Return the operation for the placement's action. It has no field for ring time or recording."""
        return build(account=account, placement=placement)

    def parse_place(self, *, reply: ProviderReply) -> PlaceResult:
        """Return what the reply means, by HTTP status and the body's ``status`` together."""
        problem = judge(reply=reply)
        return problem or Accepted(external_id=records.placed(load_object(reply.body) or {}).external_id)

    def build_log(self, *, account: AccountConfig, query: LogQuery) -> ProviderRequest:
        """Return the pull of new records; with a number, the look-up of that number, in two pages.

        A whole stretch is asked for by days of the account's clock; the other operations take no times. Raises
        ValueError when the account's time zone does not exist.
        """
        time_zone = formats.zone(account.time_zone)
        if query.to_number is not None:
            request = _look_up(account, query, query.to_number)
            return with_query_token(request, account=account) if _token_of_look_ups(account) == ALWAYS else request
        first, last = (at.astimezone(time_zone).date() for at in (query.since_at, query.until_at))
        if query.cursor == MASKED_PAGE:
            return calls.click_connect_logs(account, from_date=first, to_date=last, orderby="desc")
        if query.whole:
            return logs.call_logs(account, from_date=first, to_date=last)
        return logs.all_call_logs(account, cursors=logs.Cursors.from_text(query.cursor))

    def build_log_again(
        self, *, account: AccountConfig, query: LogQuery, reply: ProviderReply
    ) -> ProviderRequest | None:
        """Return a refused look-up by number with the token in its query, where the account's setting allows it."""
        if query.to_number is None or _token_of_look_ups(account) != WHEN_REFUSED or not refuses_header(reply=reply):
            return None
        return with_query_token(_look_up(account, query, query.to_number), account=account)

    def logs_beside(self, *, account: AccountConfig, query: LogQuery) -> tuple[str, ...]:
        """Return the click-to-call log for a number, the log of masked calls for a stretch."""
        if query.to_number is not None:
            return (C2C_PAGE,)
        return () if account.settings.get("masked_calls") == NO else (MASKED_PAGE,)

    def parse_log(self, *, account: AccountConfig, query: LogQuery, reply: ProviderReply) -> LogPage | None:
        """Return the outbound calls of a page. ``next_cursor`` of a pull is for the next pull: keep it.

        Raises ValueError when the account's time zone does not exist: all times would be off.
        """
        time_zone = formats.zone(account.time_zone)
        if query.to_number is not None:
            return _by_number(query, reply, time_zone)
        if query.cursor == MASKED_PAGE:
            return _masked(query, reply, time_zone)
        if query.whole:
            return _whole(query, reply, time_zone)
        recent = logs.all_call_logs.parse(reply=reply).value
        if recent is None or not recent.is_log:
            return None
        cursors = logs.Cursors.from_text(query.cursor).after(recent.rows)
        found = tuple(rows.report(row, time_zone=time_zone) for row in recent.rows if row.is_outbound)
        return LogPage(reports=found, next_cursor=cursors.as_text(), full=bool(recent.full))

    def build_check(self, *, account: AccountConfig) -> ProviderRequest:
        """Return the list of call flows: it needs the token and changes nothing."""
        return dialing.get_call_flows(account)

    def parse_check(self, *, reply: ProviderReply) -> Refused | Unclear | None:
        """Return what the reply has against the account, by HTTP status and the body's ``status`` together."""
        if 200 <= reply.status < 300 and load_object(reply.body) is None:
            return replies.unclear(reply=reply, why=replies.NO_JSON)
        return judge(reply=reply)

    def build_numbers(self, *, account: AccountConfig) -> ProviderRequest:
        """Return the list of the account's DIDs."""
        return numbers.get_linked_dids(account)

    def parse_numbers(self, *, reply: ProviderReply) -> Rows[str] | Refused | Unclear:
        """Return the DIDs in E.164; those that are no whole number are counted."""
        answer = numbers.get_linked_dids.parse(reply=reply)
        if answer.problem is not None or answer.value is None:
            return answer.problem or replies.unclear(reply=reply, why=replies.NO_JSON)
        return Rows.of((did.number for did in answer.value if did.number), unread=answer.value.unread)

    def note_way(self, *, account: AccountConfig) -> NoteWay | None:
        """Return the way that the account's setting ``write_back`` chooses."""
        return note_ways.WAYS.get(note_ways.chosen_way(account))

    def label_of(self, *, account: AccountConfig, disposition: str, labels: Mapping[str, str]) -> str:
        """Return the label that the account's ``disposition_labels`` name, else the one of that name."""
        named = note_ways.named_labels(account).get(parsing.word(disposition))
        return named or super().label_of(account=account, disposition=disposition, labels=labels)

    def build_note(self, *, account: AccountConfig, note: Note) -> ProviderRequest:
        """Return "Update Call Remark" or "Add a note to a call", as the account has chosen."""
        return note_ways.build(account=account, note=note)

    def parse_note(self, *, reply: ProviderReply) -> Refused | Unclear | None:
        """Return what the reply has against the note, by HTTP status and the body's ``status`` together."""
        return judge(reply=reply)

    def authenticate_push(self, *, account: AccountConfig, push: Push) -> bool:
        """Return whether the push is signed as the account's settings say; see ``dialer.ivrsolutions.signing``."""
        return signing.is_authentic(
            headers=push.headers,
            body=push.body,
            secret=account.credentials.get("webhook_secret", ""),
            header=str(account.settings.get("signature_header") or ""),
            recipe=str(account.settings.get("signature_recipe") or "hmac-sha256"),
        )

    def push_doubt(self, *, account: AccountConfig) -> PushDoubt | None:
        """Return what ``dialer.ivrsolutions.signing`` makes of an account without a secret."""
        if account.credentials.get("webhook_secret") or account.settings.get("signature_recipe") == "none":
            return None
        return PushDoubt.REFUSED if account.settings.get("signature_header") else PushDoubt.UNCHECKED

    def parse_push(self, *, account: AccountConfig, push: Push) -> list[CallReport]:
        """Return what a push says by the account's field map; see ``dialer.ivrsolutions.pushes``."""
        try:
            names = pushes.PushMap.from_settings(account.settings)
            time_zone = formats.zone(account.time_zone)
        except ValueError as error:
            raise Malformed(f"the account's settings: {error}"[:200]) from error
        return pushes.parse(push=push, names=names, time_zone=time_zone)

    def is_decided(self, *, account: AccountConfig, payload: Mapping[str, Any]) -> bool:
        """Return whether a record says who called whom and how long: these tell what is not ours, or no end."""
        values = pushes.PushMap.from_settings(account.settings).read(payload)
        return "record_id" not in values or ("direction" in values and "duration_seconds" in values)

    def dedupe_key(self, *, push: Push) -> str | None:
        """Return a digest of the body if it names its call; two events without an id can be equal and yet differ."""
        fields: Mapping[str, Any] = pushes.body_fields(push)
        ids = (parsing.identifier(fields.get(name)) for name in ("call_id", "logid", "recordid"))
        return hashlib.sha256(push.body).hexdigest() if any(ids) else None


def _token_of_look_ups(account: AccountConfig) -> str:
    return str(account.settings.get("look_up_token") or WHEN_REFUSED)


def _look_up(account: AccountConfig, query: LogQuery, number: str) -> ProviderRequest:
    look_up = logs.c2clog_by_number if query.cursor == C2C_PAGE else logs.calllog_by_number
    return look_up(account, phone=number)


def _by_number(query: LogQuery, reply: ProviderReply, time_zone: ZoneInfo) -> LogPage | None:
    """Return one log of a look-up by number, without calls of others."""
    look_up = logs.c2clog_by_number if query.cursor == C2C_PAGE else logs.calllog_by_number
    found = look_up.parse(reply=reply).value
    if found is None:
        return None
    wanted = [row for row in found if row.is_outbound and parsing.same_number(row.customer_no, query.to_number)]
    reports = tuple(rows.report(row, time_zone=time_zone) for row in wanted)
    return LogPage(reports=reports, unread=found.unread)


def _masked(query: LogQuery, reply: ProviderReply, time_zone: ZoneInfo) -> LogPage | None:
    """Return the masked calls that ended in the stretch or shortly before: the log is of whole days.

    A call is there once it is over, and the stretch is that of calls under way.
    """
    found = calls.click_connect_logs.parse(reply=reply).value
    if found is None:
        return None
    reports = (rows.report(row, time_zone=time_zone) for row in found)
    late = tuple(each for each in reports if _ended_after(each, query.since_at - MASKED_LATE))
    return LogPage(reports=late, unread=found.unread)


def _ended_after(report: CallReport, at: datetime) -> bool:
    if report.started_at is None:
        return True
    return report.started_at + timedelta(seconds=report.duration_seconds or 0.0) >= at


def _whole(query: LogQuery, reply: ProviderReply, time_zone: ZoneInfo) -> LogPage | None:
    """Return the outbound calls of the stretch that is asked for: the log is of whole days."""
    found = logs.call_logs.parse(reply=reply).value
    if found is None:
        return None
    reports = [rows.report(row, time_zone=time_zone) for row in found if row.is_outbound]
    within = [each for each in reports if each.started_at and query.since_at <= each.started_at <= query.until_at]
    unclear = any(row.is_outbound is None for row in found) or any(each.started_at is None for each in reports)
    return LogPage(reports=tuple(within), leaves_out=unclear, unread=found.unread)


provider = IVRSolutions()
