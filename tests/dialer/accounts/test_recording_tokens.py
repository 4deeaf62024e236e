"""Recordings that want a log-in: asked for once, kept, and anew when the provider refuses what was kept."""

from __future__ import annotations

import httpx
import pytest

from dialer.accounts.recordings import RecordingUnavailable, open_recording
from dialer.sandbox.client import SandboxClient
from tests.dialer.accounts.builders import account_at
from tests.sandbox.carrier import carrier_process, sandbox

__all__ = ["carrier_process", "sandbox"]
pytestmark = pytest.mark.django_db


def test_a_log_in_is_kept_and_renewed_when_it_is_refused(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "astradial")
    key, secret = "org_0123456789abcdef", "osec-0123456789abcdef"
    account.credentials = {**account.credentials, "org_api_key": key, "org_api_secret": secret}
    account.save()
    name = account.base_url.rsplit("/", 1)[1]
    carrier = {"api_key": account.credentials["api_key"], "reply_form": "server", "outcomes": {"ANSWERED": 1}}
    carrier |= {"org_api_key": key, "org_api_secret": secret, "talk_seconds": [5, 5], "ring_seconds": [1, 1]}
    headers = {"X-API-Key": account.credentials["api_key"]}

    def heard() -> bytes:
        httpx.post(
            f"{account.base_url}/api/v1/calls/click-to-call",
            json={"from": "9876543299", "to": "500", "to_type": "queue"},
            headers=headers,
        )
        sandbox.wait_idle()
        with_recording = open_recording(account=account, url=f"{account.base_url}/api/v1/calls/1/recording")
        return b"".join(with_recording)

    sandbox.configure("astradial", name, **carrier)
    assert heard()[:4] == b"RIFF"
    sandbox.reset()  # the carrier knows none of its tokens any more
    sandbox.configure("astradial", name, **carrier)
    assert heard()[:4] == b"RIFF"
    sandbox.reset()
    sandbox.configure("astradial", name, **{**carrier, "org_api_secret": "another"})
    with pytest.raises(RecordingUnavailable, match="no token for recordings") as caught:
        heard()
    assert secret not in str(caught.value)
