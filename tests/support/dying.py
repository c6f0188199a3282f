"""Migrates a database and dies halfway, as if the power had failed: `python -m tests.support.dying URL STATEMENTS`.

With `careless` as a third word it migrates as a driver would that commits after every statement: the control that
shows that dying halfway does harm when nothing guards against it.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from sqlalchemy import Engine, create_engine, event

from app import create_app
from app.core import migrations
from app.core.database import is_sqlite, set_up_engine


def engine_for(url: str, *, careless: bool = False) -> Engine:
    """An engine as the application makes it; careless ones commit each statement."""
    if not is_sqlite(url):
        return create_engine(url, isolation_level="AUTOCOMMIT" if careless else "READ COMMITTED")
    import pysqlite3

    engine = create_engine(url, module=pysqlite3, connect_args={"timeout": 30})
    if careless:
        event.listen(engine, "connect", lambda connection, _entry: setattr(connection, "isolation_level", None))
    else:
        set_up_engine(engine)
    return engine


def die_after(engine: Engine, statements: int) -> None:
    """Kill this very process when so many statements that change something have run."""
    left = statements

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        nonlocal left
        if statement.lstrip().upper().startswith(("CREATE", "ALTER", "INSERT", "UPDATE", "DROP")):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "after_cursor_execute", count)


if __name__ == "__main__":
    create_app({"JOBS_IN_PROCESS": False})  # brings all tables to the metadata
    _engine = engine_for(sys.argv[1], careless="careless" in sys.argv)
    if int(sys.argv[2]):
        die_after(_engine, int(sys.argv[2]))
    migrations.upgrade(_engine)
