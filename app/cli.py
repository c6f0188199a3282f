"""Commands that belong to no single module: bringing data from other systems, and the demo shop."""

from __future__ import annotations

import contextlib
import csv
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup
from flask_babel import force_locale
from sqlalchemy.exc import IntegrityError

from app import demoing
from app.core import clock
from app.core.actor import Actor, acting_as
from app.core.db import db, explain
from app.core.errors import BusinessError
from app.core.importing import ImportRefused, ImportReport, Progress
from app.core.table_files import TableFolder
from app.demoing import load_demo

__all__ = ["demo", "import_litemall", "imports", "load_demo"]

SHOWN_REFUSALS = 50
COMMAND_LOCALE = "en"
"""Commands speak English, whatever language the shop's screens begin with."""

imports = AppGroup("import")
demo = AppGroup("demo")


class Bars:
    """Progress as bars on the terminal; where there is none, a line for each step."""

    @contextlib.contextmanager
    def step(self, label: Any, length: int) -> Iterator[Callable[[int], Any]]:
        with click.progressbar(length=length, label=f"{label!s:<16}", width=32, file=sys.stderr) as bar:
            yield bar.update


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--skip-bad-rows", is_flag=True,
                     help="Bring the good rows and list the bad ones; otherwise one bad row keeps all from being "
                          "changed."),
        click.option("--encoding", default="utf-8", show_default=True,
                     help="What the file is written in, e.g. gb18030."),
        click.option("--refused", type=click.Path(dir_okay=False, path_type=Path),
                     help="Write all refused rows into this CSV file."),
    ):
        command = option(command)
    return command


@imports.command("litemall")
@click.argument("folder", type=click.Path(file_okay=False, exists=True, path_type=Path))
@_options
def import_litemall_command(folder: Path, skip_bad_rows: bool, encoding: str, refused: Path | None) -> None:
    """Bring regions, categories, brands, products and reviews of a litemall shop from the CSV files in FOLDER."""
    _run_import("litemall", lambda: import_litemall(
        folder, skip_bad_rows=skip_bad_rows, encoding=encoding, progress=Bars()), refused)


