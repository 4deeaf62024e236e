"""The fixtures of the faces and of the carrier."""

from tests.admin.conftest import owner
from tests.api.conftest import api
from tests.sandbox.carrier import carrier_process, sandbox

__all__ = ["api", "carrier_process", "owner", "sandbox"]
