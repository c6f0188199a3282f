"""A shop that is open: the production server in a process of its own, on a free port, with demo goods.

Its database is one file that the test process may look into with an application of its own (`live.app`).
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener, urlopen

from flask import Flask

from app import server
from app.core.db import db
from tests.support.cast import PASSWORD
from tests.support.databases import build, make_app

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_START = 60


class Visitor:
    """A visitor over the wire: remembers cookies and reads pages."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def status(self, path: str, **fields: str) -> int:
        """Open a page, or send a form; gives the answer's status."""
        self.page = self.url = ""
        data = urlencode(fields).encode() if fields else None
        try:
            with self._opener.open(self.address + path, data, timeout=20) as answer:
                self.page, self.url = answer.read().decode(), answer.url
                return int(answer.status)
        except HTTPError as error:
            error.close()
            return error.code

    def get(self, path: str) -> str:
        """The text of a page."""
        status = self.status(path)
        assert status == 200, f"{path} answered {status}"
        return self.page

    def sign_in(self, username: str, password: str = PASSWORD) -> int:
        """Fill in the sign-in form; gives the status of the page it leads to."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get("/login/"))
        assert found is not None, "the sign-in form carries no token"
        return self.status("/login/", username=username, password=password, csrf_token=found[1])


class LiveShop:
    """The open shop: `address`, and `app` for a look into its database."""

    def __init__(self, folder: Path, *, demo: bool = True) -> None:
        self.folder = folder
        self.app = _app(folder)
        build(self.app)
        if demo:
            from app.demoing import load_demo

            load_demo(self.app, orders=300, members=40, products=20)
        with self.app.app_context():
            db.engine.dispose()
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = (folder / "server.log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.live", str(folder), str(self.port)], cwd=ROOT,
            env={**os.environ, "HOUTAI_VAR": str(folder / "var")}, stdout=self.log, stderr=subprocess.STDOUT)
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                urlopen(f"{self.address}/login/", timeout=5).close()
                return
            except (URLError, ConnectionError, TimeoutError):
                if self.process.poll() is not None or time.monotonic() > end:
                    self.stop()
                    raise RuntimeError(f"The shop did not open: {self.told()}") from None
                time.sleep(0.05)

    def stranger(self) -> Visitor:
        """Someone with a browser of their own, without a screen."""
        return Visitor(self.address)

    def told(self) -> str:
        """What the server has written."""
        self.log.flush()
        return (self.folder / "server.log").read_text(errors="replace")[-4000:]

    def stop(self) -> None:
        """Close the shop."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        with self.app.app_context():
            db.engine.dispose()


def _app(folder: Path) -> Flask:
    return make_app(f"sqlite:///{folder / 'shop.db'}", folder / "var", TESTING=False, BABEL_DEFAULT_LOCALE="zh")


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    server.serve(lambda: _app(Path(sys.argv[1])), host="127.0.0.1", port=int(sys.argv[2]), workers=1, threads=4)
