"""TLS: no request, and no key in it, goes to a server that cannot prove who it is."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dialer.http.client import NotSent, ProviderClient, Unanswered
from tests.http.scripted_server import Session, answer_all, call_request, serving

pytestmark = pytest.mark.anyio


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a file with a key and a certificate of 127.0.0.1 that nobody but itself vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    file = tmp_path / "loopback.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return file


def _server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def test_an_untrusted_certificate_is_not_sent_to(certificate: Path) -> None:
    async with serving(answer_all, tls=_server_context(certificate)) as server:
        client = ProviderClient(base_url=f"https://127.0.0.1:{server.port}")
        with pytest.raises(NotSent, match=r"^ConnectError: .*certificate verify failed"):
            await client.send(call_request())
        assert server.received() == b""
        await client.aclose()


async def test_a_certificate_of_another_host_is_not_sent_to(certificate: Path) -> None:
    async with serving(answer_all, tls=_server_context(certificate)) as server:
        trusting = ssl.create_default_context(cafile=certificate)
        client = ProviderClient(base_url=f"https://localhost:{server.port}", ssl_context=trusting)
        with pytest.raises(NotSent, match=r"^ConnectError: .*ostname mismatch"):
            await client.send(call_request())
        assert server.received() == b""
        await client.aclose()


async def test_a_trusted_server_is_called_over_one_connection(certificate: Path) -> None:
    async with serving(answer_all, tls=_server_context(certificate)) as server:
        trusting = ssl.create_default_context(cafile=certificate)
        client = ProviderClient(base_url=f"https://127.0.0.1:{server.port}", ssl_context=trusting)
        for mark in "abc":
            assert (await client.send(call_request(mark))).body == f'{{"mark":"{mark}"}}'.encode()
        assert len(server.sessions) == 1
        await client.aclose()


async def test_a_drop_after_the_request_over_tls_is_unanswered(certificate: Path) -> None:
    async def drop(session: Session) -> None:
        await session.next_request()
        session.transport.abort()

    async with serving(drop, tls=_server_context(certificate)) as server:
        trusting = ssl.create_default_context(cafile=certificate)
        client = ProviderClient(base_url=f"https://127.0.0.1:{server.port}", ssl_context=trusting)
        with pytest.raises(Unanswered):
            await client.send(call_request())
        assert server.requests() == [b'{"mark":"a"}']
        await client.aclose()


async def test_a_handshake_that_never_ends_is_not_sent() -> None:
    async def say_nothing(session: Session) -> None:
        await session.end()

    async with serving(say_nothing) as server:
        client = ProviderClient(base_url=f"https://127.0.0.1:{server.port}", connect_timeout_seconds=0.2)
        with pytest.raises(NotSent, match=r"^ConnectTimeout"):
            await client.send(call_request())
        await server.sessions[0].end()
        assert b"mark" not in server.received()
        await client.aclose()
