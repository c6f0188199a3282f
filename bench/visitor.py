"""Somebody who asks for pages: a direct call of the WSGI application, as a server makes it, without a server.

Ours, the bare page and the plain framework are all called through this, so its own cost is the same for all.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote, urlencode


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Visitor:
    """Calls `application`, and keeps its cookies."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application
        self._cookies: dict[str, str] = {}

    @property
    def cookie(self) -> str:
        """What a browser would send along."""
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def get(self, path: str) -> Answer:
        return self._call("GET", path, b"")

    def post(self, path: str, fields: list[tuple[str, str]]) -> Answer:
        return self._call("POST", path, urlencode(fields).encode())

    def _call(self, method: str, path: str, body: bytes) -> Answer:
        path, _, query = path.partition("?")
        told: list[Any] = []
        environ = {
            "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8080", "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "127.0.0.1:8080", "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/2010",
            "HTTP_ACCEPT": "text/html,application/xhtml+xml", "HTTP_ACCEPT_LANGUAGE": "zh-CN,zh;q=0.9,en;q=0.8",
            "HTTP_COOKIE": self.cookie,
            "REMOTE_ADDR": "127.0.0.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(), "wsgi.multithread": True,
            "wsgi.multiprocess": False, "wsgi.run_once": False,
        }
        if method == "POST":
            environ |= {"CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(body))}

        def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Callable[[bytes], None]:
            told[:] = status, headers
            return lambda _bytes: None

        chunks = self._application(environ, start_response)
        found = b"".join(chunks)
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
        for name, value in told[1]:
            if name == "Set-Cookie":
                self._cookies |= {key: morsel.value for key, morsel in SimpleCookie(value).items()}
        return Answer(int(told[0][:3]), told[1], found)


class FormReader(HTMLParser):
    """What a browser would send if the form on a page with the most fields were sent as it is."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._forms: list[list[tuple[str, str]]] = []
        self._select: str | None = None
        self._area: list[str] | None = None
        self._area_name = ""
        self.feed(page)
        self.fields = max(self._forms, key=len)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name, value = found.get("name"), found.get("value") or ""
        if tag == "form":
            self._forms.append([])
        elif not self._forms:
            return
        elif tag == "input" and name and (found.get("type") not in {"checkbox", "radio"} or "checked" in found):
            self._forms[-1].append((name, value))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in found:
            self._forms[-1].append((self._select, value))
        elif tag == "textarea" and name:
            self._area, self._area_name = [], name

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None
        elif tag == "textarea" and self._area is not None:
            # HTML drops the line break that directly follows the opening tag.
            text = "".join(self._area)
            self._forms[-1].append((self._area_name, text.removeprefix("\n")))
            self._area = None


def address_of(path: str, **query: str) -> str:
    """`path` with a query; dots in names are written as `__`."""
    words = "&".join(f"{name.replace('__', '.')}={quote(value)}" for name, value in query.items())
    return f"{path}?{words}" if words else path
