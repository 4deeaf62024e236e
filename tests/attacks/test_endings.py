"""Attack 14: sources, recordings, providers and subscribers drip, never end, break off, or pack layers in layers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from campaigns.importing.fetching import UnableToFetch, import_source
from campaigns.models import Contact, ContactImport, FeedEntry, ImportSource
from campaigns.results.feed import place_entries
from dialer.accounts.asking import ask
from dialer.accounts.recordings import RecordingUnavailable, open_recording
from dialer.http.client import Unanswered
from dialer.models import ProviderAccount
from dialer.providers.base import ProviderRequest
from tests.attacks.hostile import BROKEN, CSV, ENDLESS, HEAD, Hostile, Script, dripped, packed, plain
from tests.campaigns.world import NOON, account, campaign, contact_list, place
from tests.webhooks.telling import tell
from webhooks.models import Delivery, Subscription
from webhooks.telling.subscribing import begin
from webhooks.telling.teller import Teller

pytestmark = pytest.mark.django_db

DEADLINE_SECONDS = 0.25
#: On a machine that is busy with other things.
MOST_SECONDS = 5.0
Start = Callable[[Script], Hostile]


@pytest.fixture
def start(settings: Any) -> Iterator[Start]:
    """Start servers, with short deadlines for all that is asked of them."""
    settings.DIALER_ALLOW_PRIVATE_ADDRESSES = True
    settings.DIALER_UPLOAD_MAX_BYTES = 1024 * 1024
    settings.DIALER_FETCH_SECONDS = settings.DIALER_RECORDING_SECONDS = DEADLINE_SECONDS
    settings.DIALER_SUBSCRIBER_SECONDS = DEADLINE_SECONDS
    started: list[Hostile] = []

    def made(script: Script) -> Hostile:
        started.append(Hostile(script))
        return started[-1]

    yield made
    for server in started:
        server.close()


def source(url: str) -> ImportSource:
    return ImportSource.objects.create(name=url, contact_list=contact_list([]), location=f"{url}/nightly.csv")


def provider_at(url: str) -> ProviderAccount:
    made = account(fleet=None)
    ProviderAccount.objects.filter(pk=made.pk).update(base_url=url, reply_timeout_seconds=1)
    return ProviderAccount.objects.get(pk=made.pk)


def import_from(url: str) -> None:
    made = source(url)
    with pytest.raises(UnableToFetch) as found:
        import_source(source=made, now=NOON)
    made.refresh_from_db()
    assert made.last_problem == str(found.value)[:300]
    assert made.last_problem.endswith(".")
    assert (made.etag, made.content_sha256) == ("", "")
    assert not ContactImport.objects.exists()
    assert not Contact.objects.exists()


def listen_to(url: str) -> None:
    with pytest.raises(RecordingUnavailable):
        list(open_recording(account=provider_at(url), url=f"{url}/5.wav"))


def ask_at(url: str) -> None:
    with pytest.raises(Unanswered):
        ask(account=provider_at(url), request=ProviderRequest(method="GET", path="/x", headers={}))


def subscribe_at(url: str) -> None:
    subscription = begin(Subscription.objects.create(name=url, url=url))
    happen()
    assert tell(now=NOON) == 0
    subscription.refresh_from_db()
    assert subscription.problem.startswith("No ")
    assert (subscription.failures, subscription.failing_since) == (1, NOON)


def happen(many: int = 1) -> None:
    attempt = place(campaign(account(), leads=1))
    FeedEntry.objects.bulk_create([FeedEntry(kind="RESULT_CHANGED", attempt=attempt) for _ in range(many)])
    place_entries()


FACES: dict[str, Callable[[str], None]] = {
    "import": import_from,
    "recording": listen_to,
    "provider": ask_at,
    "subscriber": subscribe_at,
}


@pytest.mark.parametrize("face", FACES)
def test_attack_14_what_has_no_end_is_cut_at_the_deadline_or_the_limit(
    start: Start, face: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, limit in (
        ("dialer.accounts.recordings.MOST_BYTES", 2**20),
        ("dialer.accounts.asking.MOST_REPLY_BYTES", 2**20),
    ):
        monkeypatch.setattr(name, limit)
    # A provider's deadline is whole seconds.
    tried = list(ENDLESS.items())[:: 2 if face == "provider" else 1]
    for what, script in tried:
        server = start(script)
        began = time.monotonic()
        FACES[face](server.url)
        assert time.monotonic() - began < MOST_SECONDS, what
        assert server.asked == 1, what


@pytest.mark.parametrize("what", BROKEN)
def test_attack_14_of_what_is_broken_or_packed_in_layers_nothing_is_kept(start: Start, what: str) -> None:
    import_from(start(BROKEN[what]).url)


@pytest.mark.parametrize("what", [name for name in BROKEN if name != "a bomb"])
def test_attack_14_a_recording_that_is_broken_breaks_off(start: Start, what: str) -> None:
    listen_to(start(BROKEN[what]).url)


def test_attack_14_what_is_whole_is_still_taken(start: Start) -> None:
    whole = [packed(CSV, "gzip", 1), packed(CSV + b"\n" * 2**19, "gzip", 1), packed(CSV, "identity", 0)]
    for script in [*whole, plain(HEAD + b"transfer-encoding: chunked\r\n\r\n1e\r\n" + CSV + b"\r\n0\r\n\r\n")]:
        made = import_source(source=source(start(script).url), now=NOON)
        assert made is not None
        assert (made.state, made.rows_accepted) == ("DONE", 1)


@pytest.mark.django_db(transaction=True)
def test_attack_14_of_ten_subscribers_those_that_drip_or_are_dead_delay_none(start: Start, settings: Any) -> None:
    """The deadline is longer than the test: the healthy are told while those that drip are still being waited for."""
    settings.DIALER_SUBSCRIBER_SECONDS = 120.0
    healthy = [start(plain(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")) for _ in range(6)]
    dripping = [start(dripped(HEAD + b"content-length: 9999\r\n\r\n", b"a")) for _ in range(3)]
    for server in (*dripping, *healthy):
        begin(Subscription.objects.create(name=server.url, url=server.url))
    begin(Subscription.objects.create(name="dead", url="http://127.0.0.1:9/"))
    happen(40)
    teller = Teller()
    try:
        teller.look()
        until = time.monotonic() + 60
        delivered = Delivery.objects.filter(state="DELIVERED")
        while delivered.count() < 40 * len(healthy) and time.monotonic() < until:
            time.sleep(0.05)
        assert delivered.count() == 40 * len(healthy)
        # Results of one lead go one after the other, so one is under way at each.
        assert [server.open for server in dripping] == [1, 1, 1]
    finally:
        teller.stop()
