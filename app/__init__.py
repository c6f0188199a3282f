"""create_app() and the list of modules: the table of contents of the system."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from flask import Flask

import config as deployment

MODULES = ["catalog", "members", "orders", "analytics", "staff", "operations", "audit"]


def create_app(overrides: dict[str, Any] | None = None, *, modules: list[Any] | None = None) -> Flask:
    """The whole application. `overrides` win over `config.py`; `modules` adds manifests to MODULES, for tests."""
    from app import cli
    from app.core import database
    from app.core.database import db
    from app.lowcode import framework

    app = Flask(__name__)
    app.config.update(deployment.settings())
    app.config.update(overrides or {})
    database.configure(app)
    db.init_app(app)
    with app.app_context():
        database.set_up_engine(db.engine)
        framework.set_up(app, db)
        manifests = [import_module(f"app.modules.{name}").module for name in MODULES] + list(modules or [])
        for manifest in manifests:
            manifest.register(app)
        app.extensions["houtai_modules"] = manifests
        framework.finish(app)
        cli.register(app)
    return app
