"""The invented provider's own server: it takes calls over HTTP, pushes what became of each, and keeps a ledger."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any

import httpx

KEY, SECRET = "rw-key-0123456789abcdef", "callback-secret-0123456789"
#: What becomes of a call, by the last digit of its number; calls to 8 are never pushed, and 9 has no room.
RESULTS = {"0": "answered", "1": "answered", "2": "no-reply", "3": "engaged", "4": "machine", "5": "failed"}
NEVER_PUSHED, NO_ROOM = "8", "9"
RING_SECONDS = 0.05
PUSH_TRIES = 50
COMPANY_SECONDS = 20


@dataclass
class Ledger:
    """Every call by its id, and the most that there were at one time."""

    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    live: int = 0
    most_live: int = 0
    refused: int = 0

    @property
    def rings(self) -> Counter[str]:
        """How often each number rang."""
        return Counter(call["to"] for call in self.calls.values())


class Ringwell:
    """A server on a free port of this machine. Pushes go to ``push_url`` once it is set."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.push_url = ""
        #: Where it is set before the first call, that call goes on until there is another one beside it.
        self.company: Event | None = None
        self.lock = Lock()
        carrier = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._reply(*carrier.get(self.path, self.headers.get("Authorization")))

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._reply(*carrier.post(body, self.headers.get("Authorization")))

            def _reply(self, status: int, body: Any) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *arguments: Any) -> None:
                """Keep the test output quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> Ringwell:
        Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def get(self, path: str, authorization: str | None) -> tuple[int, Any]:
        """Answer "Scripts", or the look-up of one call."""
        if authorization != f"Bearer {KEY}":
            return 401, {"error": "The key is not known"}
        if path == "/v2/scripts":
            return 200, {"scripts": [{"name": "renewals"}, {"name": "survey"}]}
        with self.lock:
            call = self.ledger.calls.get(path.rpartition("/")[2])
            return (200, dict(call)) if call else (404, {"error": "No such call"})

    def post(self, body: Mapping[str, Any], authorization: str | None) -> tuple[int, Any]:
        """Take a call, or refuse it."""
        if authorization != f"Bearer {KEY}":
            return 401, {"error": "The key is not known"}
        with self.lock:
            if body["to"].endswith(NO_ROOM) and not self.ledger.refused:
                self.ledger.refused += 1
                return 429, {"error": "All lines are taken"}
            call_id = f"rw-{len(self.ledger.calls) + 1}"
            call = {"id": call_id, "state": "ringing", "reference": body["reference"], "to": body["to"]}
            self.ledger.calls[call_id] = call
            self.ledger.live += 1
            self.ledger.most_live = max(self.ledger.most_live, self.ledger.live)
            if self.company is not None and self.ledger.live > 1:
                self.company.set()
        Thread(target=self._ring, args=(call,), daemon=True).start()
        return 201, {"id": call_id, "state": "queued", "reference": body["reference"]}

    def _ring(self, call: dict[str, Any]) -> None:
        time.sleep(RING_SECONDS)
        if self.company is not None:
            self.company.wait(COMPANY_SECONDS)
        result = RESULTS.get(call["to"][-1], "answered")
        with self.lock:
            call |= {"state": "done", "result": result}
            call |= {"talk_seconds": 1.5, "outcome_tag": "INTERESTED"} if result == "answered" else {}
            self.ledger.live -= 1
        if not call["to"].endswith(NEVER_PUSHED):
            self._push(json.dumps(call).encode())

    def _push(self, body: bytes) -> None:
        """Push until it is answered with 2xx, as the pages on callbacks say."""
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {"content-type": "application/json", "x-ringwell-signature": signature}
        for _ in range(PUSH_TRIES):
            reply = httpx.post(self.push_url, content=body, headers=headers, timeout=10, trust_env=False)
            if reply.is_success:
                return
            time.sleep(RING_SECONDS)
