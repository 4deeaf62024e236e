"""Faults by ratio are drawn from the seed, and are what they are called."""

import httpx
import pytest

from dialer.sandbox.client import SandboxClient, SandboxError, wait_for
from tests.sandbox.carrier import Account, PushReceiver

FAULTS = {"refuse_503": 0.2, "http_500_rang": 0.2, "garbage_reply": 0.2, "push_lost": 0.3, "push_doubled": 0.3}


def outcomes_of_forty_calls(sandbox: SandboxClient, http: httpx.Client, seed: int) -> list[tuple[str, str | None]]:
    sandbox.reset(seed=seed)
    account = Account(sandbox, http, "voxcore", suffixes=False, faults=FAULTS, outcomes={"ANSWERED": 1, "BUSY": 1})
    for index in range(40):
        account.place(f"98765{index:05d}", reference=f"r-{index}")
    sandbox.wait_idle()
    return [(row["outcome"], row["fault"]) for row in sandbox.ledger()]


def test_a_seed_repeats_itself_and_another_differs(sandbox: SandboxClient, http: httpx.Client) -> None:
    first = outcomes_of_forty_calls(sandbox, http, seed=7)
    assert outcomes_of_forty_calls(sandbox, http, seed=7) == first
    assert outcomes_of_forty_calls(sandbox, http, seed=8) != first


def test_ratios_are_met_and_each_fault_does_what_it_says(
    sandbox: SandboxClient, http: httpx.Client, receiver: PushReceiver
) -> None:
    account = Account(sandbox, http, "voxcore", suffixes=False, faults=FAULTS, push_url=receiver.url)
    for index in range(300):
        account.place(f"98765{index:05d}", reference=f"r-{index}")
    sandbox.wait_idle()
    rows = sandbox.ledger()
    for fault, ratio in FAULTS.items():
        share = sum(fault in (row["fault"] or "").split("+") for row in rows) / len(rows)
        assert share == pytest.approx(ratio, abs=0.08), fault
    for row in rows:
        faults = (row["fault"] or "").split("+")
        assert (row["rang_at"] is None) == ("refuse_503" in faults)
        if row["rang_at"] is not None:
            expected = 0 if "push_lost" in faults else 2 if "push_doubled" in faults else 1
            assert len(row["pushes"]) == expected


def test_the_first_replies_go_wrong_as_listed_whatever_ratios_and_digits_say(
    sandbox: SandboxClient, http: httpx.Client
) -> None:
    listed = ["", "refuse_503", "drop_after_reading_rang"]
    account = Account(sandbox, http, "voxcore", faults={"refuse_429": 1}, first_faults=listed, timeout_seconds=0.1)
    numbers = ["9876543204", "9876543299", "9876543299", "9876543299"]
    statuses: list[int | None] = []
    for turn, number in enumerate(numbers):
        try:
            statuses.append(account.place(number, reference=f"r-{turn}").status_code)
        except httpx.RemoteProtocolError:
            statuses.append(None)
        # Other settings that change meanwhile do not start the list again.
        sandbox.change("voxcore", "acme", analysis={"TURN": str(turn)})
    assert statuses == [200, 503, None, 429]
    assert [row["rang_at"] is not None for row in sandbox.ledger()] == [True, False, True, False]


@pytest.mark.parametrize(
    ("kind", "status"), [("html", 200), ("truncated", 200), ("wrong_types", 200), ("huge", 200), ("redirect", 302)]
)
def test_garbage_has_five_kinds(sandbox: SandboxClient, http: httpx.Client, kind: str, status: int) -> None:
    account = Account(sandbox, http, "voxcore", faults={"garbage_reply": 1}, garbage_kind=kind)
    reply = account.place()
    assert reply.status_code == status
    assert (len(reply.content) > 1_000_000) == (kind == "huge")
    assert account.row()["rang_at"] is not None


def test_garbage_of_no_set_kind_takes_turns(sandbox: SandboxClient, http: httpx.Client) -> None:
    account = Account(sandbox, http, "voxcore", faults={"garbage_reply": 1})
    replies = {account.place(f"98765432{30 + n}", reference=f"r-{n}").content for n in range(5)}
    assert len(replies) == 5


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"api_keys": "x"}, "Unknown setting 'api_keys'"),
        ({"faults": {"push_gone": 1}}, "'faults'"),
        ({"faults": {"push_lost": 2}}, "between 0 and 1"),
        ({"first_faults": ["", "push_lost"]}, "not of a reply: push_lost"),
        ({"outcomes": {"REFUSED": 1}}, "use a fault"),
        ({"ring_seconds": [3, 1]}, "[min, max]"),
        ({"limits": {"did": {}}}, "unknown limits: did"),
        ({"allowed_hours": {"time_zone": "Asia/Atlantis", "opens": "09:00", "closes": "21:00"}}, "'allowed_hours'"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(sandbox: SandboxClient, settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(SandboxError) as raised:
        sandbox.configure("voxcore", "acme", **settings)
    assert sentence in str(raised.value)


def test_an_unknown_account_or_dialect_says_so(sandbox: SandboxClient, http: httpx.Client) -> None:
    assert http.post(f"{sandbox.base_url('voxcore', 'nobody')}/api/v1/dialout").status_code == 404
    with pytest.raises(SandboxError, match="No dialect 'nophone'"):
        sandbox.configure("nophone", "acme")


def test_a_reset_calls_off_pushes_that_are_still_to_come(
    sandbox: SandboxClient, http: httpx.Client, receiver: PushReceiver
) -> None:
    account = Account(sandbox, http, "voxcore", push_url=receiver.url, faults={"push_late": 1}, late_seconds=15)
    account.place(reference="before")
    wait_for(lambda: account.row()["ended_at"])
    sandbox.reset()
    account.place(reference="after")
    sandbox.wait_idle()
    assert [push.body["reference"] for push in receiver.received] == ["after"]
    assert sandbox.summary()["pushes"] == {"pending": 0, "sent": 1, "refused": 0}


LOG_QUESTIONS = [
    ("intellicall", "GET", "/calls/nothing"),
    ("altur", "GET", "/call/cll_1"),
    ("astradial", "GET", "/api/v1/calls"),
    ("ivrsolutions", "POST", "/v1/all_call_logs"),
]


@pytest.mark.parametrize(("slug", "method", "path"), LOG_QUESTIONS)
def test_look_ups_can_fail_while_calls_go_on(
    sandbox: SandboxClient, http: httpx.Client, slug: str, method: str, path: str
) -> None:
    account = Account(sandbox, http, slug, garbage_kind="truncated", timeout_seconds=0.1)

    def ask(fault: str) -> httpx.Response:
        sandbox.change(slug, "acme", faults={fault: 1})
        return http.request(method, f"{account.base_url}{path}", headers=account.headers)

    assert ask("lookup_503").status_code == 503
    assert ask("lookup_garbage").content == b'{"status": "ok", "call_'
    with pytest.raises(httpx.RemoteProtocolError):
        ask("lookup_timeout")
    assert account.place().status_code == 200
    assert sum(account.lookups().values()) == 3
