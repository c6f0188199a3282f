"""`flask jobs`: list the scheduled jobs, run one here, work beside the web server, send a failed task out again."""

from __future__ import annotations

import signal
import threading

import click
from flask import current_app
from flask.cli import AppGroup

from app.core.actor import Actor, acting_as
from app.core.database import db
from app.core.errors import BusinessError
from app.core.i18n import moment_text

from . import managing, posting
from .models import RunState
from .runner import Runner

commands = AppGroup("jobs", help="Scheduled jobs and background work.")


@commands.command("list")
def list_command() -> None:
    """Show every scheduled job: when it runs, when next, how it went."""
    for info in managing.list_jobs():
        state = "paused" if info.paused else "running" if info.is_running else moment_text(info.next_run_at, "en")
        last = f"last {info.last_state.value} {moment_text(info.last_run_at, 'en')}" if info.last_state else "never run"
        click.echo(f"{info.name:32} {info.schedule:28} next: {state:22} {last}")


@commands.command("run")
@click.argument("name")
def run_command(name: str) -> None:
    """Run the job NAME here and now; it stands in the run log like any other run."""
    try:
        run = managing.run_here(name, "flask jobs run")
    except BusinessError as error:
        raise click.ClickException(str(error)) from None
    if run.state is not RunState.done:
        raise click.ClickException(run.last_error or "The run did not end well.")
    told = run.result if run.result is not None else run.result_count
    click.echo(f"{name}: done in {run.duration_ms} ms" + ("" if told is None else f", result: {told}"))


@commands.command("work")
@click.option("--no-clock", is_flag=True, help="Do posted work only; leave the schedule to other processes.")
def work_command(no_clock: bool) -> None:
    """Do posted work and keep the clock until told to stop (SIGTERM or Ctrl-C)."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_args: told.set())
    runner = Runner(current_app._get_current_object(), with_clock=not no_clock)  # type: ignore[attr-defined]
    runner.start()
    click.echo("At work.")
    told.wait()
    click.echo("Stopping." if runner.stop() else "Stopped while work was going on; it will be done again.")


@commands.command("retry")
@click.argument("job_id", type=int)
def retry_command(job_id: int) -> None:
    """Send the failed or cancelled task number JOB_ID out again."""
    try:
        with acting_as(Actor.command("flask jobs retry")):
            posting.retry(job_id)
            db.session.commit()
    except BusinessError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Task {job_id} waits again.")
