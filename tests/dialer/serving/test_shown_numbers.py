"""Numbers of people on pages that are shown to those who may not see them whole."""

from __future__ import annotations

import pytest

from dialer.serving.shown_numbers import masked_text

WHOLE = "98765 43210"


@pytest.mark.parametrize("attribute", ["title", "aria-label"])
def test_a_number_is_masked_in_what_is_read_on_hover_or_aloud(attribute: str) -> None:
    page = f'<p class="d-cut" {attribute}="call my brother on {WHOLE} instead">call my brother on {WHOLE}</p>'
    masked = masked_text(page, is_html=True)
    assert WHOLE not in masked
    assert masked.count("•") > 1
    assert f'{attribute}="call my brother on ' in masked


def test_what_is_no_number_stays_in_attributes() -> None:
    page = '<time datetime="2026-11-29T16:16:56Z" title="29 Nov 2026 16:16:56 UTC">21:46</time><a href="/12345678901/">'
    assert masked_text(page, is_html=True) == page
