"""What an import of products costs beside the driver alone, in a process of its own: `python -m bench.importing`.

The file is read, every row is judged, and what is new is written with its line in the audit trail and all that undoing
needs. The driver writes the same products into an equally empty table with the same indexes, and does nothing else.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flask_babel import force_locale
from sqlalchemy import delete, select, text

from app.core import clock
from app.core.bulk_rows import RowMaker
from app.core.db import db
from app.core.search import fts_name
from app.core.starting import keep_for_good
from app.lowcode.importing import runs
from app.lowcode.importing.models import Outcome
from app.lowcode.registry import registry
from app.modules.catalog.models import Brand, Category, Product
from bench.measure import build
from bench.meter import Meter

HEADING = ["Name", "Number", "Category", "Brand", "In one sentence", "Unit", "List price", "Sort order", "New"]
PATHS = ["name", "number", "category", "brand", "brief", "unit", "list_price", "sort_order", "is_new"]
NAMES = ["name", "number", "category_id", "brand_id", "brief", "unit", "list_price", "sort_order", "is_new"]
CATEGORIES, BRANDS, AT_ONCE = 50, 200, 2_000


def products(count: int, dearer: int = 0) -> Iterator[list[Any]]:
    """So many rows of a file."""
    for number in range(count):
        yield [f"Cup {number} 白瓷杯", f"W7-{number:07d}", f"Shelf {number % CATEGORIES}", f"Brand {number % BRANDS}",
               f"A cup for {number} occasions", "piece", f"{number % 900 + 1 + dearer}.{number % 100:02d}",
               number % 1000, "Yes" if number % 3 else "No"]


def file_of(rows: Iterator[list[Any]]) -> bytes:
    """The rows as a CSV file."""
    out = io.StringIO()
    csv.writer(out).writerows([HEADING, *rows])
    return out.getvalue().encode()


def bring(data: bytes) -> Counter[Outcome]:
    """The whole way of a file, step by step, as a worker goes it; how many rows had which outcome."""
    screen = registry().screen_named("ProductScreen")
    assert screen is not None
    run = runs.begin(screen, data, "products.csv")
    number = run.id
    runs.match(screen, run, list(PATHS), key_path="number", posts=False)
    runs.check_rows(run_id=number)
    runs.confirm(runs.get_import(number), posts=False)
    runs.write_rows(run_id=number)
    db.session.commit()
    return runs.counts(runs.get_import(number))


class ByTheDriver:
    """The same products by nothing but the driver, in transactions of the same size."""

    def __init__(self, count: int) -> None:
        connection, now = db.session.connection(), clock.now()
        made = RowMaker(connection, Product.__table__, NAMES, created_at=now, updated_at=now)
        ids = [list(db.session.scalars(select(model.id).order_by(model.id))) for model in (Category, Brand)]
        self.columns = made.columns
        self.rows = [made.row(dict(zip(NAMES, (
            name, code, ids[0][place % CATEGORIES], ids[1][place % BRANDS], brief, unit, round(float(price) * 100),
            order, is_new == "Yes"), strict=True)))
            for place, (name, code, _shelf, _brand, brief, unit, price, order, is_new) in enumerate(products(count))]
        db.session.commit()

    def write(self) -> None:
        connection = db.engine.raw_connection()
        cursor, listed = connection.cursor(), ", ".join(f'"{name}"' for name in self.columns)
        for start in range(0, len(self.rows), AT_ONCE):
            some = self.rows[start:start + AT_ONCE]
            if db.engine.dialect.name == "sqlite":
                cursor.execute("BEGIN IMMEDIATE")
                cursor.executemany(
                    f"INSERT INTO products ({listed}) VALUES ({', '.join('?' * len(self.columns))})", some)
                cursor.execute("COMMIT")
            else:
                with cursor.copy(f"COPY products ({listed}) FROM STDIN") as copy:
                    for row in some:
                        copy.write_row(row)
                connection.commit()
        connection.close()

    @staticmethod
    def clean_up() -> None:
        """As if nothing had been written."""
        if db.engine.dialect.name == "sqlite":
            db.session.execute(delete(Product.__table__))
            index = fts_name(Product)
            db.session.execute(text(f"INSERT INTO {index}({index}) VALUES ('rebuild')"))
        else:
            db.session.execute(text("TRUNCATE products CASCADE"))
        db.session.commit()


def main() -> None:
    asked = json.loads(sys.argv[1])
    app, meter, count = build(asked["url"], Path(asked["var"]), []), Meter(asked["postmaster"]), asked["count"]
    keep_for_good()

    def spent(work: Callable[[], Any]) -> float:
        """Seconds of processor time."""
        begun = meter.read()
        work()
        return (meter.read() - begun) / 1e9

    with app.test_request_context(), force_locale("en"):
        db.session.add_all([Category(name=f"Shelf {number}") for number in range(CATEGORIES)])
        db.session.add_all([Brand(name=f"Brand {number}") for number in range(BRANDS)])
        db.session.commit()
        driver = ByTheDriver(count)
        bare = spent(driver.write)
        driver.clean_up()
        before = peak_mib()
        new, changed = file_of(products(count)), file_of(products(count, dearer=1))
        found: list[Counter[Outcome]] = []
        figures = {"count": count, "bare": bare, "new": spent(lambda: found.append(bring(new))),
                   "changed": spent(lambda: found.append(bring(changed))), "memory_mib": peak_mib() - before}
    assert found == [{Outcome.new: count}, {Outcome.changed: count}], found
    Path(asked["out"]).write_text(json.dumps(figures))


def peak_mib() -> float:
    """The most memory that this process ever held, in MiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
