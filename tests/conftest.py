"""Fixtures for every test: the application on a fresh database, the cast signed in, time held, queries counted.

    app            the application, its context pushed, its database as new; on SQLite, or on both databases for
                   tests marked `@pytest.mark.both_databases`
    database       the same with `.kind` ("sqlite" or "postgresql"), `.engine` and `.app`
    db_session     the session services work in
    client         a stranger's client;  as_user("hua")  one who has signed in
    count_queries  `with count_queries() as queries:` …
    browser, phone Chromium on a live server; they fail the test on any error the browser reports
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from app.core import catalogues, clock
from app.core.db import db
from tests.support import system
from tests.support.chromium import Browser
from tests.support.client import Client, client_of
from tests.support.databases import PostgresUnderTest, SqliteUnderTest, UnderTest
from tests.support.live import LiveShop
from tests.support.postgres import PostgresServer
from tests.support.queries import counted

BOTH = ("sqlite", "postgresql")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "both_databases: run on SQLite and on PostgreSQL")
    config.addinivalue_line("markers", "postgresql: run on PostgreSQL alone, for what SQLite has not")
    catalogues.compile_all()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames:
        marked = metafunc.definition.get_closest_marker("both_databases")
        kinds = BOTH if marked else BOTH[:1]
        if metafunc.definition.get_closest_marker("postgresql"):
            kinds = BOTH[1:]
        metafunc.parametrize("database", kinds, indirect=True, ids=lambda kind: kind)


@pytest.fixture(autouse=True)
def _time_flows() -> Iterator[None]:
    """A test that holds the clock does not hold it for the next."""
    yield
    clock.reset()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server, started when the first test asks for it."""
    try:
        server = PostgresServer()
    except system.Missing as missing:
        pytest.fail(str(missing), pytrace=False)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def built(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str], UnderTest]]:
    """Kind of database → the database with its application, built at the first question."""
    made: dict[str, UnderTest] = {}

    def get(kind: str) -> UnderTest:
        if kind not in made:
            folder = tmp_path_factory.mktemp(kind)
            made[kind] = SqliteUnderTest(folder) if kind == "sqlite" else PostgresUnderTest(
                request.getfixturevalue("postgres_server"), folder)
        return made[kind]

    yield get
    for each in made.values():
        each.close()


@pytest.fixture
def database(request: pytest.FixtureRequest, built: Callable[[str], UnderTest]) -> UnderTest:
    """The database as new."""
    found = built(request.param)
    found.restore()
    return found


@pytest.fixture
def app(database: UnderTest) -> Iterator[Flask]:
    """The application, its context pushed."""
    with database.app.app_context():
        yield database.app
        db.session.rollback()


@pytest.fixture
def db_session(app: Flask) -> Any:
    """The session in which services work; nothing is committed unless the test does it."""
    return db.session


@pytest.fixture
def client(app: Flask) -> Client:
    """A client nobody has signed in with."""
    return client_of(app)


@pytest.fixture
def as_user(app: Flask) -> Callable[[str], Client]:
    """`as_user("hua")`: a client with which one of the cast has signed in."""

    def sign_in(username: str) -> Client:
        client = client_of(app)
        answer = client.sign_in(username)
        assert answer.status_code == 302, f"{username} could not sign in: {answer.status_code}"
        return client

    return sign_in


@pytest.fixture
def count_queries(database: UnderTest) -> Callable[[], Any]:
    """Counts what reaches the database; see `tests.support.queries`."""
    return lambda: counted(database.engine)


@pytest.fixture(scope="session")
def live_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveShop]:
    """A shop that is open, with demo goods; it is shared, so a story makes the records it changes."""
    shop = LiveShop(tmp_path_factory.mktemp("live"))
    yield shop
    shop.stop()


@pytest.fixture(scope="session")
def chromium(live_shop: LiveShop) -> Iterator[Browser]:
    """One Chromium for the session; tests use `browser` or `phone`."""
    try:
        browser = Browser(live_shop.address)
    except system.Missing as missing:
        pytest.fail(str(missing), pytrace=False)
    yield browser
    browser.close()


@pytest.fixture
def browser(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Browser]:
    """A browser that was never here, at a desk. The test fails if the browser complains about anything."""
    chromium.forget()
    chromium.become("desk")
    yield chromium
    failed = getattr(request.node, "failed", False)
    complaints = chromium.problems()
    if failed or complaints:
        print(f"Picture of the page: {chromium.shoot(request.node.name)}")
    if not failed:
        assert complaints == [], "\n".join(complaints)


@pytest.fixture
def phone(browser: Browser) -> Browser:
    """The same on a phone."""
    browser.become("phone")
    return browser


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Let fixtures know whether their test has failed."""
    report = (yield).get_result()  # type: ignore[misc]
    if report.when == "call" and report.failed:
        item.failed = True  # type: ignore[attr-defined]
