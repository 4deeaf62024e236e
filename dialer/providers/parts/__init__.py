"""What some providers have beside calls: each part is a Protocol that a provider's own class fulfils.

A provider exposes a part under its name (``provider.lists``), None where it has none, and declares it in its
``Capabilities``. Parts are pure: a method returns a Question or a value, and never sends, stores or reads a clock.
"""

from __future__ import annotations

from dialer.providers.parts.hosted import HostedDialers
from dialer.providers.parts.key_map import KeyMap
from dialer.providers.parts.lists import Lists
from dialer.providers.parts.numbers_for_sale import NumbersForSale
from dialer.providers.parts.prefetch import Prefetch
from dialer.providers.parts.push_registration import PushRegistration
from dialer.providers.parts.staff import Staff
from dialer.providers.parts.texts import Texts

__all__ = [
    "HostedDialers",
    "KeyMap",
    "Lists",
    "NumbersForSale",
    "Prefetch",
    "PushRegistration",
    "Staff",
    "Texts",
]
