"""The audit: who did what, when, to which object, from what to what, and why. One table for every face.

`acting` says who acts, `recording` writes entries, `changes` tells what of a row differs, `unrecorded` has whatever a
face lets somebody do leave at least a plain entry, `seeing` says which entries somebody may see.
"""

from dialer.audit.acting import Actor, acting, command_actor
from dialer.audit.recording import Subject, record, record_many, unchanged

__all__ = ["Actor", "Subject", "acting", "command_actor", "record", "record_many", "unchanged"]
