"""Notes on calls: the labels, a label on a record, a note by the id of a call. The ledger's rows show them."""

from __future__ import annotations

import asyncio
from time import time

from aiohttp import web

from dialer.sandbox.behaviours import Fault
from dialer.sandbox.calls import Call
from dialer.sandbox.ivrsolutions.answers import done, error, success
from dialer.sandbox.ivrsolutions.asking import Ask, operation
from dialer.sandbox.placing import hang_up_connection
from dialer.sandbox.replies import json_reply

DISPOSITIONS = (
    *("Interested", "Not Interested", "Call Back Later", "Wrong Number"),
    *("DND", "Converted", "Follow Up Required"),
)


@operation("GET /api/get_call_status")
def get_call_status(ask: Ask) -> web.Response:
    """Answer with the dispositions of the document; it takes no id of a call, in spite of its name."""
    return json_reply(
        {"status": True, "data": [{"id": index, "name": name} for index, name in enumerate(DISPOSITIONS, start=1)]}
    )


@operation("POST /api/update_call_note", "record_id", "call_status", "call_type")
async def update_call_note(ask: Ask) -> web.Response:
    """Set label and remark of a record, which is named by type and id together."""
    category = {"c2c": "c2c", "dialer": "dialer"}.get(ask.text("call_type"), "call")
    records = {str(record.record_id): record for record in ask.state.records.by_category[category]}
    record = records.get(ask.text("record_id"))
    if record is None:
        return error(ask.account, 404, "Record not found")
    if not ask.text("call_status").isdecimal() or not 1 <= int(ask.text("call_status")) <= len(DISPOSITIONS):
        return error(ask.account, 400, "call_status is not known")
    return await _written(ask, record.call, done("Call note updated successfully"))


@operation("POST /v1/add_note", "sip_call_id", "note")
async def add_note(ask: Ask) -> web.Response:
    """Add a note to a call, which is named by the id that its reply and pushes gave it."""
    call = ask.exchange.ledger.calls_of(ask.account).get(ask.text("sip_call_id"))
    if call is None:
        return error(ask.account, 404, "Call not found")
    return await _written(ask, call, success())


async def _written(ask: Ask, call: Call, reply: web.Response) -> web.Response:
    """Write the note into the ledger's row of the call, and answer as the drawn fault says."""
    fault = ask.account.draw_note_fault()
    if fault is Fault.NOTE_500:
        return error(ask.account, 500, "Server error")
    if fault is Fault.NOTE_LOST:
        return hang_up_connection(ask.request)
    call.notes.append({"at": time(), "operation": ask.request.path.rpartition("/")[2], **ask.fields})
    if fault is Fault.NOTE_TIMEOUT:
        await asyncio.sleep(ask.account.settings.timeout_seconds)
        return hang_up_connection(ask.request)
    return reply
