"""When each request left, by the kernel's stamp at the network interface: a witness who waits for no processor.

The carrier writes down when it came to read a request. On a busy machine that is later than it arrived, and several
that waited are read together, so by its ledger alone nobody can say whether they left together.
"""

from __future__ import annotations

import ctypes
import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

#: Of linux/if_ether.h, linux/if_packet.h, asm-generic/socket.h and linux/filter.h.
_ETH_P_IP, _PACKET_STATISTICS, _SOL_PACKET = 0x0800, 6, 263
_SO_ATTACH_FILTER, _SO_RCVBUFFORCE, _SO_TIMESTAMPNS = 26, 33, 35
#: Bytes of each packet that are kept: its head alone is read.
_KEPT_BYTES = 256
_HEARD_BYTES = 32 * 1024 * 1024
_ROOM_FOR_STAMP = socket.CMSG_SPACE(16)
_POST = re.compile(rb"POST /([a-z]+/[^/ ]+)/")


class Wire:
    """Hears the requests to a port of this machine.

    ``departures``: their Unix times by account, `<slug>/<name>`. ``dropped``: what the kernel could not keep for us.
    """

    def __init__(self, port: int) -> None:
        """Raises PermissionError where raw sockets are not allowed, and OSError where there are none."""
        self.departures: dict[str, list[float]] = {}
        self.dropped = 0
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_IP))
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _HEARD_BYTES)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        _attach(self._socket, port)
        self._socket.bind(("lo", _ETH_P_IP))
        self._socket.settimeout(0.2)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="wire", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hear what is still under way, and no more."""
        self._is_over.set()
        self._thread.join()
        _, self.dropped = struct.unpack("II", self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8))
        self._socket.close()

    def _listen(self) -> None:
        while True:
            try:
                packet, notes, *_ = self._socket.recvmsg(_KEPT_BYTES, _ROOM_FOR_STAMP)
            except TimeoutError:
                if self._is_over.is_set():
                    return
                continue
            head = (packet[0] & 0x0F) * 4
            payload = packet[head + (packet[head + 12] >> 4) * 4 :]
            if found := _POST.match(payload):
                seconds, nanoseconds = struct.unpack("qq", notes[0][2])
                self.departures.setdefault(found[1].decode(), []).append(seconds + nanoseconds / 1e9)


def _attach(on: socket.socket, port: int) -> None:
    """Let the kernel pass on what goes to a TCP port. On loopback it is there with the call that sends it."""
    load_byte, load_half, head_length, equal, give = 0x30, 0x48, 0xB1, 0x15, 0x06
    program = [
        (load_byte, 0, 0, 9), (equal, 0, 4, socket.IPPROTO_TCP),
        (head_length, 0, 0, 0), (load_half, 0, 0, 2), (equal, 0, 1, port),
        (give, 0, 0, 0xFFFF), (give, 0, 0, 0),
    ]  # fmt: skip
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in program))
    on.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", len(program), ctypes.addressof(code)))


@contextmanager
def heard(url: str) -> Iterator[Wire | None]:
    """Hear the requests to a carrier for the time of a block; None where this machine lets nobody listen."""
    try:
        wire = Wire(urlsplit(url).port or 80)
    except (OSError, AttributeError):
        yield None
        return
    yield wire
    wire.close()
