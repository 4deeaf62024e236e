"""Attack 15: addresses of special ranges, plain, inside others or oddly spelt, in every field that takes an address."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from dialer import addresses
from dialer.accounts.asking import ask
from dialer.accounts.recordings import RecordingUnavailable, open_recording
from dialer.addresses import Forbidden, Reach, allowed, reach, url_problem
from dialer.fetching import Limits, Unfetched, opened
from dialer.http.client import NotSent
from dialer.models import ProviderAccount
from dialer.providers.base import ProviderRequest
from tests.admin.conftest import owner
from tests.api.conftest import API, api
from tests.campaigns.world import account, contact_list
from webhooks.models import Subscription
from webhooks.telling.trying import send_test

__all__ = ["api", "owner"]

OWN = ["10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"]
SPECIAL = [
    "0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32", "::/128",
    "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:10::/28", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
    "fe80::/10", "fec0::/10", "ff00::/8",
]  # fmt: skip
PUBLIC_V4 = ["1.1.1.1", "8.8.8.8", "52.95.110.1", "192.0.1.1", "198.20.0.1", "223.255.255.254"]


def within(network: str) -> st.SearchStrategy[IPv4Address | IPv6Address]:
    """Give addresses of a range, its first and last among them."""
    one = IPv6Network(network) if ":" in network else IPv4Network(network)
    first, last = int(one.network_address), int(one.broadcast_address)
    return (st.integers(first, last) | st.sampled_from([first, last])).map(partial(made_of, one.version))


def made_of(version: int, number: int) -> IPv4Address | IPv6Address:
    return IPv6Address(number) if version == 6 else IPv4Address(number)


hidden_v4 = st.sampled_from([one for one in (*OWN, *SPECIAL) if ":" not in one]).flatmap(within)
#: Ways in which an IPv4 address is put inside one of IPv6.
EMBEDDED: dict[str, Callable[[int], int]] = {
    "mapped": lambda v4: 0xFFFF << 32 | v4,
    "compatible": lambda v4: v4,
    "translated": lambda v4: 0xFFFF << 48 | v4,
    "nat64": lambda v4: 0x64FF9B << 96 | v4,
    "local nat64": lambda v4: 0x64FF9B0001 << 80 | v4,
    "6to4": lambda v4: 0x2002 << 112 | v4 << 80 | 1,
    "teredo": lambda v4: 0x20010000 << 96 | v4 << 64 | (v4 ^ 0xFFFFFFFF),
}
#: Ways in which programs let an IPv4 address be written; only the first is taken.
SPELLINGS: dict[str, Callable[[IPv4Address], str]] = {
    "plain": str,
    "one number": lambda v4: str(int(v4)),
    "hexadecimal": lambda v4: hex(int(v4)),
    "octal": lambda v4: ".".join(f"0{part:o}" for part in v4.packed),
    "hexadecimal parts": lambda v4: ".".join(f"{part:#x}" for part in v4.packed),
    "two parts": lambda v4: f"{v4.packed[0]}.{int(v4) & 0xFFFFFF}",
    "leading zeros": lambda v4: ".".join(f"{part:04}" for part in v4.packed),
    "trailing dot": lambda v4: f"{v4}.",
    "full-width digits": lambda v4: str(v4).translate({ord("0") + n: 0xFF10 + n for n in range(10)}),
    "ideographic dots": lambda v4: str(v4).replace(".", "\u3002"),
    "percent-encoded": lambda v4: "".join(f"%{ord(char):02x}" for char in str(v4)),
    "user": lambda v4: f"example.com@{v4}",
    "user and key": lambda v4: f"example.com:80@{v4}",
    "backslash": lambda v4: f"example.com\\@{v4}",
    "tab": lambda v4: f"{str(v4)[:-1]}\t{str(v4)[-1]}",
    "port zero": lambda v4: f"{v4}:0",
    "zone": lambda v4: f"[fe80::{v4}%25eth0]",
    "zone of a mapped one": lambda v4: f"[::ffff:{v4}%1]",
    "mapped": lambda v4: f"[::ffff:{v4}]",
    "compatible": lambda v4: f"[::{v4}]",
    "nat64": lambda v4: f"[64:ff9b::{v4}]",
    "no end of the bracket": lambda v4: f"[::ffff:{v4}",
    "brackets": lambda v4: f"[{v4}]",
    "future": lambda v4: f"[v1.{v4}]",
}
ALWAYS_ODD = set(SPELLINGS) - {"plain", "mapped", "nat64", "brackets"}


def fetch(url: str) -> None:
    with opened(url=url, headers={}, limits=Limits(seconds=1, body_bytes=9)):
        pass


@given(st.sampled_from(OWN).flatmap(within))
def test_attack_15_networks_of_ones_own_are_not_public(address: IPv4Address | IPv6Address) -> None:
    assert reach(address) is Reach.OWN


@given(st.sampled_from(SPECIAL).flatmap(within))
def test_attack_15_special_ranges_are_never_asked(address: IPv4Address | IPv6Address) -> None:
    assert reach(address) is Reach.SPECIAL
    host = f"[{address}]" if address.version == 6 else str(address)
    assert url_problem(f"http://{host}/", own_networks=True)


@given(hidden_v4, st.sampled_from(sorted(EMBEDDED)))
def test_attack_15_an_address_inside_another_is_found(hidden: IPv4Address, how: str) -> None:
    assert reach(IPv6Address(EMBEDDED[how](int(hidden)))) is not Reach.PUBLIC


@given(hidden_v4, st.sampled_from(sorted(SPELLINGS)), st.sampled_from(["", ":8080", ":99999", ":x"]))
def test_attack_15_no_spelling_lets_one_through(hidden: IPv4Address, how: str, port: str) -> None:
    assert url_problem(f"http://{SPELLINGS[how](hidden)}{port}/", own_networks=False)


@given(st.sampled_from(PUBLIC_V4).map(IPv4Address), st.sampled_from(sorted(ALWAYS_ODD)))
def test_attack_15_odd_spellings_are_refused_of_public_addresses_too(public: IPv4Address, how: str) -> None:
    assert url_problem(f"http://{SPELLINGS[how](public)}/", own_networks=True)


@given(st.text(max_size=40), st.sampled_from(["http://", "https://", "HTTP://", ""]))
def test_attack_15_whatever_is_entered_there_is_an_answer(text: str, scheme: str) -> None:
    assert isinstance(url_problem(scheme + text, own_networks=False), str)


@pytest.mark.parametrize(
    "url",
    [
        *(f"https://{one}/in?x=1" for one in PUBLIC_V4), "http://[2606:4700::1111]:8080/", "https://crm.example/hook",
        "https://crm_web:8443/", "http://crm/", "https://bücher.example/", "https://xn--bcher-kva.example/",
        "HTTPS://CRM.EXAMPLE:443/a", "http://[::ffff:8.8.8.8]/", "http://[64:ff9b::8.8.8.8]/", "https://a.example:/",
    ],
)  # fmt: skip
def test_attack_15_what_is_public_is_still_taken(url: str) -> None:
    assert url_problem(url, own_networks=False) == ""


#: Every field that takes an address, in both faces: the REST path and body, and the admin's page and form.
FIELDS: dict[str, tuple[str, dict[str, Any]]] = {
    "url": ("subscriptions", {"name": "CRM", "kinds": ["RESULT"]}),
    "location": ("import-sources", {"name": "Nightly", "if_duplicate": "UPDATE"}),
    "base_url": ("accounts", {"name": "VoxCore", "provider": "voxcore", "time_zone": "UTC"}),
}
PAGES = {
    "url": "webhooks/subscription",
    "location": "campaigns/importsource",
    "base_url": "dialer/provideraccount",
}
PAGES_TRIED = ("plain", "one number", "trailing dot", "zone", "user", "no end of the bracket", "future")
#: Of a special range, which no field may take.
METADATA = IPv4Address("169.254.169.254")


@pytest.mark.django_db
@pytest.mark.parametrize("field", FIELDS)
def test_attack_15_every_field_refuses_every_spelling_with_an_error_of_its_own(
    api: APIClient, owner: Client, field: str
) -> None:
    path, body = FIELDS[field]
    if field == "location":
        body = {**body, "contact_list": contact_list([]).pk}
    for how, spell in SPELLINGS.items():
        url = f"http://{spell(METADATA)}/api"
        reply = api.post(f"{API}/{path}/", {**body, field: url}, format="json")
        assert reply.status_code == 400, (how, reply.content)
        assert field in [one["field"] for one in reply.json()["error"]["fields"]], how
        if field == "base_url" and how not in PAGES_TRIED:
            continue  # its page is large
        page = owner.post(f"/admin/{PAGES[field]}/add/", {**body, field: url})
        assert page.status_code == 200, how
        assert field in page.context["adminform"].form.errors, how


@pytest.mark.django_db
def test_attack_15_an_account_does_not_move_to_one(api: APIClient, owner: Client) -> None:
    made = account(fleet=None)
    for how in ("no end of the bracket", "future", "one number", "zone"):
        url = f"http://{SPELLINGS[how](METADATA)}/api"
        reply = api.patch(f"{API}/accounts/{made.pk}/", {"base_url": url}, format="json")
        assert reply.status_code == 400, how
        page = owner.post(f"/admin/dialer/provideraccount/{made.pk}/change/", {"name": "A", "base_url": url})
        assert page.status_code == 200, how
        assert "base_url" in page.context["adminform"].form.errors, how
    reply = api.patch(
        f"{API}/accounts/{made.pk}/", {"settings": {"recording_hosts": "a.example, 0x7f.1"}}, format="json"
    )
    assert "no host's name: 0x7f.1" in reply.content.decode()


@pytest.mark.django_db
def test_attack_15_stored_addresses_are_judged_again_when_they_are_asked(settings: Any) -> None:
    settings.DIALER_ALLOW_PRIVATE_ADDRESSES = True
    made = account(fleet=None)
    for how, spell in SPELLINGS.items():
        url = f"http://{spell(METADATA)}"
        ProviderAccount.objects.filter(pk=made.pk).update(base_url=url)
        stored = ProviderAccount.objects.get(pk=made.pk)
        with pytest.raises(NotSent):
            ask(account=stored, request=ProviderRequest(method="GET", path="/x", headers={}))
        with pytest.raises(RecordingUnavailable):
            open_recording(account=stored, url=f"{url}/5.wav")
        with pytest.raises(Unfetched):
            fetch(url)
        told = send_test(subscription=Subscription.objects.create(name=how, url=url), now=made.created_at)
        assert (told.status_code, told.state) == (None, "GIVEN_UP"), how
        assert told.problem, how


@pytest.mark.django_db
@pytest.mark.parametrize("ask_it", ["fetch", "provider", "subscriber"])
def test_attack_15_a_name_that_changes_its_mind_leads_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, settings: Any, ask_it: str
) -> None:
    """One look-up a connection: what was judged is what is connected to."""
    looked: list[str] = []
    connected: list[Any] = []
    real = socket.getaddrinfo

    def changing(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        if host != "rebound.example":
            connected.append(host)
            return real(host, port, *rest, **more)
        looked.append(host)
        # Public at the first look, and inside at every further one.
        address = "169.254.169.254" if len(looked) > 1 else "::ffff:169.254.169.254"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr("socket.getaddrinfo", changing)
    made = account(fleet=None)
    ProviderAccount.objects.filter(pk=made.pk).update(base_url="http://rebound.example")
    stored = ProviderAccount.objects.get(pk=made.pk)
    if ask_it == "fetch":
        with pytest.raises(Unfetched):
            fetch("http://rebound.example/")
    elif ask_it == "provider":
        with pytest.raises(NotSent):
            ask(account=stored, request=ProviderRequest(method="GET", path="/x", headers={}))
    else:
        one = Subscription.objects.create(name="x", url="http://rebound.example/")
        assert send_test(subscription=one, now=made.created_at).problem == addresses.SPECIAL
    assert (len(looked), connected) == (1, [])


def test_attack_15_of_several_addresses_only_good_ones_are_connected_to() -> None:
    found = ["fe80::1%eth0", "10.0.0.1", "::ffff:192.168.0.1", "8.8.8.8", "64:ff9b::a00:1"]
    assert allowed(found, own_networks=False) == ["8.8.8.8"]
    assert allowed(found, own_networks=True) == ["10.0.0.1", "::ffff:192.168.0.1", "8.8.8.8", "64:ff9b::a00:1"]
    with pytest.raises(Forbidden):
        allowed([], own_networks=True)
