"""The bare limit: the same questions asked by hand-written SQL, and the answer joined into HTML of the same size.

No framework above Flask, no session, no permission, no template, no translation: what a page would cost if it were
made for one question only. Its SQL is written for each database as its owner would.
"""

from __future__ import annotations

import html
from typing import Any

from flask import Flask, redirect, request
from sqlalchemy import make_url

from bench.workloads import STATUS, Sample

COLUMNS = "id, number, status, buyer_name, total_amount, item_count, channel, placed_at"
PAGE = 26
CAP = 10_001
BY_TIME = "ORDER BY placed_at DESC, id DESC"
CELL = 60
"""Characters of markup around a value in a table."""


def connect(url: str) -> tuple[Any, str]:
    """A connection of the driver, and the sign it wants for a parameter."""
    made = make_url(url)
    if made.drivername.startswith("sqlite"):
        import pysqlite3

        connection = pysqlite3.connect(made.database, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-32000", "mmap_size=268435456"):
            connection.execute(f"PRAGMA {pragma}")
        return connection, "?"
    import psycopg

    return psycopg.connect(
        host=str(made.query["host"]), user=made.username, dbname=made.database, options="-c timezone=UTC",
        autocommit=True), "%s"


class BareShop:
    """The hand-written pages. `sizes` tells how long each real page is, by the workload's key."""

    def __init__(self, url: str, sample: Sample) -> None:
        self.connection, self.sign = connect(url)
        self.on_sqlite = self.sign == "?"
        self.sizes: dict[str, int] = {}
        self.sample = sample
        self.order_id, self.edited_id = sample.order.id, sample.edited.id
        self.placed_at = self._ask("SELECT placed_at FROM orders WHERE id = ?", sample.middle.id)[0][0]
        self.questions = self._questions()
        self.app = Flask(__name__)
        self.app.add_url_rule("/bare/<key>", view_func=self.page)
        self.app.add_url_rule("/edit/<key>", view_func=self.edit, methods=["GET", "POST"])

    def page(self, key: str) -> str:
        """A page with the rows of every statement of a workload."""
        parts = []
        for statement, values in self.questions[key]:
            for row in self._ask(statement, *values):
                parts.append("<tr>")
                for value in row:
                    shown = html.escape("" if value is None else str(value))
                    parts.append(f'<td class="{"x" * (CELL - 20)}">{shown}</td>')
                parts.append("</tr>")
        return self._filled("".join(parts), key)

    def edit(self, key: str) -> Any:
        """A form, or its saving: read, write, commit."""
        found = self._ask("SELECT orders.*, members.nickname FROM orders LEFT JOIN members ON members.id = "
                          "orders.member_id WHERE orders.id = ?", self.edited_id)[0]
        if request.method == "POST":
            self._ask("BEGIN")
            self._ask("UPDATE orders SET staff_note = ?, buyer_name = ? WHERE id = ?", request.form["staff_note"],
                      request.form["buyer_name"], self.edited_id)
            self._ask("COMMIT")
            return redirect(f"/bare/{key}")
        return self._filled("".join(
            f'<p class="field"><input name="x" value="{html.escape(str(value))}"></p>' for value in found), key)

    def _filled(self, body: str, key: str) -> str:
        """Made as long as the real page: the frame around the rows is a constant for whoever writes by hand."""
        return body + "x" * max(self.sizes.get(key, 0) - len(body.encode()), 0)

    def _ask(self, statement: str, *values: Any) -> list[Any]:
        cursor = self.connection.cursor()
        cursor.execute(statement.replace("?", self.sign), values)
        rows = cursor.fetchall() if cursor.description else []
        cursor.close()
        return rows

    def _questions(self) -> dict[str, list[tuple[str, tuple[Any, ...]]]]:
        sample, order_id = self.sample, self.order_id

        def lists(where: str, values: tuple[Any, ...], order: str = BY_TIME) -> list[tuple[str, tuple[Any, ...]]]:
            return [(f"SELECT {COLUMNS} FROM orders {where} {order} LIMIT {PAGE}", values)]

        def counted(where: str = "", values: tuple[Any, ...] = ()) -> list[tuple[str, tuple[Any, ...]]]:
            return [(f"SELECT count(*) FROM (SELECT 1 FROM orders {where} LIMIT {CAP}) AS found", values)]

        between = "WHERE status = ? AND placed_at >= ? AND placed_at < ?"
        days = (STATUS.value, sample.first_day, sample.last_day)
        fragment = sample.phone_fragment
        if self.on_sqlite:
            found = ("WHERE id IN (SELECT rowid FROM search_orders WHERE search_orders MATCH ?)",
                     (f'receiver_phone: "{fragment}"',))
        else:
            found = ("WHERE id IN (SELECT id FROM orders WHERE receiver_phone LIKE ?)", (f"%{fragment}%",))
        return {
            "page 1": lists("", ()) + counted(),
            "sorted": lists("", (), "ORDER BY total_amount DESC, id DESC") + counted(),
            "filtered": lists(between, days) + counted(between, days),
            "number": lists("WHERE number = ?", (sample.order.number,)),
            "phone": lists(*found) + counted(*found),
            "deep": lists("WHERE placed_at <= ? AND (placed_at < ? OR id < ?)",
                          (self.placed_at, self.placed_at, sample.middle.id)) + counted(),
            "last": lists("", (), "ORDER BY placed_at, id") + counted(),
            "show": [(f"SELECT * FROM {table} WHERE {column} = ?", (order_id,)) for table, column in (
                ("orders", "id"), ("order_lines", "order_id"), ("payments", "order_id"), ("refunds", "order_id"),
                ("order_events", "order_id"))],
        }


