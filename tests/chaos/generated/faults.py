"""Every kind of fault by its name: what it does to the arena, and how it is over."""

from __future__ import annotations

from collections.abc import Mapping

from tests.chaos.generated import managers, processes, provider, servers
from tests.chaos.generated.hurt import Kind

FAULTS: Mapping[str, Kind] = {**processes.KINDS, **servers.KINDS, **provider.KINDS, **managers.KINDS}
#: These last while the block is entered.
ENTERED_LONG = frozenset({"redis_emptied", "connections_cut", "restarted"})
