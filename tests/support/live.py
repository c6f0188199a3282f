"""A shop that is open: the production server in a process of its own, on a free port, with demo goods.

Its database is one file that the test process may look into with an application of its own (`live.app`).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from flask import Flask

from app import server
from app.core.db import db
from tests.support.databases import build, make_app

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_START = 60


class LiveShop:
    """The open shop: `address`, and `app` for a look into its database."""

    def __init__(self, folder: Path, *, demo: bool = True) -> None:
        self.folder = folder
        self.app = _app(folder)
        build(self.app)
        if demo:
            from app.cli import load_demo

            load_demo(self.app)
        with self.app.app_context():
            db.engine.dispose()
        self.port = _free_port()
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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    server.serve(lambda: _app(Path(sys.argv[1])), host="127.0.0.1", port=int(sys.argv[2]), workers=1, threads=4)
