"""The sandbox fixtures for the tests of this folder."""

from tests.sandbox.carrier import carrier_process, sandbox

__all__ = ["carrier_process", "sandbox"]
