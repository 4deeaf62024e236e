"""Pages leave without what nobody sees, and with all that people typed as they typed it."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from dialer.serving.squeezing import SHORT_NAMES, SqueezesPages
from tests.sources import PROJECT


def sent(text: str, kind: str = "text/html; charset=utf-8") -> str:
    answer = SqueezesPages(lambda _: HttpResponse(text, content_type=kind))(RequestFactory().get("/"))
    return str(answer.content.decode())


@pytest.mark.parametrize(
    ("page", "left"),
    [
        ("<ul>\n      <li>a</li>\n\n   <li>b</li>\n</ul>", "<ul> <li>a</li> <li>b</li> </ul>"),
        ("<b>one</b>\n    <i>two</i>", "<b>one</b> <i>two</i>"),
        ("<p>a\n    b</p>", "<p>a\n    b</p>"),
        ("<a>\n      Home\n   </a>", "<a> Home </a>"),
        ("<b>one</b> <i>two</i>", "<b>one</b> <i>two</i>"),
    ],
)
def test_what_stands_between_tags_is_one_space(page: str, left: str) -> None:
    assert sent(page) == left


@pytest.mark.parametrize(
    "kept", ["<textarea>\r\n  a\n\n</textarea>", "<pre>  \n  <b> </pre>", "<script>\nif (a\n<b)\n</script>"]
)
def test_what_is_shown_as_it_stands_is_left(kept: str) -> None:
    assert sent(kept) == kept


def test_what_is_no_page_is_left() -> None:
    assert sent("<a>\n\n<b>", "text/csv") == "<a>\n\n<b>"


def test_the_themes_classes_of_inputs_are_short_on_every_page(admin_client: Client) -> None:
    """Where the theme writes others, the names are no more in use: take out what stands for nothing."""
    page = admin_client.get(reverse("admin:dialer_did_add")).content
    for long, short in SHORT_NAMES.items():
        assert short in page, short
        assert long not in page
    assert b'class="d-uf ' in page
    style = (PROJECT / "dialer/static/dialer/admin.css").read_text()
    assert all(f".{short.decode().split()[-1]} {{" in style for short in SHORT_NAMES.values())
