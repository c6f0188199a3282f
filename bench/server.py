"""A PostgreSQL server of the benchmark's own, whose data stay from run to run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.support import system
from tests.support.postgres import PostgresServer, _end_with_the_tests, _unprivileged_user

OPTIONS = {
    # What a small shop's server would have. Vacuum is run once after loading, so it need not disturb the measuring.
    "shared_buffers": "256MB", "work_mem": "16MB", "maintenance_work_mem": "256MB", "max_wal_size": "4GB",
    "random_page_cost": "1.1", "autovacuum": "off", "listen_addresses": "", "timezone": "UTC",
    "log_min_messages": "fatal",
}


class KeptServer(PostgresServer):
    """Started in `folder`, stopped again with its data left in place."""

    def __init__(self, folder: Path) -> None:
        self.programs = system.postgres_programs()
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.user = _unprivileged_user()
        if self.user:
            shutil.chown(self.folder, self.user)
        if not self.data.exists():
            self._run("initdb", "-D", str(self.data), "-U", "houtai", "-A", "trust", "-E", "UTF8",
                      "--locale=C.UTF-8")
        settings = [word for name, value in OPTIONS.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.data, "-k", self.folder, *settings], stdout=log,
                stderr=subprocess.STDOUT, preexec_fn=_end_with_the_tests, **self._identity())
        self._wait()

    def stop(self) -> None:
        """End the server; its data stay."""
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
