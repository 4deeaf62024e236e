"""How a campaign chooses among its DIDs that have room. Pure."""

from __future__ import annotations

import enum


class Rotation(enum.StrEnum):
    """How a campaign chooses among its DIDs that have room."""

    MOST_ROOM = "MOST_ROOM"
    LEAST_USED = "LEAST_USED"
    ROUND_ROBIN = "ROUND_ROBIN"
    SAME_REGION = "SAME_REGION"
    STICKY = "STICKY"

    @property
    def label(self) -> str:
        """The words for people."""
        return _LABELS[self]

    @property
    def needs_usage(self) -> bool:
        """Whether it asks what each DID has done of late."""
        return self in (Rotation.LEAST_USED, Rotation.ROUND_ROBIN)


_LABELS = {
    Rotation.MOST_ROOM: "Most room for further calls",
    Rotation.LEAST_USED: "Least used in the last 24 hours",
    Rotation.ROUND_ROBIN: "Round robin",
    Rotation.SAME_REGION: "Same region as the contact",
    Rotation.STICKY: "The one that the contact knows",
}
