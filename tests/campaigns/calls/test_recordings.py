"""Listening to a call: through us, for those who may, and from nowhere but the account's own places."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from campaigns.models import Attempt
from dialer.accounts.asking import ask
from dialer.models import AuditEntry, ProviderAccount
from dialer.providers.base import Accepted, Action, AgentAddress, AgentKind, LogQuery, Phase, Placement
from dialer.sandbox.client import SandboxClient, wait_for
from dialer.sandbox.control import PREFIX
from tests.admin.conftest import owner, viewer
from tests.api.conftest import API, ClientFor, client_for
from tests.campaigns.calls.carried import LONG, attempt_at, call_at
from tests.campaigns.world import PROVIDERS
from tests.dialer.accounts.builders import account_at
from tests.dialer.scripted import scripted
from tests.sandbox.carrier import AGENT_ID

__all__ = ["client_for", "owner", "viewer"]
pytestmark = pytest.mark.django_db

LISTENER = ("campaigns.view_attempt", "campaigns.download_recording")


@pytest.mark.parametrize("slug", ["intellicall", "altur"])
def test_a_recording_is_streamed_through_us_to_those_who_may_listen(
    slug: str, sandbox: SandboxClient, client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PROVIDERS, "altur", ("AI_AGENT", {"agent_id": AGENT_ID}))
    attempt = call_at(sandbox, slug, lambda report: report.phase is Phase.ENDED, talk_seconds=[5, 5])
    url = f"{API}/attempts/{attempt.pk}/recording/"
    assert client_for("campaigns.view_attempt").get(url).status_code == 403
    reply = client_for(*LISTENER).get(url)
    assert reply.status_code == 200
    assert reply["content-type"].startswith("audio/")
    assert reply["content-disposition"] == f'attachment; filename="attempt-{attempt.pk}.wav"'
    assert heard(reply)[:4] == b"RIFF"
    assert [(one.act, one.face, one.subject_id) for one in AuditEntry.objects.filter(kind="ACCESS")] == [
        ("campaigns.listen", "REST", attempt.pk)
    ]
    assert not any("127.0.0.1" in value or "sandbox-key" in value for value in reply.headers.values())
    shown = client_for("campaigns.view_attempt").get(f"{API}/attempts/{attempt.pk}/").json()
    assert shown["recording_url"] == url


def test_the_admin_gives_the_recording_to_those_who_may_listen(
    sandbox: SandboxClient, owner: Client, viewer: Client
) -> None:
    attempt = call_at(sandbox, "intellicall", lambda report: report.recording_url, talk_seconds=[5, 5])
    url = f"/admin/campaigns/attempt/{attempt.pk}/recording/"
    page = owner.get(f"/admin/campaigns/attempt/{attempt.pk}/change/").content.decode()
    assert url in page
    assert attempt.recording_url not in page
    assert heard(owner.get(url)).startswith(b"RIFF")
    assert viewer.get(url).status_code == 403
    listened = AuditEntry.objects.filter(act="campaigns.listen").values_list("by", "face", "subject_id")
    assert list(listened) == [("olga", "ADMIN", attempt.pk)]
    assert url not in viewer.get(f"/admin/campaigns/attempt/{attempt.pk}/change/").content.decode()


def logged_call(slug: str, account: ProviderAccount) -> Attempt:
    """Return an attempt whose call was really placed, with the recording that the provider's own log names."""
    placement = Placement(reference="r-1", to_number="+919876543299", **LOGGED[slug][0])
    asked_at = datetime.now(UTC) - timedelta(seconds=5)
    request = account.api.build_place(account=account.config, placement=placement)
    assert isinstance(account.api.parse_place(reply=ask(account=account, request=request)), Accepted)
    query = LogQuery(since_at=asked_at, until_at=asked_at + timedelta(minutes=5), to_number=placement.to_number)
    log_request = account.api.build_log(account=account.config, query=query)

    def come() -> str | None:
        page = account.api.parse_log(
            account=account.config, query=query, reply=ask(account=account, request=log_request)
        )
        return next((report.recording_url for report in page.reports if report.recording_url), None) if page else None

    return attempt_at(account, external_id=None, recording_url=wait_for(come))


LOGGED: dict[str, tuple[dict[str, Any], str, bytes]] = {
    "astradial": (
        {
            "action": Action.CONNECT_AGENT,
            "from_number": "+919800000000",
            "agent": AgentAddress(kind=AgentKind.EXTENSION, value="101"),
        },
        "wav",
        b"RIFF",
    ),
    "ivrsolutions": (
        {"action": Action.PLAY_FLOW, "from_number": "+919800000000", "options": {"flow_id": "1001"}},
        "mp3",
        b"\xff\xfb",
    ),
}


@pytest.mark.parametrize("slug", sorted(LOGGED))
def test_a_recording_that_a_log_names_is_streamed_through_us_to_those_who_may_listen(
    slug: str, sandbox: SandboxClient, client_for: ClientFor
) -> None:
    attempt = logged_call(slug, account_at(sandbox, slug, carrier={**LONG, "talk_seconds": [5, 5]}))
    url = f"{API}/attempts/{attempt.pk}/recording/"
    assert client_for("campaigns.view_attempt").get(url).status_code == 403
    reply = client_for(*LISTENER).get(url)
    assert reply.status_code == 200
    assert reply["content-disposition"] == f'attachment; filename="attempt-{attempt.pk}.{LOGGED[slug][1]}"'
    assert heard(reply).startswith(LOGGED[slug][2])
    Attempt.objects.filter(pk=attempt.pk).update(recording_url=f"{attempt.recording_url}x")
    assert client_for(*LISTENER).get(url).status_code == 404


