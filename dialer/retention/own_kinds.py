"""The kinds of this app's tables: who looked at what, and what people did in the admin."""

from __future__ import annotations

from dialer.retention.kinds import Kind, register


def register_own() -> None:
    """Add them."""
    register(
        Kind(
            name="looks",
            words="looks at events of providers",
            table="dialer_auditentry",
            at="r.at",
            indexed="r.kind = 'LOOK'",
        ),
        Kind(
            name="audit",
            words="what was done, heard and exported, by whom",
            table="dialer_auditentry",
            at="r.at",
            may_go="r.kind <> 'LOOK'",
            needs_archive=True,
        ),
    )
