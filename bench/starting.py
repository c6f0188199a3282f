"""What a start costs, in a process of its own: `python -m bench.starting` with the plan as JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any


def main() -> None:
    asked = json.loads(sys.argv[1])
    from sqlalchemy import Engine, event

    queries: list[str] = []

    @event.listens_for(Engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        queries.append(statement)

    from app import create_app
    from app.core.starting import sparing, without_collecting

    # In a worker everything else is imported by create_app; the further screens need it before.
    with without_collecting(), sparing():
        from bench.screens import SCREENS, filling_module

        module = filling_module()
    imported = time.process_time()
    overrides = {"SQLALCHEMY_DATABASE_URI": asked["url"], "VAR": Path(asked["var"]), "JOBS_IN_PROCESS": False}
    app = create_app(overrides, modules=[module])
    built = time.process_time()
    started = len(queries)
    with app.app_context():
        app.wsgi_app({
            "REQUEST_METHOD": "GET", "PATH_INFO": "/login/", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8080",
            "HTTP_HOST": "127.0.0.1", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "wsgi.input": None,
        }, lambda *_told: None)
    answered = time.process_time()
    Path(asked["out"]).write_text(json.dumps({
        "screens": SCREENS, "importing": imported, "building": built - imported, "answering": answered - built,
        "queries": started, "rss_mib": _rss_mib()}))


def _rss_mib() -> float:
    """Memory that this process holds, in MiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
