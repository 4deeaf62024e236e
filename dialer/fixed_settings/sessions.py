"""Sessions of PostgreSQL: what is set in each, and how both sides notice that the other one is lost."""

from __future__ import annotations

# What dialer/database sets in each session. Poolers refuse such settings among the options of a connection. Where
# they lend sessions by transaction, `migrate` makes them defaults of the role in this database.
DIALER_SESSION = {
    # Transactions are short everywhere; a forgotten one must not slow reserving down (see docs/decisions.md).
    "idle_in_transaction_session_timeout": "60s",
    "lock_timeout": "20s",
    # The statements of dialer/sql.py are prepared: plan them once, not for each set of values.
    "plan_cache_mode": "force_generic_plan",
    # A merge is taken for cheap where the rows that are asked for are believed to stand at a table's beginning, as
    # statistics say of those that were there then. It walks all rows before them.
    "enable_mergejoin": "off",
    # A machine that the network has lost holds its rows for about seven seconds, not until its transaction is too old.
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "4",
    "tcp_user_timeout": "6000",
}
#: Of libpq, in seconds, but for the last one: milliseconds.
CONNECTION_OPTIONS = {
    # A server that takes no writes is as good as none; of several in the URL, the one that does is chosen.
    "target_session_attrs": "read-write",
    # The other side of the same: we notice that PostgreSQL's machine is lost.
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 4,
    "tcp_user_timeout": 6_000,
}
