"""Attack 25: a recording's URL climbs by ``..`` above the account's path, and the key goes with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.providers.parsing import path_under

BASE = "https://provider.example/tenants/7/api"
UP = st.sampled_from(
    ["..", "%2e%2e", ".%2E", "%2e.", "%252e%252e", "..%2f..", "..%5c..", "..\\..", "..;x", "x%2f..%2f.."]
)


@given(
    before=st.lists(st.sampled_from(["calls", "a.b", "5"]), max_size=3), up=UP, after=st.sampled_from(["", "secret"])
)
def test_attack_25_no_spelling_of_a_way_up_gets_the_key(before: list[str], up: str, after: str) -> None:
    url = "/".join([BASE, *before, up, after])
    assert path_under(url, base_url=BASE) is None


@pytest.mark.parametrize("path", ["/calls/5/recording", "/r..x/5.wav", "/5.wav?from=../x", "/a%20b.wav"])
def test_attack_25_a_recording_below_the_accounts_path_is_still_asked_for(path: str) -> None:
    assert path_under(BASE + path, base_url=BASE) == path
