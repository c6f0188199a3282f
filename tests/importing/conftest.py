"""Files to import: small ones made up here, and the real ones where they lie beside the checkout.

The real data is not part of the project. Tests of whole files look for it in `$HOUTAI_TEST_DATA`, or in `shared/data`
beside the checkout, and are skipped where it is in neither, except on a build machine (one that sets `CI`), where they
fail; all rules are tested with small files, too.
"""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, inspect, select, table

from app.core.actor import Actor, acting_as
from app.core.db import db
from app.modules.orders.importing import import_online_retail
from tests.importing.retail import HEADING, ROWS

BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@pytest.fixture
def real_data() -> Callable[[str], Path]:
    """`real_data("litemall")`: the path of a real file or folder; skips the test where it is not on this machine,
    and fails it on a build machine."""

    def find(name: str) -> Path:
        path = Path(os.environ.get("HOUTAI_TEST_DATA", BESIDE)) / name
        if not path.exists():
            missing = f"the real data {name} is neither in $HOUTAI_TEST_DATA nor beside the checkout"
            if os.environ.get("CI"):
                pytest.fail(missing, pytrace=False)
            pytest.skip(missing)
        return path

    return find


@pytest.fixture
def write_csv(tmp_path: Path) -> Callable[..., Path]:
    """Writes a CSV file, gzipped if its name says so, and gives its path."""

    def write(name: str, heading: Sequence[str], rows: Iterable[Sequence[object]], encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        opening = gzip.open if name.endswith(".gz") else open
        with opening(path, "wt", encoding=encoding, newline="") as out:  # type: ignore[operator]
            writer = csv.writer(out)
            writer.writerow(heading)
            writer.writerows(rows)
        return path

    return write


@pytest.fixture
def bring(app: Any, write_csv: Callable[..., Path]) -> Callable[..., Any]:
    """Imports rows of an Online Retail file and commits; gives the report."""

    def work(rows: Any = ROWS, heading: Any = HEADING, encoding: str = "utf-8", **options: Any) -> Any:
        path = write_csv("retail.csv.gz", heading, rows, encoding)
        with acting_as(Actor("import", "online-retail")):
            report = import_online_retail(path, **options)
            db.session.commit()
            return report

    return work


@pytest.fixture
def counts(app: object) -> Callable[[], dict[str, int]]:
    """How many rows each table has that holds any; to see that nothing was changed."""
    def count() -> dict[str, int]:
        db.session.rollback()
        found = {name: db.session.scalar(select(func.count()).select_from(table(name)))
                 for name in inspect(db.engine).get_table_names()}
        db.session.rollback()
        return {name: number for name, number in found.items() if number}

    return count
