"""A command that people are told to type works as it is typed."""

from __future__ import annotations

import subprocess

from app.core.commands import ROOT, as_typed


def test_a_command_is_written_as_it_works_in_the_projects_folder() -> None:
    typed = as_typed("backup", "restore", "houtai 1.zip")
    assert typed.endswith("bin/flask --app app backup restore 'houtai 1.zip'")


def test_a_command_that_is_told_can_be_typed() -> None:
    done = subprocess.run(as_typed("backup", "restore", "--help"), shell=True, cwd=ROOT, capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0 and "Usage" in done.stdout, done.stderr
