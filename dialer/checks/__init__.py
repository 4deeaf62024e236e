"""What an operator wants to know before calls depend on it: Django's system checks, each with its cure.

``manage.py check`` runs those of the settings, ``manage.py check --database default`` those that ask PostgreSQL, too.
All carry the tag ``operation``.
"""

from dialer.checks import accounts, exposure, keys, packages, pooler, services, stored, telling
from dialer.checks.running import OPERATION, findings, forget_findings, recent_findings

__all__ = ["OPERATION", "accounts", "exposure", "findings", "forget_findings", "keys", "packages"]
__all__ += ["pooler", "recent_findings", "services", "stored", "telling"]
