"""The ledger catches every broken rule. Each test breaks one on purpose, and sees that keeping it is not accused."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from dialer.sandbox.client import SandboxClient
from tests.sandbox.carrier import Account

LONG = {"talk_seconds": [1000, 1000]}


def place_many(account: Account, count: int, **fields: Any) -> None:
    for index in range(count):
        assert account.place(f"98765432{30 + index}", reference=f"r-{index}", **fields).status_code == 200


@pytest.mark.parametrize(
    ("slug", "limits", "name"),
    [
        ("voxcore", {"account": 2}, "Account voxcore/acme"),
        ("voxcore", {"dids": {"+911234567890": 2}}, "DID +911234567890"),
        ("voxcore", {"dids": {"1234567890": 2}}, "DID +911234567890"),
        ("intellicall", {"dids": {"*": 2}}, "DID +911234567890"),
        ("intellicall", {"agents": {"agent.017": 2}}, "Agent agent.017"),
        ("intellicall", {"agents": {"*": 2}}, "Agent agent.017"),
    ],
)
def test_a_limit_that_is_passed_is_a_violation(
    sandbox: SandboxClient, http: httpx.Client, slug: str, limits: dict[str, Any], name: str
) -> None:
    account = Account(sandbox, http, slug, limits=limits, **LONG)
    place_many(account, 2, from_number="+911234567890")
    assert sandbox.summary()["violations"] == []
    account.place("9876543277", reference="r-third", from_number="+911234567890")
    (sentence,) = sandbox.summary()["violations"]
    assert sentence.startswith(name)
    assert "3 live calls (limit 2)" in sentence


def test_seconds_over_a_limit_are_counted_until_a_line_is_free(sandbox: SandboxClient, http: httpx.Client) -> None:
    account = Account(sandbox, http, "voxcore", limits={"account": 2}, **LONG)
    place_many(account, 3)
    sandbox.hangup_all()
    rows = sandbox.ledger()
    over = sandbox.summary()["accounts"]["voxcore/acme"]
    first_end = min(row["ended_at"] for row in rows)
    assert over["peak"] == 3
    assert over["seconds_over"] == pytest.approx(first_end - rows[2]["started_at"], abs=0.001)


@pytest.mark.parametrize("limits", [{"account": 2}, {"dids": {"919800000000": 2}}, {"agents": {"agent.017": 2}}])
def test_lines_that_become_free_can_be_taken_again(
    sandbox: SandboxClient, http: httpx.Client, limits: dict[str, Any]
) -> None:
    account = Account(sandbox, http, "intellicall", limits=limits, **LONG)
    place_many(account, 2)
    sandbox.hangup_all()
    account.place("9876543277", reference="r-third")
    summary = sandbox.summary()
    assert summary["violations"] == []
    assert summary["accounts"]["intellicall/acme"]["calls"] == 3


def test_a_lowered_limit_accuses_no_call_that_was_live_before(sandbox: SandboxClient, http: httpx.Client) -> None:
    account = Account(sandbox, http, "voxcore", limits={"account": 2}, **LONG)
    place_many(account, 2)
    sandbox.change("voxcore", "acme", limits={"account": 1})
    assert sandbox.summary()["violations"] == []
    account.place("9876543277", reference="r-third")
    assert "3 live calls (limit 1)" in sandbox.summary()["violations"][0]


def test_a_call_whose_reply_was_lost_counts_as_live(sandbox: SandboxClient, http: httpx.Client) -> None:
    account = Account(sandbox, http, "voxcore", limits={"account": 1}, **LONG)
    with pytest.raises(httpx.RemoteProtocolError):
        account.place("9876543214")
    assert [row["reference"] for row in sandbox.live()] == ["r-1"]
    account.place("9876543299", reference="r-2")
    assert "2 live calls (limit 1)" in sandbox.summary()["violations"][0]


def test_a_rate_that_is_passed_is_a_violation_even_by_refused_requests(
    sandbox: SandboxClient, http: httpx.Client
) -> None:
    account = Account(sandbox, http, "voxcore", limits={"calls_per_second": 5}, faults={"refuse_503": 1})
    for index in range(5):
        account.place(f"98765432{30 + index}", reference=f"r-{index}")
    assert sandbox.summary()["violations"] == []
    account.place("9876543277", reference="r-sixth")
    (sentence,) = sandbox.summary()["violations"]
    assert sentence == "Account voxcore/acme got 6 requests in one second (limit 5)."


def test_a_reference_requested_twice_is_a_violation(sandbox: SandboxClient, http: httpx.Client) -> None:
    account = Account(sandbox, http, "voxcore")
    account.place("9876543221", reference="same")
    account.place("9876543222", reference="same")
    (sentence,) = sandbox.summary()["violations"]
    assert sentence == "Reference same was requested twice at voxcore/acme: rows 1, 2."


def test_a_blind_redial_after_a_time_out_is_a_double_ring(sandbox: SandboxClient, http: httpx.Client) -> None:
    account = Account(sandbox, http, "intellicall", timeout_seconds=0.1)
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            account.place("9876543207", reference="same")
        sandbox.wait_idle()
    violations = sandbox.summary()["violations"]
    assert "Reference same rang twice at intellicall/acme: rows 1, 2." in violations
    assert "Reference same was requested twice at intellicall/acme: rows 1, 2." in violations


def test_one_number_with_two_live_calls_is_a_violation_across_accounts(
    sandbox: SandboxClient, http: httpx.Client
) -> None:
    Account(sandbox, http, "voxcore", **LONG).place("9876543299", reference="r-1")
    Account(sandbox, http, "intellicall", **LONG).place("9876543299", reference="r-2")
    (sentence,) = sandbox.summary()["violations"]
    assert sentence == "A number (…3299) had two live calls at once: rows 1, 2."


def test_one_number_called_again_after_its_call_ended_is_no_violation(
    sandbox: SandboxClient, http: httpx.Client
) -> None:
    account = Account(sandbox, http, "voxcore", **LONG)
    account.place("9876543299", reference="r-1")
    sandbox.hangup_all()
    account.place("9876543299", reference="r-2")
    assert sandbox.summary()["violations"] == []


def test_a_call_outside_the_allowed_hours_is_a_violation(sandbox: SandboxClient, http: httpx.Client) -> None:
    zone = ZoneInfo("Asia/Kolkata")
    local = datetime.now(UTC).astimezone(zone)

    def hours(opens: int, closes: int) -> dict[str, str]:
        edges = [(local + timedelta(hours=shift)).strftime("%H:%M") for shift in (opens, closes)]
        return {"time_zone": zone.key, "opens": edges[0], "closes": edges[1]}

    account = Account(sandbox, http, "voxcore", allowed_hours=hours(-2, 2))
    account.place("9876543299", reference="r-1")
    assert sandbox.summary()["violations"] == []
    sandbox.change("voxcore", "acme", allowed_hours=hours(2, 4))
    account.place("9876543298", reference="r-2")
    (sentence,) = sandbox.summary()["violations"]
    assert sentence.startswith("A call began outside the allowed hours")
    assert sentence.endswith("voxcore/acme: row 2.")


def test_a_forbidden_number_is_a_violation_even_when_it_is_refused(sandbox: SandboxClient, http: httpx.Client) -> None:
    account = Account(sandbox, http, "voxcore", forbidden_numbers=["09876543221"])
    account.place("9876543222", reference="r-1")
    assert sandbox.summary()["violations"] == []
    account.place("9876543221", reference="r-2")
    (sentence,) = sandbox.summary()["violations"]
    assert sentence == "A forbidden number (…3221) was requested at voxcore/acme: row 2."


def test_a_reset_forgets_calls_and_violations_but_no_settings(sandbox: SandboxClient, http: httpx.Client) -> None:
    account = Account(sandbox, http, "voxcore", limits={"account": 0}, **LONG)
    account.place()
    assert sandbox.summary()["violation_count"] == 1
    sandbox.reset()
    summary = sandbox.summary()
    assert (summary["live"], summary["requests"], summary["violations"]) == (0, 0, [])
    assert sandbox.ledger() == []
    assert sandbox.settings("voxcore", "acme")["limits"] == {"account": 0}


def test_the_ledger_pages_and_the_summary_tells_its_own_cost(sandbox: SandboxClient, http: httpx.Client) -> None:
    place_many(Account(sandbox, http, "voxcore", **LONG), 3)
    assert [row["id"] for row in sandbox.ledger(after=1)] == [2, 3]
    summary = sandbox.summary()
    assert summary["cpu_seconds"] > 0
    assert (summary["requests"], summary["rang"], summary["refused"]) == (3, 3, 0)
