"""A kept connection whose server has gone, such as after a restart, is replaced before anybody is let down."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, exc, text

from app.core.database import set_up_engine
from tests.support.postgres import PostgresServer


@pytest.fixture
def engine(postgres_server: PostgresServer) -> Iterator[Engine]:
    made = create_engine(postgres_server.url("postgres"))
    yield made
    made.dispose()


def ask(engine: Engine, question: str) -> int:
    with engine.connect() as connection:
        return connection.scalar(text(question)) or 0


def hang_up(engine: Engine, server: PostgresServer) -> None:
    """End the kept connection from the server's side, and wait until it is ended."""
    number = ask(engine, "SELECT pg_backend_pid()")
    server.administrate(f"SELECT pg_terminate_backend({number}, 10000)")


def test_nobody_notices(engine: Engine, postgres_server: PostgresServer) -> None:
    set_up_engine(engine)
    hang_up(engine, postgres_server)
    assert ask(engine, "SELECT 42") == 42


def test_without_the_look_at_the_socket_the_first_to_ask_is_let_down(
        engine: Engine, postgres_server: PostgresServer) -> None:
    """The control of the test above."""
    hang_up(engine, postgres_server)
    with pytest.raises(exc.OperationalError):
        ask(engine, "SELECT 42")
