"""All orders as one CSV file, made by a worker, beside the driver's rows put through Python's own `csv`."""

from __future__ import annotations

import csv
import json
import sys
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.datastructures import MultiDict

from app.core import jobs
from app.core.actor import Actor, acting_as
from app.core.db import db
from app.core.jobs import LaterState
from app.lowcode.list_files.making import ask_for, storage
from app.lowcode.list_files.models import ListFile
from app.lowcode.registry import registry
from app.lowcode.security.users import find_user
from bench.bare import BY_TIME, COLUMNS, connect
from bench.meter import Meter, best_of

ROUNDS = 3
PORTION = 1_000


def export(app: Flask, user_id: int) -> int:
    """Ask for the file and make it; its rows. The file goes again."""
    with app.app_context():
        with acting_as(Actor.staff(user_id, "bench")):
            screen: Any = registry().screen_named("OrderScreen")
            number = ask_for(screen, MultiDict(), "csv", screen.list_fields)
        jobs.run_due()
        work = jobs.find(number)
        if work is None or work.state is not LaterState.done:
            raise SystemExit(f"The export failed: {work and work.last_error}")
        file = db.session.get_one(ListFile, work.arguments["file_id"])
        rows = file.row_count or 0
        storage().delete(file.key)
        db.session.delete(file)
        db.session.commit()
        return rows


def bare(connection: Any) -> None:
    """The same columns in the same order, as the driver has them."""
    with tempfile.TemporaryFile("w+", newline="") as file:
        cursor = connection.cursor()
        cursor.execute(f"SELECT {COLUMNS} FROM orders {BY_TIME}")
        writer = csv.writer(file)
        while rows := cursor.fetchmany(PORTION):
            writer.writerows(rows)


def main() -> None:
    asked = json.loads(sys.argv[1])
    from bench.measure import USER, build

    app = build(asked["url"], Path(asked["var"]), [])
    with app.app_context():
        user = find_user(USER)
        assert user is not None
        user_id = user.id
    connection, _sign = connect(asked["url"])
    rows = export(app, user_id)
    ours, plain = best_of(Meter(asked["postmaster"]), ROUNDS, 1, lambda: export(app, user_id), lambda: bare(connection))
    tracemalloc.start()
    export(app, user_id)
    peak = tracemalloc.get_traced_memory()[1]
    Path(asked["out"]).write_text(json.dumps({
        "rows": rows, "seconds": ours / 1000, "bare": plain / 1000, "peak_mib": peak / 2**20}))


if __name__ == "__main__":
    main()
