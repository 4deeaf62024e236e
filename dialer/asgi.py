"""The ASGI applications, served by granian: `application` answers everything, `inbox` pushes only."""

from __future__ import annotations

import contextlib
import functools
import os
import resource
from importlib import import_module
from wsgiref.types import WSGIApplication
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dialer.settings")
#: Each connection is a file, and an idle one costs little else.
OPEN_FILES = 16_384
#: What whoever comes sees first.
PAGE = "/admin/login/"


@functools.cache
def _pages() -> WSGIApplication:
    wsgi: WSGIApplication = get_wsgi_application()  # before anything that needs the apps
    import_module(settings.ROOT_URLCONF)  # else the first request waits for it
    return wsgi


def get_ready() -> None:
    """Make what answers, and have it answer once, a page that reads no database: forked processes share what it took.

    The address is one that is answered here, so that nothing is refused and logged.
    """
    host = next((name for name in settings.ALLOWED_HOSTS if name[0] not in "*."), "localhost")
    environ = {"PATH_INFO": PAGE, "HTTP_HOST": host, "REMOTE_ADDR": "127.0.0.1"}
    setup_testing_defaults(environ)
    answer = _pages()(environ, lambda *_: lambda _: None)
    b"".join(answer)
    getattr(answer, "close", list)()


def _front(*, web_threads: int) -> object:
    wsgi = _pages()
    front = import_string("dialer.serving.front.Front")
    return front(
        wsgi,
        judge=import_string("webhooks.doorway.is_address"),
        shortcut=import_string("webhooks.short_way.ShortWay"),
        newest=import_string("campaigns.results.feed.newest_position"),
        most_waiting=settings.DIALER_MOST_WAITING,
        web_threads=web_threads,
        push_threads=settings.DIALER_PUSH_THREADS,
        most_push_bytes=settings.DIALER_PUSH_MAX_BYTES,
        body_seconds=settings.DIALER_BODY_SECONDS,
    )


def _open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def __getattr__(name: str) -> object:
    """Make the application that the server asks for by name, and no other: each has threads of its own."""
    if name not in {"application", "inbox"}:
        raise AttributeError(name)
    _open_files()
    return _front(web_threads=settings.DIALER_WEB_THREADS if name == "application" else 0)
