"""`run.py`, started as people start it: what it says, what it keeps, and how it stops."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from sqlalchemy import create_engine, text

from tests.support.live import Visitor, free_port

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 120
"""How long a start may take on a machine that has much else to do."""


class Run:
    """One `python run.py` with a folder and a port of its own."""

    def __init__(self, var: Path, port: int, root: Path = ROOT, **environment: str) -> None:
        self.port = port
        self.address = f"http://127.0.0.1:{port}"
        self.log = var.parent / f"log-{time.monotonic_ns()}"
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "run.py"], cwd=root, stdout=out, stderr=subprocess.STDOUT,
                env={**os.environ, "HOUTAI_VAR": str(var), "PORT": str(port), **environment})

    @property
    def said(self) -> str:
        """All it has printed."""
        return self.log.read_text(errors="replace")

    def wait_until_open(self) -> Run:
        """Until it answers."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                urlopen(f"{self.address}/login/", timeout=5).close()
                return self
            except (URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        raise AssertionError(self.said)

    def stop(self, how: int = signal.SIGINT) -> int:
        """Ask it to stop, as Ctrl-C does; gives its exit status."""
        self.process.send_signal(how)
        return self.process.wait(SECONDS)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Any]:
    """`start(DEMO_SHOP="0")`: another run on the same folder; `root` is where the code lies."""
    running: list[Run] = []
    port = free_port()

    def run(root: Path = ROOT, **environment: str) -> Run:
        running.append(Run(tmp_path / "var", port, root, **environment))
        return running[-1]

    yield run
    for each in running:
        each.process.kill()
        each.process.wait()


def scalar(var: Path, statement: str) -> Any:
    """Ask the shop's database."""
    import pysqlite3

    engine = create_engine(f"sqlite:///{var / 'houtai.db'}", module=pysqlite3)
    with engine.connect() as connection:
        answer = connection.execute(text(statement)).scalar()
    engine.dispose()
    return answer


def test_the_first_start_makes_a_shop_and_the_second_keeps_it(start: Any, tmp_path: Path) -> None:
    first = start().wait_until_open()
    found = re.search(r"Sign in as (\w+) with the password (\S+)", first.said)
    assert found is not None, first.said
    assert first.address in first.said
    visitor = Visitor(first.address)
    visitor.sign_in(found[1], found[2])
    assert "/login" not in visitor.url
    assert scalar(tmp_path / "var", "SELECT count(*) FROM orders") > 100
    assert scalar(tmp_path / "var", "PRAGMA journal_mode") == "wal"
    assert first.stop() == 0, first.said
    assert "Traceback" not in first.said

    orders = scalar(tmp_path / "var", "SELECT count(*) FROM orders")
    second = start().wait_until_open()
    assert "password" not in second.said
    assert scalar(tmp_path / "var", "SELECT count(*) FROM orders") == orders
    assert Visitor(second.address).sign_in(found[1], found[2]) == 200
    assert second.stop(signal.SIGTERM) == 0, second.said
    assert "Traceback" not in second.said


def test_the_first_password_can_be_given(start: Any) -> None:
    password = "three quiet boats at dawn"
    run = start(DEMO_SHOP="0", HOUTAI_ADMIN_PASSWORD=password).wait_until_open()
    visitor = Visitor(run.address)
    visitor.sign_in("admin", password)
    assert visitor.status("/users/list/") == 200, "a password of one's own need not be changed"


def test_the_first_start_of_code_just_fetched_speaks_chinese(start: Any, tmp_path: Path) -> None:
    fetched = tmp_path / "fetched"
    fetched.mkdir()
    for name in ("app", "migrations", "translations", "config.py", "run.py"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, fetched / name)
    for compiled in fetched.glob("translations/*/LC_MESSAGES/*.mo"):
        compiled.unlink()
    run = start(fetched, DEMO_SHOP="0").wait_until_open()
    page = urlopen(Request(f"{run.address}/login/", headers={"Accept-Language": "zh-CN"})).read().decode()
    assert "欢迎来到您的店铺后台" in page, "no catalogue was compiled, or an older one was kept"


def test_a_port_that_is_taken_is_said_so(start: Any) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        run = start(DEMO_SHOP="0", PORT=port)
        assert run.process.wait(SECONDS) == 1
    assert f"Port {port} on 127.0.0.1 is taken" in run.said
    assert "Traceback" not in run.said


def test_a_database_from_a_newer_version_is_said_so(start: Any, tmp_path: Path) -> None:
    start(DEMO_SHOP="0").wait_until_open().stop()
    import pysqlite3

    engine = create_engine(f"sqlite:///{tmp_path / 'var' / 'houtai.db'}", module=pysqlite3)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '20991231_2359'"))
    engine.dispose()
    run = start(DEMO_SHOP="0")
    assert run.process.wait(SECONDS) == 1
    assert "newer version" in run.said
    assert "Traceback" not in run.said


@pytest.mark.skipif(sys.platform != "linux", reason="other systems cannot tell a worker that its parent was killed")
def test_no_worker_outlives_a_parent_that_was_killed(start: Any) -> None:
    run = start(DEMO_SHOP="0").wait_until_open()
    run.process.kill()
    run.process.wait()
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            urlopen(f"{run.address}/login/", timeout=5).close()
        except (URLError, ConnectionError):
            break
        time.sleep(0.1)
    assert start(DEMO_SHOP="0").wait_until_open().stop() == 0, "and the next start finds the port free"


def test_a_short_secret_key_is_refused(start: Any) -> None:
    run = start(HOUTAI_SECRET_KEY="short")
    assert run.process.wait(SECONDS) == 1
    assert "at least 32 characters" in run.said
