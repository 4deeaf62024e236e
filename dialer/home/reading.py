"""Asks the server where the database is. What its role may not ask is left empty."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from dialer.home.comparing import Home

MACHINE_ID = Path("/etc/machine-id")
THIS_MACHINE = {"", "localhost", "127.0.0.1", "::1", "[::1]"}

# The view of settings leaves out what the role may not see, where current_setting would raise an error.
_PLACE = """
SELECT d.oid::bigint, d.datname, 'dialer_installation'::regclass::oid::bigint,
       COALESCE((SELECT s.setting FROM pg_settings s WHERE s.name = 'data_directory'), ''),
       has_function_privilege('pg_control_system()', 'EXECUTE'),
       has_function_privilege('pg_stat_file(text, boolean)', 'EXECUTE'),
       has_function_privilege('pg_walfile_name(pg_lsn)', 'EXECUTE')
  FROM pg_database d WHERE d.datname = current_database()
"""
_SYSTEM_IDENTIFIER = "SELECT system_identifier::text FROM pg_control_system()"
# No server writes PG_VERSION again: its change time is when it was made, copied or brought back. No copy keeps that.
_FILES_AT = "SELECT COALESCE(((pg_stat_file('PG_VERSION', TRUE)).change AT TIME ZONE 'UTC')::text, '')"
_TIMELINE = "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)"


def read_home(cursor: Any, *, with_addresses: bool = True) -> Home:
    """Return where the database is now. Without addresses: of a process that is no worker, and may run anywhere."""
    cursor.execute(_PLACE)
    database_oid, database, table_oid, data_folder, may_identify, may_look, may_date = cursor.fetchone()
    return Home(
        database_oid=database_oid,
        table_oid=table_oid,
        database=database,
        system_identifier=_one(cursor, _SYSTEM_IDENTIFIER) if may_identify else "",
        data_folder=data_folder,
        files_at=_one(cursor, _FILES_AT) if may_look else "",
        timeline=_one(cursor, _TIMELINE) if may_date else "",
        addresses=(database_address(),) if with_addresses else (),
        public_urls=(public_url(),) if with_addresses else (),
    )


def database_address() -> str:
    """Return host and port by which this process reaches PostgreSQL; on this machine, which machine that is."""
    parameters = connection.get_connection_params()
    host, port = str(parameters.get("host") or ""), str(parameters.get("port") or "5432")
    if host in THIS_MACHINE or host.startswith(("/", "@")):
        return f"this machine {_machine()}".rstrip()
    return f"{host}:{port}"


def public_url() -> str:
    """Return PUBLIC_BASE_URL. On this machine its port says nothing: the next start may find it taken."""
    url = str(settings.PUBLIC_BASE_URL)
    return "this machine" if (urlsplit(url).hostname or "") in THIS_MACHINE else url


def _machine() -> str:
    try:
        return MACHINE_ID.read_text().strip()[:8]
    except OSError:
        return ""


def _one(cursor: Any, statement: str) -> str:
    cursor.execute(statement)
    return str(cursor.fetchone()[0])
