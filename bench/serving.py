"""The same page from the real server: what Granian adds to the direct call, over a kept connection on this machine."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from bench.meter import Meter, best_of
from bench.visitor import Visitor
from bench.workloads import LIST

SECONDS_TO_START = 60


class ServerMeter(Meter):
    """Processor time of a server's processes with all their threads, and of PostgreSQL."""

    def __init__(self, server: int, postmaster: int | None) -> None:
        super().__init__(postmaster)
        self.server = server

    def read(self) -> int:
        children = Path(f"/proc/{self.server}/task/{self.server}/children").read_text().split()
        spent = sum(int(task.read_text().split()[0]) for process in (str(self.server), *children)
                    for task in Path(f"/proc/{process}/task").glob("*/schedstat"))
        return spent + self._server() if self.postmaster else spent


def main() -> None:
    asked = json.loads(sys.argv[1])
    from bench.measure import build, sign_in

    visitor = Visitor(build(asked["url"], Path(asked["var"]), []).wsgi_app)
    sign_in(visitor)
    port = _free_port()
    server = subprocess.Popen(
        [sys.executable, "run.py"], stdout=subprocess.DEVNULL,
        env={**os.environ, "PORT": str(port), "JOBS_IN_PROCESS": "0", "WEB_WORKERS": "1"})
    try:
        connection = _connected(port, server)
        headers = {"Cookie": visitor.cookie, "Accept-Language": "zh-CN", "Host": f"127.0.0.1:{port}"}

        def ask() -> None:
            connection.request("GET", LIST, headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise SystemExit(f"The server answered {answer.status}")

        meter = ServerMeter(server.pid, asked["postmaster"])
        best = best_of(meter, asked["rounds"], asked["repeats"], ask)[0]
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)
    Path(asked["out"]).write_text(json.dumps({"page 1": best}))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _connected(port: int, server: subprocess.Popen[Any]) -> HTTPConnection:
    """A connection, as soon as the server answers."""
    until = time.monotonic() + SECONDS_TO_START
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", "/login/")
            connection.getresponse().read()
            return connection
        except OSError:
            if server.poll() is not None or time.monotonic() > until:
                raise SystemExit("The server did not start.") from None
            time.sleep(0.1)


if __name__ == "__main__":
    main()