@imports.command("online-retail")
@click.argument("file", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@_options
def import_online_retail_command(file: Path, skip_bad_rows: bool, encoding: str, refused: Path | None) -> None:
    """Bring the invoices of the UCI Online Retail file (CSV, gzipped or not) as orders and refunds."""
    from app.modules.orders.importing import import_online_retail

    _run_import("online-retail", lambda: import_online_retail(
        file, skip_bad_rows=skip_bad_rows, encoding=encoding, progress=Bars()), refused)


@imports.command("screen")
@click.argument("screen")
@click.argument("file", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@click.option("--skip-bad-rows", is_flag=True, help="Bring the good rows and list the bad ones; otherwise one bad row "
                                                    "keeps all from being changed.")
@click.option("--key", help="The field by which records are found again, such as code; id where the file has it.")
@click.option("--check", is_flag=True, help="Only say what would happen.")
@click.option("--refused", type=click.Path(dir_okay=False, path_type=Path),
              help="Write the refused rows, with their reasons, into this CSV file.")
def import_screen_command(screen: str, file: Path, skip_bad_rows: bool, key: str | None, check: bool,
                          refused: Path | None) -> None:
    """Bring the rows of FILE (XLSX, XLS, CSV) into SCREEN, such as brands, as the pages of an import do it. What is
    brought can be undone in the browser."""
    from app.lowcode.importing.commanding import bring

    with acting_as(Actor("import", file.name)), force_locale(COMMAND_LOCALE):
        try:
            done, told = bring(screen, file, key_path=key, skip_bad_rows=skip_bad_rows, only_check=check,
                               refused=refused)
        except BusinessError as error:
            db.session.rollback()
            raise _Failed(_words(error), error) from None
        for line in told:
            click.echo(f"  {line}", err=not done)
        if not done:
            raise click.ClickException("Rows were refused, so nothing was changed.")


@demo.command("load")
@click.option("--orders", type=click.IntRange(0, 10_000_000), default=2000, show_default=True)
@click.option("--members", type=click.IntRange(1, 5_000_000), default=300, show_default=True)
@click.option("--products", type=click.IntRange(1, 500_000), default=60, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed gives another shop.")
@click.option("--replace", is_flag=True, help="Remove the demo shop that is there and make it anew.")
def load_demo_command(orders: int, members: int, products: int, seed: int, replace: bool) -> None:
    """Make a demo shop: goods with drawn pictures, members, and two years of orders up to this minute."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    _run("demo load", lambda: load_demo(
        app, orders=orders, members=members, products=products, seed=seed, replace=replace, progress=Bars()))


@demo.command("remove")
def remove_demo_command() -> None:
    """Remove the demo shop, and nothing else."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    _run("demo remove", lambda: demoing.remove_demo(app))


def import_litemall(folder: Path, *, skip_bad_rows: bool = False, encoding: str = "utf-8",
                    progress: Progress | None = None) -> ImportReport:
    """Bring a litemall shop: regions into the members' module, the rest into the catalogue; the edge commits.

    Raises a BrokenFile, and ImportRefused for rows that cannot be taken unless `skip_bad_rows`; the edge then rolls
    back, so that nothing was changed.
    """
    from app.modules.catalog.importing import SOURCE, import_catalogue
    from app.modules.members.importing import import_regions

    report = ImportReport(SOURCE)
    tables = TableFolder(folder, "litemall_", report, encoding=encoding, progress=progress)
    import_regions(tables)
    import_catalogue(tables)
    report.settle(skip_bad_rows)
    report.announce("products")
    return report


def _run_import(source: str, work: Callable[[], ImportReport], refused: Path | None) -> None:
    """Do an import as one transaction, and say what became of it."""

    def done_and_committed() -> ImportReport:
        with acting_as(Actor("import", source)):
            report = work()
            db.session.commit()
            return report

    try:
        report = _run(source, done_and_committed)
    except _Failed as failed:
        if isinstance(failed.error, ImportRefused):
            _list_refusals(failed.error.report, refused)
        raise
    _list_refusals(report, refused)


class _Failed(click.ClickException):
    """The command did not do its work; exit code 1."""

    def __init__(self, words: str, error: BusinessError) -> None:
        super().__init__(words)
        self.error = error


def _run(name: str, work: Callable[[], ImportReport]) -> ImportReport:
    """Do the work and print its report; whatever refuses it rolls all of it back."""
    begun = clock.monotonic()
    try:
        with force_locale(COMMAND_LOCALE):
            report = work()
    except BusinessError as error:
        db.session.rollback()
        raise _Failed(_words(error), error) from None
    except IntegrityError as error:
        db.session.rollback()
        refusal = explain(error)
        raise _Failed(f"Nothing was changed. {_words(refusal)}", refusal) from None
    _print_report(report)
    click.echo(f"{name} took {clock.monotonic() - begun:.1f} s.")
    return report


def _words(error: BusinessError) -> str:
    """What is wrong, with the field where one is named."""
    fields = "; ".join(f"{name}: {message}" for name, message in error.fields.items())
    return f"{error} ({fields})" if fields else str(error)


def _print_report(report: ImportReport) -> None:
    width = max((len(kind) for kind in report.outcome), default=0)
    for kind, counts in report.outcome.items():
        words = ", ".join(f"{number:,} {outcome.replace('_', ' ')}" for outcome, number in counts.items() if number)
        click.echo(f"  {kind:<{width}}  {words or 'nothing new'}")
    with force_locale(COMMAND_LOCALE):
        for note in report.told():
            click.echo(f"  Note: {note}")


def _list_refusals(report: ImportReport, refused: Path | None) -> None:
    """The refused rows on the error stream, the first of them at least, and in a file where one is wanted."""
    for refusal in report.refusals[:SHOWN_REFUSALS]:
        click.echo(f"  {refusal.file} row {refusal.row}: {refusal.reason}", err=True)
    if report.refused_count > SHOWN_REFUSALS:
        click.echo(f"  … and {report.refused_count - SHOWN_REFUSALS:,} more.", err=True)
    if report.refused_count:
        click.echo(f"  Refused rows: {report.refused_count:,}.", err=True)
    if refused is not None:
        with refused.open("w", encoding="utf-8-sig", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(("file", "row", "reason"))
            writer.writerows((refusal.file, refusal.row, refusal.reason) for refusal in report.refusals)
