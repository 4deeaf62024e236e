"""What can go right and wrong with a call: outcomes, faults, and the table of number suffixes."""

from __future__ import annotations

import enum
from typing import NamedTuple


class Outcome(enum.StrEnum):
    """How a simulated call ends, in the sandbox's own words; each dialect has its provider's words for them."""

    ANSWERED = "ANSWERED"
    NO_ANSWER = "NO_ANSWER"
    BUSY = "BUSY"
    FAILED = "FAILED"
    MACHINE = "MACHINE"
    CANCELED = "CANCELED"
    REFUSED = "REFUSED"  # the request was turned down: nothing rang


class Phase(enum.StrEnum):
    """The steps of a call that a dialect may push."""

    INITIATED = "INITIATED"
    RINGING = "RINGING"
    ANSWERED = "ANSWERED"
    ENDED = "ENDED"


class Fault(enum.StrEnum):
    """What goes wrong on purpose. A setting ``faults`` gives each a ratio from 0 to 1."""

    # With the reply to a request to place a call; at most one is drawn for a request.
    REFUSE_NUMBER = "refuse_number"  # 4xx: this request can never be accepted
    REFUSE_FULL = "refuse_full"  # the provider's documented "no free line": VoxCore 503, Intellicall 502
    REFUSE_429 = "refuse_429"
    REFUSE_502 = "refuse_502"
    REFUSE_503 = "refuse_503"
    HTTP_500 = "http_500"  # nothing rang
    HTTP_500_RANG = "http_500_rang"
    TIMEOUT_RANG = "timeout_rang"  # no reply for timeout_seconds, then the connection is closed
    TIMEOUT_NOT_RANG = "timeout_not_rang"
    DROP_RANG = "drop_after_reading_rang"  # the request was read, the connection is closed without a reply
    DROP_NOT_RANG = "drop_after_reading_not_rang"
    REFUSE_WITH_200 = "refuse_with_200"  # the error is in the body of an HTTP 200, where a provider does so
    GARBAGE_REPLY = "garbage_reply"  # rang, and the reply is not what the documents define
    SLOW_REPLY = "slow_reply"  # rang, and the reply takes slow_reply_seconds
    # With the pushes of a call; at most one is drawn for a call.
    PUSH_LOST = "push_lost"
    PUSH_DOUBLED = "push_doubled"
    PUSH_LATE = "push_late"
    PUSH_EARLY = "push_early"  # the result is pushed before the request is replied to
    PUSH_DISORDERED = "push_disordered"  # the last event first (only where a dialect has several)
    # With a question for a call or a log; at most one is drawn for a question.
    LOOKUP_503 = "lookup_503"
    LOOKUP_GARBAGE = "lookup_garbage"
    LOOKUP_TIMEOUT = "lookup_timeout"  # no reply for timeout_seconds, then the connection is closed
    # With a note on a call; at most one is drawn for a note.
    NOTE_500 = "note_500"  # not written
    NOTE_LOST = "note_lost"  # the connection is closed without a reply, and it is not written
    NOTE_TIMEOUT = "note_timeout"  # written; no reply for timeout_seconds, then the connection is closed
    # With a question for free capacity; at most one is drawn for a question.
    CAPACITY_SLOW = "capacity_slow"
    CAPACITY_503 = "capacity_503"
    CAPACITY_GARBAGE = "capacity_garbage"


REPLY_FAULTS = tuple(fault for fault in Fault if not fault.value.startswith(("push_", "capacity_", "lookup_", "note_")))
PUSH_FAULTS = tuple(fault for fault in Fault if fault.value.startswith("push_"))
LOOKUP_FAULTS = tuple(fault for fault in Fault if fault.value.startswith("lookup_"))
NOTE_FAULTS = tuple(fault for fault in Fault if fault.value.startswith("note_"))
CAPACITY_FAULTS = tuple(fault for fault in Fault if fault.value.startswith("capacity_"))

#: Reply faults after which no phone rings.
SILENT_FAULTS = frozenset(
    {
        Fault.REFUSE_NUMBER,
        Fault.REFUSE_FULL,
        Fault.REFUSE_429,
        Fault.REFUSE_502,
        Fault.REFUSE_503,
        Fault.HTTP_500,
        Fault.TIMEOUT_NOT_RANG,
        Fault.DROP_NOT_RANG,
        Fault.REFUSE_WITH_200,
    }
)


class Behaviour(NamedTuple):
    """What a number's last two digits choose. ``once``: the fault happens at the first request only."""

    outcome: Outcome = Outcome.ANSWERED
    reply_fault: Fault | None = None
    push_fault: Fault | None = None
    once: bool = False


#: The last two digits of the number called; every other number uses the account's ratios. See docs/sandbox.md.
SUFFIXES: dict[str, Behaviour] = {
    "01": Behaviour(Outcome.BUSY),
    "02": Behaviour(Outcome.NO_ANSWER),
    "03": Behaviour(Outcome.MACHINE),
    "04": Behaviour(reply_fault=Fault.REFUSE_NUMBER),
    "05": Behaviour(reply_fault=Fault.REFUSE_FULL, once=True),
    "06": Behaviour(reply_fault=Fault.SLOW_REPLY),
    "07": Behaviour(reply_fault=Fault.TIMEOUT_RANG),
    "08": Behaviour(push_fault=Fault.PUSH_LOST),
    "09": Behaviour(push_fault=Fault.PUSH_DOUBLED),
    "10": Behaviour(push_fault=Fault.PUSH_LATE),
    "11": Behaviour(push_fault=Fault.PUSH_EARLY),
    "12": Behaviour(Outcome.FAILED),
    "13": Behaviour(reply_fault=Fault.GARBAGE_REPLY),
    "14": Behaviour(reply_fault=Fault.DROP_RANG),
    "15": Behaviour(push_fault=Fault.PUSH_DISORDERED),
    "16": Behaviour(Outcome.ANSWERED),
    "17": Behaviour(Outcome.CANCELED),
    "18": Behaviour(reply_fault=Fault.TIMEOUT_NOT_RANG),
    "19": Behaviour(reply_fault=Fault.HTTP_500),
    "20": Behaviour(reply_fault=Fault.HTTP_500_RANG),
    "21": Behaviour(reply_fault=Fault.REFUSE_FULL),
    "22": Behaviour(reply_fault=Fault.REFUSE_429),
    "23": Behaviour(reply_fault=Fault.DROP_NOT_RANG),
    "24": Behaviour(reply_fault=Fault.REFUSE_WITH_200),
}
