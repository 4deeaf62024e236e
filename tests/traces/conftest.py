"""The fixtures of the carrier."""

from tests.sandbox.carrier import carrier_process, sandbox

__all__ = ["carrier_process", "sandbox"]
