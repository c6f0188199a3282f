"""Commands of the figures: `flask analytics …`."""

from __future__ import annotations

from datetime import datetime

import click
from flask.cli import AppGroup

from app.modules.analytics import services

analytics = AppGroup("analytics", help="Figures: sales summed up by day.")


@analytics.command("rebuild")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only the days from this one on.")
def rebuild(since: datetime | None) -> None:
    """Sum up the sales of every day anew from the orders; while it runs, reports say what is missing."""
    services.rebuild_sales(since.date() if since is not None else None, progress=lambda day: click.echo(f"{day} done"))
    click.echo("All days are summed up.")
