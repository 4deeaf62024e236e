"""Phone numbers: any spelling in, E.164 or the reason why not out; and as they may be shown. Pure."""

from __future__ import annotations

from dialer.numbering.e164 import normalise
from dialer.numbering.masking import mask
from dialer.numbering.problems import NumberProblem, NumberProblemCode

__all__ = ["NumberProblem", "NumberProblemCode", "mask", "normalise"]
