"""Formatted text from people: what may stay in it.

Sanitised on save and again when shown, with `nh3` (the Rust ammonia library). Pictures are uploads of this shop: one of
another site, or one written into the text itself (`data:`), is taken out, since the Content-Security-Policy would not
show it and every reader's browser would tell that site who reads. Nothing runs, nothing is fetched by a style.
"""

from __future__ import annotations

import re
from html import unescape

import nh3
from flask import has_request_context, request
from markupsafe import Markup

TAGS = {
    "a", "b", "blockquote", "br", "caption", "code", "col", "colgroup", "del", "div", "em", "figcaption", "figure",
    "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "li", "ol", "p", "pre", "s", "small", "span",
    "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}
ATTRIBUTES = {
    "*": {"style"},
    "a": {"href", "title", "target"},
    "img": {"src", "alt", "title", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start"},
}
STYLES = {
    "background-color", "border", "border-collapse", "color", "font-size", "font-style", "font-weight", "height",
    "line-height", "list-style-type", "margin", "margin-left", "margin-right", "max-width", "padding", "padding-left",
    "text-align", "text-decoration", "vertical-align", "width",
}
_OWN_PICTURE = re.compile(r"/files/[0-9A-Za-z][0-9A-Za-z_.-]*")
_IMAGE = re.compile(r'<img(?:\s+[\w-]+="[^"]*")*\s*>')
"""As nh3 writes it: every attribute in double quotes."""
_BLOCK_END = re.compile(r"(?i)</(?:p|div|li|tr|h[1-6]|blockquote|pre|figcaption|caption)>|<br\s*/?>|<hr\s*/?>")


def sanitise(html: str) -> str:
    """`html` with everything taken out that may not stay."""
    clean = nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES, url_schemes={"http", "https", "mailto", "tel"},
        filter_style_properties=STYLES, link_rel="noopener noreferrer nofollow", attribute_filter=_own_pictures_only,
    )
    return _IMAGE.sub(lambda image: image[0] if ' src="' in image[0] else "", clean)


def has_foreign_pictures(html: str | None) -> bool:
    """Whether there are pictures in it that `sanitise` takes out."""
    addresses: list[str] = []

    def note(_tag: str, name: str, value: str) -> str:
        addresses.extend([value] if name == "src" else [])
        return value

    nh3.clean(html or "", tags={"img"}, attributes={"img": {"src"}}, attribute_filter=note,
              url_schemes={"http", "https", "data", "blob", "file"})
    return any(_own_picture(address) is None for address in addresses)


def _own_pictures_only(tag: str, name: str, value: str) -> str | None:
    return _own_picture(value) if (tag, name) == ("img", "src") else value


def _own_picture(address: str) -> str | None:
    """The address of an upload below this site, or None for any other. A browser that pastes a part of one of our
    pages gives it with the name of our host."""
    address = address.strip()
    if has_request_context():
        address = address.removeprefix(request.host_url.rstrip("/"))
    return address if _OWN_PICTURE.fullmatch(address) else None


def shown(html: str | None) -> Markup:
    """Formatted text ready for a page."""
    return Markup(sanitise(html or ""))


def plain(html: str | None) -> str:
    """Only the words of a formatted text."""
    text = nh3.clean(_BLOCK_END.sub(lambda end: f"{end[0]} ", html or ""), tags=set())
    return " ".join(unescape(text).split())
