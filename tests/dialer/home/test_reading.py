"""What the server tells of its place, to whom it tells it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from dialer.home.allowing import is_dialing_allowed
from dialer.home.comparing import differences
from dialer.home.reading import database_address, public_url, read_home

pytestmark = pytest.mark.django_db


def test_a_role_that_may_see_little_is_told_what_it_may() -> None:
    with connection.cursor() as cursor:
        whole = read_home(cursor)
        cursor.execute("CREATE ROLE plain")
        cursor.execute("GRANT SELECT ON dialer_installation, dialer_switchboard TO plain")
        cursor.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
        cursor.execute("SET LOCAL ROLE plain")
        little = read_home(cursor)
        assert is_dialing_allowed()
        cursor.execute("RESET ROLE")
    assert (whole.system_identifier, whole.data_folder, whole.files_at) > ("0", "/", "2")
    assert (little.system_identifier, little.data_folder, little.files_at) == ("", "", "")
    assert (little.database_oid, little.table_oid) == (whole.database_oid, whole.table_oid)
    assert differences(home=whole, found=little) == []


def test_ports_and_sockets_of_this_machine_are_one_place(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("http://127.0.0.1:8000", "http://localhost:9000/prefix", "http://[::1]:8000"):
        settings.PUBLIC_BASE_URL = url
        assert public_url() == "this machine"
    settings.PUBLIC_BASE_URL = "https://dialer.example.com"
    assert public_url() == "https://dialer.example.com"
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {})
    for host in ("", "/run/postgresql", "127.0.0.1"):
        monkeypatch.setitem(connection.settings_dict, "HOST", host)
        assert database_address().startswith("this machine")
    monkeypatch.setitem(connection.settings_dict, "HOST", "db.example.com")
    assert database_address() == "db.example.com:5432"
