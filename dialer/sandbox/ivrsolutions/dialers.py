"""The operations on hosted dialers: make, change, switch on and off, and add numbers, with the faults of adding."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from dialer.sandbox.accounts import Account
from dialer.sandbox.behaviours import SILENT_FAULTS, SUFFIXES, Fault
from dialer.sandbox.ivrsolutions.answers import done, error, listing, refused
from dialer.sandbox.ivrsolutions.asking import Ask, operation
from dialer.sandbox.ivrsolutions.dialing import NUMBER
from dialer.sandbox.ivrsolutions.hosted import Entry, HostedDialer, pump
from dialer.sandbox.placing import hang_up_connection, reply_with_fault

#: "Array of numbers with variables (max 100)".
MOST_NUMBERS = 100
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@operation("GET /api/get_dialers_list")
def get_dialers_list(ask: Ask) -> web.Response:
    """List the dialers."""
    return listing([dialer.as_json() for dialer in ask.state.dialers.values()])


@operation("POST /api/create_text_dialer", "name", "did_no", "no_of_call", "start_time", "end_time", "text_template_id")
def create_text_dialer(ask: Ask) -> web.Response:
    """Make a dialer, off and empty."""
    wrong = _wrong(ask)
    if wrong:
        return error(ask.account, 400, wrong)
    state, fields = ask.state, ask.fields
    dialer = HostedDialer(
        id=state.next_dialer_id,
        name=str(fields["name"]),
        did_no=str(fields["did_no"]),
        no_of_calls=int(fields["no_of_call"]),
        start_time=str(fields["start_time"]),
        end_time=str(fields["end_time"]),
        text_template_id=int(fields["text_template_id"]),
    )
    state.next_dialer_id += 1
    state.dialers[dialer.id] = dialer
    return done("Text dialer created successfully", dialer_id=dialer.id)


@operation("POST /api/edit_text_dialer", "id")
def edit_text_dialer(ask: Ask) -> web.Response:
    """Change what is given."""
    dialer = _dialer(ask, "id")
    wrong = _wrong(ask)
    if dialer is None or wrong:
        return error(ask.account, 400, wrong) if wrong else error(ask.account, 404, "Dialer not found")
    fields = ask.fields
    for name in ("name", "did_no", "start_time", "end_time"):
        if name in fields:
            setattr(dialer, name, str(fields[name]))
    dialer.no_of_calls = int(fields.get("no_of_call", dialer.no_of_calls))
    dialer.text_template_id = int(fields.get("text_template_id", dialer.text_template_id))
    pump(ask.exchange, ask.account, dialer)
    return done("Dialer updated successfully")


@operation("POST /api/change_dialer_status", "dialerid", "status")
def change_dialer_status(ask: Ask) -> web.Response:
    """Start or halt dialing immediately; calls that are live go on."""
    dialer = _dialer(ask, "dialerid")
    if dialer is None:
        return error(ask.account, 404, "Dialer not found")
    status = ask.fields["status"]
    if status not in ("on", "off"):
        return error(ask.account, 400, "status must be on or off")
    dialer.is_on = status == "on"
    pump(ask.exchange, ask.account, dialer)
    return done(f"Dialer status changed to {status}")


@operation("POST /api/add_to_ivrdialer", "dialerid", "number")
async def add_to_ivrdialer(ask: Ask) -> web.StreamResponse:
    """Add one number."""
    given = {name: ask.fields[name] for name in ("number", "name", "order_id") if name in ask.fields}
    return await _add(ask, _dialer(ask, "dialerid"), [given], "Number added to dialer successfully")


@operation("POST /api/add_to_ivrdialerbulk", "dialerid", "numbers")
async def add_to_ivrdialerbulk(ask: Ask) -> web.StreamResponse:
    """Add up to 100 numbers."""
    return await _add(ask, _dialer(ask, "dialerid"), ask.fields["numbers"], "{} numbers added to dialer successfully")


@operation("POST /api/add_to_dialer", "recordList")
async def add_to_dialer(ask: Ask) -> web.StreamResponse:
    """Add records to no dialer by name: to the one that was made last."""
    dialer = next(reversed(ask.state.dialers.values()), None)
    return await _add(ask, dialer, ask.fields["recordList"], "{} numbers added to dialer successfully")


async def _add(ask: Ask, dialer: HostedDialer | None, given: Any, message: str) -> web.StreamResponse:
    account = ask.account
    if dialer is None:
        return error(account, 404, "Dialer not found")
    if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
        return error(account, 400, "numbers must be an array of objects")
    if not 1 <= len(given) <= MOST_NUMBERS:
        return error(account, 400, f"Maximum {MOST_NUMBERS} numbers allowed")
    numbers = [str(row.get("number") or "") for row in given]
    fault = account.scripted(_drawn_fault(account, numbers))
    taken = [row for row, number in zip(given, numbers, strict=True) if _is_callable(account, number)]
    if fault not in SILENT_FAULTS:
        for row in taken:
            variables = {str(name): str(value) for name, value in row.items() if name != "number"}
            dialer.pending.append(Entry(str(row["number"]), variables))
        dialer.total += len(taken)
        pump(ask.exchange, account, dialer)

    def accepted() -> web.Response:
        return done(message.format(len(taken))) if taken else error(account, 400, "Invalid phone number")

    if fault is None:
        return accepted()
    reply = await reply_with_fault(
        account,
        ask.request,
        fault=fault,
        turn=dialer.total,
        accepted=accepted,
        refused=lambda refusal: refused(account, refusal),
    )
    return hang_up_connection(ask.request) if reply is None else reply


def _drawn_fault(account: Account, numbers: list[str]) -> Fault | None:
    """Return what goes wrong with adding: by ratio, or as the first number says whose digits choose a reply."""
    fault: Fault | None = account.reply_faults.pick(account.random.random())
    if not account.settings.suffixes:
        return fault
    for number in numbers:
        chosen = SUFFIXES.get(number[-2:])
        if chosen is None or chosen.reply_fault in (None, Fault.REFUSE_NUMBER):
            continue
        if not (chosen.once and account.refused_before(number)):
            return chosen.reply_fault
    return fault


def _is_callable(account: Account, number: str) -> bool:
    if not NUMBER.fullmatch(number):
        return False
    chosen = SUFFIXES.get(number[-2:]) if account.settings.suffixes else None
    return chosen is None or chosen.reply_fault is not Fault.REFUSE_NUMBER


def _dialer(ask: Ask, name: str) -> HostedDialer | None:
    given = ask.text(name)
    return ask.state.dialers.get(int(given)) if given.isdecimal() else None


def _wrong(ask: Ask) -> str | None:
    """Return what is wrong with the fields of a dialer, as far as they are given."""
    fields = ask.fields
    for name in ("no_of_call", "text_template_id"):
        if name in fields and not (str(fields[name]).isdecimal() and int(fields[name]) > 0):
            return f"{name} must be a whole number above 0"
    for name in ("start_time", "end_time"):
        if name in fields and not CLOCK.fullmatch(str(fields[name])):
            return f"{name} must be HH:mm"
    return None