def test_a_recording_on_the_providers_other_host_is_fetched_once_the_account_names_that(
    sandbox: SandboxClient, client_for: ClientFor
) -> None:
    elsewhere = sandbox.base_url("ivrsolutions", "acme").replace("127.0.0.1", "localhost")
    carrier = {**LONG, "talk_seconds": [5, 5], "recordings_at": f"{elsewhere}/monitor/"}
    account = account_at(sandbox, "ivrsolutions", carrier=carrier)
    attempt = logged_call("ivrsolutions", account)
    url = f"{API}/attempts/{attempt.pk}/recording/"
    refused = client_for(*LISTENER).get(url)
    assert refused.status_code == 502
    assert "localhost, which is neither the account's address nor one of its hosts" in str(refused.json())
    account.settings = {"recording_hosts": elsewhere.split("/")[2]}
    account.save()
    assert heard(client_for(*LISTENER).get(url)).startswith(b"\xff\xfb")


@pytest.mark.parametrize("slug", sorted(LOGGED))
def test_a_recording_that_leads_elsewhere_is_not_followed(
    slug: str, sandbox: SandboxClient, client_for: ClientFor
) -> None:
    account = account_at(sandbox, slug)
    with scripted(status=302, body=b"") as url:
        account.settings = {"recording_hosts": url.removeprefix("http://")}
        account.save()
        attempt = attempt_at(account, recording_url=f"{url}/monitor/1.mp3")
        reply = client_for(*LISTENER).get(f"{API}/attempts/{attempt.pk}/recording/")
    assert reply.status_code == 502
    assert "HTTP 302" in reply.json()["error"]["message"]


@pytest.mark.parametrize("slug", ["intellicall", *sorted(LOGGED)])
@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:1/x.wav",
        "{carrier}" + PREFIX + "/ledger",
        "{base}/../other/recordings/x.wav",
        "{base}.evil.example/x.wav",
        "http://user:pw@{host}/x.wav",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "//elsewhere.example/x.wav",
    ],
)
def test_nothing_but_the_accounts_own_places_is_asked(
    url: str, slug: str, sandbox: SandboxClient, client_for: ClientFor
) -> None:
    account = account_at(sandbox, slug)
    host = account.base_url.split("/")[2]
    given = url.format(base=account.base_url, carrier=sandbox.url, host=host)
    reply = client_for(*LISTENER).get(f"{API}/attempts/{attempt_at(account, recording_url=given).pk}/recording/")
    assert reply.status_code == 502
    assert reply.json()["error"]["code"] == "provider_failed"
    assert given not in reply.content.decode()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [(200, b"<html>log in</html>", 502), (302, b"", 502), (404, b"{}", 404), (500, b"", 502)],
)
def test_what_is_no_recording_is_not_passed_on(
    status: int, body: bytes, expected: int, sandbox: SandboxClient, client_for: ClientFor
) -> None:
    with scripted(status=status, body=body) as url:
        account = account_at(sandbox, "voxcore", settings={"recording_hosts": url.removeprefix("http://")})
        attempt = attempt_at(account, recording_url=f"{url}/rec/1.wav")
        reply = client_for(*LISTENER).get(f"{API}/attempts/{attempt.pk}/recording/")
    assert reply.status_code == expected


def test_a_host_that_the_account_names_is_asked_without_the_key(sandbox: SandboxClient, client_for: ClientFor) -> None:
    with scripted(status=200, body=b"RIFFdata", kind="audio/wav") as url:
        account = account_at(sandbox, "voxcore", settings={"recording_hosts": f"a.example, {url[7:]}"})
        attempt = attempt_at(account, recording_url=f"{url}/rec/1.wav")
        reply = client_for(*LISTENER).get(f"{API}/attempts/{attempt.pk}/recording/")
        assert heard(reply) == b"RIFFdata"


@pytest.mark.parametrize("knows_parts", [True, False])
def test_a_player_reads_a_recording_in_parts_and_listens_once(
    sandbox: SandboxClient, client_for: ClientFor, knows_parts: bool
) -> None:
    sound = b"RIFF" + bytes(range(256)) * 400
    with scripted(status=200, body=sound, kind="audio/wav", knows_parts=knows_parts) as url:
        account = account_at(sandbox, "voxcore", settings={"recording_hosts": url[7:]})
        path = f"{API}/attempts/{attempt_at(account, recording_url=f'{url}/rec/1.wav').pk}/recording/"
        client = client_for(*LISTENER)
        for wanted, first, last in (
            ("0-", 0, len(sound) - 1),
            ("4-9", 4, 9),
            ("70000-99999999", 70000, len(sound) - 1),
        ):
            reply = client.get(path, headers={"Range": f"bytes={wanted}"})
            assert reply.status_code == 206
            assert heard(reply) == sound[first : last + 1]
            assert reply["Content-Range"] == f"bytes {first}-{last}/{len(sound)}"
            assert reply["Content-Length"] == str(last - first + 1)
        assert AuditEntry.objects.filter(act="campaigns.listen").count() == 1
        for odd in ("bytes=-5", "bytes=9-4", "lines=1-2", "bytes=0-1,5-6"):
            whole = client.get(path, headers={"Range": odd})
            assert (whole.status_code, heard(whole)) == (200, sound), odd
        if not knows_parts:
            assert client.get(path, headers={"Range": f"bytes={len(sound)}-"}).status_code == 416


def heard(reply: Any) -> bytes:
    """Return the whole of a streamed reply."""
    return b"".join(reply.streaming_content)
