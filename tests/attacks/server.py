"""A real web process on loopback over the tests' database, and raw requests to it: what a client library would mend."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.db import connection

from dialer.embedded.sharing import Services
from dialer.embedded.stack import HOST, Stack, free_port

#: How long the process waits for a body, so that a test can see the end of it.
BODY_SECONDS = 1.5

#: What an account may push in a minute.
EVENTS_PER_MINUTE = 60

#: How long one statement may take.
STATEMENT_SECONDS = 3


class Server:
    """The web process: where it is, and what it has logged."""

    def __init__(self, *, port: int, log_file: Path, pid: int, inbox: Server | None = None) -> None:
        self.port, self._log_file, self._pid = port, log_file, pid
        #: The process that takes pushes only.
        self.inbox = inbox or self

    def logged(self) -> str:
        """Return all that the process has logged."""
        return self._log_file.read_text(errors="replace")

    def peak_kb(self) -> int:
        """Return the most memory that one of the web's processes has held at once, in KB."""
        children = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text().split()
        said = [Path(f"/proc/{pid}/status").read_text() for pid in (self._pid, *children)]
        return max(int(one.partition("VmHWM:")[2].split()[0]) for one in said)

    def send(self, raw: bytes) -> tuple[int, str]:
        """Send bytes as they are; return the status and the rest of the reply. The sender says no more after it."""
        with socket.create_connection((HOST, self.port), timeout=30) as there:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused before all was sent
                there.sendall(raw)
            got = b""
            with contextlib.suppress(ConnectionResetError):
                while piece := there.recv(65536):
                    got += piece
        return int(got.split(b" ", 2)[1]), got.decode(errors="replace")

    def break_off(self, raw: bytes) -> bytes:
        """Send bytes, say that nothing follows, and return what is answered to that, b"" for nothing."""
        with socket.create_connection((HOST, self.port), timeout=30) as there:
            there.sendall(raw)
            there.shutdown(socket.SHUT_WR)
            got = b""
            with contextlib.suppress(ConnectionResetError):
                while piece := there.recv(65536):
                    got += piece
        return got

    def ask(self, method: str, path: str, body: bytes = b"", *, chunks: int = 0, **headers: str) -> tuple[int, str]:
        """Send one request, its body with a length, or in pieces of `chunks` bytes without one."""
        named = {
            "Host": HOST,
            "Connection": "close",
            **{name.replace("_", "-"): each for name, each in headers.items()},
        }
        if chunks:
            named["Transfer-Encoding"] = "chunked"
            pieces = [body[at : at + chunks] for at in range(0, len(body), chunks)]
            body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        elif body:
            named["Content-Length"] = str(len(body))
        head = "".join(f"{name}: {each}\r\n" for name, each in named.items())
        return self.send(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)


@contextlib.contextmanager
def running_server(*, log_dir: Path) -> Iterator[Server]:
    """Start the web process and the inbox on the database that this process's Django uses; leaves nothing running."""
    given = urlsplit(os.environ["DATABASE_URL"])
    database_url = urlunsplit(given._replace(path=f"/{connection.settings_dict['NAME']}"))
    services = Services(database_url=database_url, redis_url=os.environ["REDIS_URL"], data_dir=log_dir)
    port, inbox_port = free_port(), free_port()
    environment = {"ALLOWED_HOSTS": HOST, "DIALER_BODY_SECONDS": str(BODY_SECONDS)}
    environment |= {"DIALER_PUSHES_PER_MINUTE": str(EVENTS_PER_MINUTE)}
    environment |= {"DIALER_WEB_STATEMENT_SECONDS": str(STATEMENT_SECONDS)}
    stack = Stack(services, port=port, log_dir=log_dir, inbox_port=inbox_port, threads=8, extra_env=environment)
    try:
        for name in ("web", "inbox"):
            stack.start_one(name)
        for name in ("web", "inbox"):
            stack.wait_ready(name)
        running = stack.supervisor
        inbox = Server(port=inbox_port, log_file=running.log_file("inbox"), pid=running.pid("inbox"))
        yield Server(port=port, log_file=running.log_file("web"), pid=running.pid("web"), inbox=inbox)
    finally:
        stack.stop()
