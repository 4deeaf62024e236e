"""What the IVR Solutions dialect keeps of an account besides its calls; new after each reset."""

from __future__ import annotations

from dataclasses import dataclass, field

from dialer.sandbox.ivrsolutions.catalog import Catalog
from dialer.sandbox.ivrsolutions.hosted import HostedDialer
from dialer.sandbox.ivrsolutions.records import Records


@dataclass(slots=True)
class State:
    """The records, hosted dialers and lists of an account."""

    records: Records = field(default_factory=Records)
    dialers: dict[int, HostedDialer] = field(default_factory=dict)
    catalog: Catalog = field(default_factory=Catalog)
    base_url: str = ""
    next_dialer_id: int = 101
    next_log_id: int = 500_001
