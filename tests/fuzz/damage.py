"""Files and replies that were damaged on their way, or made to do harm."""

from __future__ import annotations

from hypothesis import strategies as st

#: What breaks readers: marks of other encodings, quotes that never end, packed layers, formulas, long cells, NULs.
NASTY = (
    b"\x00", b'"', b"\r", b"\n\n", b"\xff\xfe", b"\xef\xbb\xbf", b"\x1f\x8b\x08", b"PK\x03\x04", b"," * 300,
    b"=1+1|'cmd'!A1", b";", b"\t", b"\\u0000", b"{" * 80, b"9" * 400, b"\xe2\x80\xae", b"a" * 40_000, b"\xed\xa0\x80",
    b"NaN", b"-", b"\x1a",
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """Return bytes that are near to these: some cut out, doubled, turned over or put in between."""
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        until = min(len(content), at + draw(st.integers(0, 40)))
        piece = content[at:until]
        put = {
            "cut": b"",
            "double": piece * 2,
            "turn": piece[::-1],
            "nasty": draw(st.sampled_from(NASTY)),
            "noise": draw(st.binary(max_size=12)),
        }[draw(st.sampled_from(["cut", "double", "turn", "nasty", "noise"]))]
        content = content[:at] + put + content[until:]
        if draw(st.integers(0, 9)) == 0:
            content = content[: draw(st.integers(0, len(content)))]
    return content
