"""Makes beginning cheap: a run's database is a copy of a migrated one, no test client reads all static files.

And passwords are judged in one round.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.core.management import call_command
from django.core.management.commands import flush
from django.db import connection
from psycopg import sql
from pytest_django.plugin import DjangoDbBlocker

from tests import emptying
from tests.services_plugin import is_ours

#: The advisory lock of the server under which one process migrates while the others wait for what it makes.
LOCK = 5_432_001
HALF_MADE = "migrated_half"


def pytest_configure() -> None:
    """Let WhiteNoise look for a file when it is asked for: each test client made it look for all of them at once."""
    settings.WHITENOISE_AUTOREFRESH = True
    settings.PASSWORD_HASHERS = ["tests.passwords.QuickHasher"]


def pytest_sessionstart() -> None:
    """Have the admin's tables there for tests that are made of them, before any page is asked for."""
    admin.autodiscover()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """Name the template that Django makes the test database from; it migrates what the template may lack."""
    if is_ours(connection.settings_dict["NAME"]):
        with django_db_blocker.unblock():
            connection.settings_dict["TEST"]["TEMPLATE"] = migrated_database()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Have a test that commits leave the database as it was made, at little cost."""
    if is_ours(connection.settings_dict["NAME"]):
        with django_db_blocker.unblock():
            emptying.keep()
        pytest.MonkeyPatch().setattr(flush, "sql_flush", emptying.emptied)


def migrated_database() -> str:
    """Return the name of a database in which all migrations of today are applied; the first who asks makes it."""
    name = f"migrated_{_digest_of_migrations()}"
    with connection._nodb_cursor() as cursor:
        cursor.execute("SET lock_timeout = 0")  # on a busy machine the one that migrates takes its time
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])  # until the cursor's session ends
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'migrated\\_%%'")
        found = {datname for (datname,) in cursor.fetchall()}
        if name not in found:
            for old in found | {HALF_MADE}:
                cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(old)))
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(HALF_MADE)))
            _migrate(HALF_MADE)
            renaming = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            cursor.execute(renaming.format(sql.Identifier(HALF_MADE), sql.Identifier(name)))
    return name


def _migrate(database: str) -> None:
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = database
    try:
        call_command("migrate", verbosity=0)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def _digest_of_migrations() -> str:
    digest = hashlib.sha256()
    for app in apps.get_app_configs():
        for file in sorted(Path(app.path, "migrations").glob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
