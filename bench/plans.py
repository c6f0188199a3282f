"""How the databases find the rows of a page: EXPLAIN for each statement, so that a scan of a large table is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from bench.measure import Shop
    from bench.workloads import Workload


def show(shop: "Shop", workload: "Workload") -> None:
    """Print the plan of every statement that asks about orders."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")) and "order" in statement:
            asked.append((statement, values))

    path = workload.path(shop.sample)
    event.listen(shop.engine, "before_cursor_execute", note)
    try:
        shop.visitor.get(path)
    finally:
        event.remove(shop.engine, "before_cursor_execute", note)
    print(f"\n{workload.label}: {path}")
    explain = "EXPLAIN QUERY PLAN" if shop.engine.dialect.name == "sqlite" else "EXPLAIN (ANALYZE, BUFFERS)"
    with shop.engine.connect() as connection:
        for statement, values in asked:
            print("  " + " ".join(statement.split()))
            for row in connection.exec_driver_sql(f"{explain} {statement}", values):
                print(f"      {row[-1]}")
