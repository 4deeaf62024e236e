"""The sandbox fixtures for the tests of this folder."""

from tests.sandbox.carrier import carrier_process, http, receiver, sandbox

__all__ = ["carrier_process", "http", "receiver", "sandbox"]
