"""Checking an account: every fault of the carrier is told in words that say what to do."""

from __future__ import annotations

import json
import socket
import ssl
from pathlib import Path

import pytest

from dialer import providers
from dialer.accounts.findings import Subject, Verdict
from dialer.models import DID
from dialer.sandbox.client import SandboxClient
from tests.dialer.accounts.builders import account_at
from tests.dialer.accounts.check.findings import about, check, the_problem
from tests.dialer.scripted import scripted
from tests.http.test_tls import certificate

__all__ = ["certificate"]
pytestmark = pytest.mark.django_db
SLUGS = providers.slugs()


@pytest.mark.parametrize("slug", SLUGS)
def test_a_good_account_is_fine_and_nobody_is_called(slug: str, sandbox: SandboxClient) -> None:
    checkup = check(account_at(sandbox, slug))
    assert checkup.is_fine, [finding.text for finding in checkup.findings]
    assert about(checkup, Subject.REACH).verdict is Verdict.OK
    assert about(checkup, Subject.KEY).verdict is Verdict.OK
    assert about(checkup, Subject.CLOCK).verdict is Verdict.OK
    assert [row for row in sandbox.ledger() if row["started_at"] is not None] == []


@pytest.mark.parametrize("slug", SLUGS)
def test_a_wrong_key_is_told_as_such_and_not_shown(slug: str, sandbox: SandboxClient) -> None:
    account = account_at(sandbox, slug)
    account.credentials["api_key"] = "wrong-key-77311"
    found = the_problem(account)
    assert found.subject is Subject.KEY
    assert "refuses the key" in found.text
    assert "wrong-key-77311" not in json.dumps(check(account).as_json())


def test_a_missing_credential_is_named(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "voxcore")
    account.credentials = {"api_key": account.credentials["api_key"]}
    assert the_problem(account).text == "push_token: required (Push token)."


def test_an_address_that_is_not_allowed_is_told_from_a_wrong_key(sandbox: SandboxClient) -> None:
    found = the_problem(account_at(sandbox, "intellicall", carrier={"origin_forbidden": True}))
    assert found.subject is Subject.KEY
    assert "does not allow calls from our address" in found.text
    assert "allow list" in found.remedy


def test_an_unknown_name_is_told(sandbox: SandboxClient) -> None:
    found = the_problem(account_at(sandbox, "altur", base_url="http://no..such.example"))
    assert "The name no..such.example is not known" in found.text


def test_a_refused_connection_is_told(sandbox: SandboxClient) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        found = the_problem(account_at(sandbox, "altur", base_url=f"http://127.0.0.1:{port}"))
    assert f"127.0.0.1:{port} refuses the connection" in found.text


def test_a_server_that_does_not_answer_is_told(sandbox: SandboxClient) -> None:
    carrier = {"faults": {"capacity_slow": 1.0}, "capacity_delay_seconds": 3}
    found = the_problem(account_at(sandbox, "voxcore", carrier=carrier, reply_timeout_seconds=1))
    assert "gave no answer within 1 s" in found.text


def test_a_server_without_tls_is_told(sandbox: SandboxClient) -> None:
    url = sandbox.base_url("altur", "acme").replace("http://", "https://")
    assert "does not speak TLS" in the_problem(account_at(sandbox, "altur", base_url=url)).text


def test_a_certificate_that_nobody_vouches_for_is_told(sandbox: SandboxClient, certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with scripted(status=200, body=b"{}", tls=context) as url:
        found = the_problem(account_at(sandbox, "altur", base_url=url))
    assert "certificate of 127.0.0.1 is not valid" in found.text


@pytest.mark.parametrize(
    ("slug", "status", "body", "words"),
    [
        ("altur", 200, b"<html>Welcome</html>", "answers with a web page (HTTP 200): this is not the API"),
        ("ivrsolutions", 200, b"<html>Welcome</html>", "answers with a web page (HTTP 200): this is not the API"),
        ("intellicall", 200, b"OK", "answers with no JSON (HTTP 200): this is not the API"),
        ("astradial", 302, b"", "redirects to elsewhere.example, and redirects are not followed"),
        ("altur", 404, b'{"message": "nothing here"}', "knows nothing at this address (HTTP 404: nothing here)"),
        ("altur", 502, b"<html>Bad gateway</html>", "server failed: HTTP 502"),
    ],
)
def test_a_wrong_base_url_is_told(sandbox: SandboxClient, slug: str, status: int, body: bytes, words: str) -> None:
    with scripted(status=status, body=body) as url:
        found = the_problem(account_at(sandbox, slug, base_url=url))
    assert found.subject is Subject.REACH
    assert words in found.text


def test_something_else_than_http_is_told(sandbox: SandboxClient) -> None:
    with scripted(status=0, body=b"SSH-2.0-OpenSSH_9.6\r\n") as url:
        found = the_problem(account_at(sandbox, "altur", base_url=url))
    assert "something else than HTTP" in found.text


def test_an_error_that_comes_with_http_200_is_seen(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier={"errors_with_200": True})
    account.credentials["api_key"] = "wrong"
    assert "refuses the key" in the_problem(account).text


def test_room_is_told(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "voxcore", carrier={"fleet_max": 20, "fleet_taken_by_others": 8}, max_live_calls=50)
    found = about(check(account), Subject.CAPACITY)
    assert found.text == "12 of 20 lines are free. The account's limit of 50 calls is more than there are."
    sandbox.change("voxcore", "acme", fleet_taken_by_others=20)
    assert about(check(account), Subject.CAPACITY).text == "0 of 20 lines are free."
    sandbox.change("voxcore", "acme", fleet_max=0, fleet_taken_by_others=0)
    assert the_problem(account).text == "The fleet has no lines at all."


def test_a_wrong_dial_out_path_is_seen_before_a_campaign_finds_it(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "voxcore", settings={"dialout_path": "/api/v9/dialout"})
    assert "knows nothing at this address" in the_problem(account).text


@pytest.mark.parametrize(("minutes", "words"), [(60, "60 min ahead of"), (-10, "10 min behind")])
def test_a_clock_that_is_off_is_told(sandbox: SandboxClient, minutes: int, words: str) -> None:
    found = the_problem(account_at(sandbox, "altur"), minutes=minutes)
    assert found.subject is Subject.CLOCK
    assert words in found.text


def test_numbers_that_the_provider_lists_become_dids_once(sandbox: SandboxClient) -> None:
    listed = ["+911143104567", "+918043104568"]
    account = account_at(sandbox, "ivrsolutions", carrier={"caller_ids": listed})
    DID.objects.create(account=account, number=listed[0], max_live_calls=9, label="Delhi")
    first = check(account)
    assert first.numbers is not None
    assert first.numbers.added == (listed[1],)
    assert check(account).as_json()["numbers_added"] == []
    assert list(DID.objects.order_by("number").values_list("number", "max_live_calls", "label")) == [
        (listed[0], 9, "Delhi"),
        (listed[1], 1, ""),
    ]


def test_a_did_that_the_provider_does_not_list_is_told(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier={"caller_ids": ["+911143104567"]})
    DID.objects.create(account=account, number="+912240001111")
    assert "Not listed there, but active here: +912240001111." in about(check(account), Subject.NUMBERS).text
