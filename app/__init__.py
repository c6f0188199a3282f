"""create_app() and the list of modules: the table of contents of the system."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from flask import Flask

import config as deployment
from app.core.commands import LateGroup
from app.core.starting import LateRule, sparing, without_collecting

MODULES = ["catalog", "members", "orders", "analytics", "staff", "operations", "audit"]
COMMANDS = [
    LateGroup("database", "app.preparing:commands", help="Migrate the database."),
    LateGroup("import", "app.cli:imports", help="Bring data from other systems; running again brings nothing twice."),
    LateGroup("demo", "app.cli:demo", help="A believable shop of its own to try things on."),
]
"""Commands that belong to no single module."""


def create_app(overrides: dict[str, Any] | None = None, *, modules: list[Any] | None = None) -> Flask:
    """The whole application. `overrides` win over `config.py`; `modules` adds manifests to MODULES, for tests."""
    with without_collecting():
        return _build(overrides or {}, list(modules or []))


def _build(overrides: dict[str, Any], modules: list[Any]) -> Flask:
    with sparing():
        from app.core import database
        from app.core.database import db
        from app.lowcode import framework
    from app.roles import STARTERS

    app = Flask(__name__)
    app.url_rule_class = LateRule
    app.config.update(deployment.settings())
    app.config.update(overrides)
    database.configure(app)
    db.init_app(app)
    with app.app_context():
        database.set_up_engine(db.engine)
        framework.set_up(app, db, STARTERS)
        manifests = [import_module(f"app.modules.{name}").module for name in MODULES] + modules
        for manifest in manifests:
            manifest.register(app)
        app.extensions["houtai_modules"] = manifests
        framework.finish(app)
        for command in COMMANDS:
            app.cli.add_command(command)
    return app
