"""Formatted text from people: what may stay in it.

Sanitised on save and again when shown, with `nh3` (the Rust ammonia library). Pictures come from this shop or
over https; nothing runs, nothing is fetched by a style, nothing leaves its place on the page.
"""

from __future__ import annotations

import nh3
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


def sanitise(html: str) -> str:
    """`html` with everything taken out that may not stay."""
    return nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES, url_schemes={"http", "https", "mailto", "tel"},
        filter_style_properties=STYLES, link_rel="noopener noreferrer nofollow",
    )


def shown(html: str | None) -> Markup:
    """Formatted text ready for a page."""
    return Markup(sanitise(html or ""))


def plain(html: str | None) -> str:
    """Only the words of a formatted text."""
    return nh3.clean(html or "", tags=set()).strip()
