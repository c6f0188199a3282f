"""Run the benchmark and print its tables; `python -m bench --help` lists the options. It asserts nothing."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.databases import ROOT, Database, Stock, with_bytecode
from bench.server import KeptServer
from bench.table import number, table

SMALL = 10_000
STARTS = 3
KINDS = ("sqlite", "postgresql")


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure speed and memory.")
    parser.add_argument("--orders", type=int, default=100_000, help="orders in the large shop (default: %(default)s)")
    parser.add_argument("--full", action="store_true", help="the size of the goals: 1,000,000 orders")
    parser.add_argument("--products", type=int, default=20_000, help="products in the imported file "
                        "(default: %(default)s, 100,000 with --full)")
    parser.add_argument("--database", choices=KINDS, action="append", help="only this database; may be repeated")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench",
                        help="where the databases are kept for the next run (default: var/bench)")
    parser.add_argument("--rounds", type=int, default=7, help="rounds, of which the best counts")
    parser.add_argument("--repeats", type=int, default=20, help="calls in a round")
    parser.add_argument("--plans", action="store_true", help="print how the databases find the rows of each page")
    parser.add_argument("--no-peer", action="store_true", help="leave plain Flask-AppBuilder out")
    parser.add_argument("--online-retail", type=Path, metavar="FILE", help="also import this file into an empty shop")
    given = parser.parse_args()
    if given.full:
        given.orders, given.products = 1_000_000, 100_000
    return given


def started(database: Database, given: argparse.Namespace) -> Any:
    """The quickest of a few starts; the first of them leaves compiled bytecode to the others."""
    starts = [measured("bench.starting", database, given, environment=with_bytecode(given.folder))
              for _ in range(STARTS)]
    return min(starts, key=lambda found: found["importing"] + found["building"])


def measured(module: str, database: Database, given: argparse.Namespace, *, environment: dict[str, str] | None = None,
             **extra: Any) -> Any:
    """The figures that a measuring process leaves in a file; what it prints is shown."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "figures.json"
        plan = {"url": database.url, "var": str(database.var), "postmaster": database.postmaster, "out": str(out),
                "rounds": given.rounds, "repeats": given.repeats, **extra}
        around = {**os.environ, "DATABASE_URL": database.url, "HOUTAI_VAR": str(database.var), **(environment or {})}
        subprocess.run([sys.executable, "-m", module, json.dumps(plan)], cwd=ROOT, env=around, check=True)
        return json.loads(out.read_text())


def show(small: dict[str, Any], large: dict[str, Any], database: Database) -> None:
    """The table of one database: our page at both sizes, the bare one, the peer, and what the goal is."""
    peer, rows = large.get("peer", {}), []
    for key, figure in large["figures"].items():
        before = small["figures"][key]
        goal = figure["goal"]
        plain = peer.get(key)
        rows.append([
            figure["label"], number(before["ours"]), number(figure["ours"]), f"{figure['ours'] / before['ours']:.2f}×",
            number(figure["bare"]), f"{figure['ours'] / figure['bare']:.1f}×", number(goal) if goal else "–",
            str(figure["queries"]), f"{figure['size'] / 1024:.0f}",
            f"{number(plain)} ({plain / figure['ours']:.0f}×)" if plain else "–"])
    print(f"\n{database.kind}, {database.orders:,} orders: milliseconds of processor time for one request, server and "
          "database together\n")
    print(table(["Page", f"at {SMALL:,}", f"at {database.orders:,}", "growth", "bare", "to bare", "goal", "queries",
                 "KiB", "plain Flask-AppBuilder"], rows))


def show_start(found: dict[str, Any], migrating: float) -> None:
    """What a start costs."""
    total = found["importing"] + found["building"] + found["answering"]
    print(f"\nStart with {found['screens']} screens: {total:.2f} s of processor time until the first page is answered "
          f"({found['importing']:.2f} importing, {found['building']:.2f} building, {found['answering']:.2f} for the "
          f"page), {found['queries']} statements before it serves, {found['rss_mib']:.0f} MiB; "
          f"once before it, with nothing to migrate: {migrating:.2f} s")


def show_import(found: dict[str, Any]) -> None:
    """What bringing products from a file costs."""
    print(f"\nImport of {found['count']:,} products, seconds of processor time, server and database together\n")
    print(table(["", "seconds", "to the driver"], [
        ["the driver alone, into the same table", f"{found['bare']:.1f}", "1.0×"],
        *([label, f"{found[key]:.1f}", f"{found[key] / found['bare']:.1f}×"] for key, label in (
            ("new", "new: read, judged, written, told, undoable"),
            ("changed", "changed: each compared and shown cell by cell")))]))
    print(f"\nMemory on top of the process at rest: {found['memory_mib']:.0f} MiB")


def show_export(found: dict[str, Any]) -> None:
    """What a file of all orders costs."""
    print(f"\nExport of {found['rows']:,} orders as CSV by a worker: {found['seconds']:.2f} s of processor time, "
          f"{found['seconds'] / found['bare']:.1f}× the bare driver and csv.writer ({found['bare']:.2f} s); "
          f"at most {found['peak_mib']:.0f} MiB at once")


def run(stock: Stock, given: argparse.Namespace) -> None:
    for kind in given.database or KINDS:
        found = {}
        for orders in (SMALL, given.orders):
            database = stock.get(kind, orders)
            print(f"Measuring {orders:,} orders on {kind} …", file=sys.stderr, flush=True)
            answer = measured("bench.measure", database, given, plans=given.plans and orders == given.orders)
            found[orders] = {"figures": {figure["key"]: figure for figure in answer["figures"]}}
            if orders == given.orders and not given.no_peer:
                found[orders]["peer"] = measured("bench.plain", database, given, fragment=answer["fragment"])
        show(found[SMALL], found[given.orders], database)
        served = measured("bench.serving", database, given)["page 1"]
        print(f"\nPage 1 from the real server: {number(served)} ms")
        show_export(measured("bench.exporting", database, given))
        show_start(started(database, given), stock.migrate(database))
        print(f"\n{database.loaded}", flush=True)
        show_import(measured("bench.importing", stock.empty(kind, "products"), given, count=given.products))
        if given.online_retail:
            print(stock.import_retail(kind, given.online_retail), flush=True)


def main() -> None:
    given = options()
    print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores")
    given.folder.mkdir(parents=True, exist_ok=True)
    server = KeptServer(given.folder / "postgresql") if "postgresql" in (given.database or KINDS) else None
    try:
        run(Stock(given.folder, server), given)
    finally:
        if server is not None:
            server.stop()


if __name__ == "__main__":
    main()
