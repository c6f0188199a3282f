"""Measures one database in a process of its own: `python -m bench.measure` with the plan as JSON, figures as JSON."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flask import Flask

from app import create_app
from app.core.db import db
from app.lowcode.access import sync_permissions
from app.lowcode.security.accounts import make_owner
from app.lowcode.security.users import find_user
from bench import plans, screens, workloads
from bench.bare import BareShop
from bench.meter import Meter, best_of
from bench.visitor import FormReader, Visitor
from tests.support.queries import Queries, counted

VERSION = re.compile(rb'name="_version" value="([^"]*)"')
"""What our form says of the record that it was opened with; it must come back with it."""
USER, PASSWORD = "bench", "a lamp above the long counter"


@dataclass
class Figure:
    """What one page costs, in milliseconds of processor time, beside the same page written by hand."""

    key: str
    label: str
    goal: float | None
    ours: float
    bare: float
    queries: int
    size: int


def build(url: str, var: Path, modules: list[Any]) -> Flask:
    """The application as a shop runs it, with an account for the benchmark."""
    app = create_app({"SQLALCHEMY_DATABASE_URI": url, "VAR": var, "JOBS_IN_PROCESS": False}, modules=modules)
    with app.app_context():
        sync_permissions()
        if find_user(USER) is None:
            make_owner(USER, PASSWORD)
        db.session.commit()
        db.session.remove()
    return app


def sign_in(visitor: Visitor) -> None:
    """Fill in the form for signing in."""
    form = FormReader(visitor.get("/login/").body.decode()).fields
    fields = [(name, value) for name, value in form if name not in {"username", "password"}]
    answer = visitor.post("/login/", [*fields, ("username", USER), ("password", PASSWORD)])
    if answer.status != 302:
        raise SystemExit(f"The benchmark could not sign in: {answer.status}")


class Shop:
    """The application, somebody signed in, and the hand-written pages beside it."""

    def __init__(self, url: str, var: Path, meter: Meter, rounds: int, repeats: int) -> None:
        self.meter, self.rounds, self.repeats = meter, rounds, repeats
        self.app = build(url, var, [screens.form_module()])
        with self.app.app_context():
            self.engine = db.engine
            self.sample = workloads.find_sample()
            db.session.expunge_all()
        self.bare = BareShop(url, self.sample)
        self.visitor, self.bare_visitor = Visitor(self.app.wsgi_app), Visitor(self.bare.app.wsgi_app)
        sign_in(self.visitor)

    def goal(self, workload: workloads.Workload) -> float | None:
        """The goal on this database."""
        return workload.goals[self.engine.dialect.name != "sqlite"] if workload.goals else None

    def statements(self, *works: Any) -> Queries:
        """What reaches the database when a page is asked for the second time."""
        for work in works:
            work()
        with counted(self.engine) as queries:
            for work in works:
                work()
        return queries

    def page(self, workload: workloads.Workload) -> Figure:
        """One page, asked for again and again."""
        path = workload.path(self.sample)
        answer = self.visitor.get(path)
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}")
        self.bare.sizes[workload.key] = len(answer.body)
        bare_path = f"/bare/{workload.key}"
        assert self.bare_visitor.get(bare_path).status == 200
        queries = self.statements(lambda: self.visitor.get(path))
        ours, bare = best_of(self.meter, self.rounds, self.repeats, lambda: self.visitor.get(path),
                             lambda: self.bare_visitor.get(bare_path))
        return Figure(workload.key, workload.label, self.goal(workload), ours, bare, len(queries), len(answer.body))

    def form(self, workload: workloads.Workload) -> Figure:
        """A form opened and saved with another note each time."""
        path = workload.path(self.sample)
        answer = self.visitor.get(path)
        fields = dict(FormReader(answer.body.decode()).fields)
        self.bare.sizes[workload.key] = len(answer.body)
        bare_path = f"/edit/{workload.key}"
        turn = 0

        def save(visitor: Visitor, target: str) -> None:
            nonlocal turn
            turn += 1
            opened = VERSION.search(visitor.get(target).body)
            version = {"_version": opened[1].decode()} if opened else {}
            done = visitor.post(target, list((fields | version | {"staff_note": f"Note {turn}"}).items()))
            if done.status != 302:
                raise SystemExit(f"Saving {target} answered {done.status}")

        fields.setdefault("buyer_name", "")
        queries = self.statements(lambda: save(self.visitor, path))
        ours, bare = best_of(self.meter, self.rounds, self.repeats, lambda: save(self.visitor, path),
                             lambda: save(self.bare_visitor, bare_path))
        return Figure(workload.key, workload.label, self.goal(workload), ours, bare, len(queries), len(answer.body))


def main() -> None:
    asked = json.loads(sys.argv[1])
    shop = Shop(asked["url"], Path(asked["var"]), Meter(asked["postmaster"]), asked["rounds"], asked["repeats"])
    if asked["plans"]:
        for workload in [*workloads.LISTS, workloads.SHOW]:
            plans.show(shop, workload)
    figures = [shop.page(workload) for workload in [*workloads.LISTS, workloads.SHOW]]
    figures += [shop.form(workload) for workload in (workloads.EDIT, workloads.EDIT_OWN)]
    Path(asked["out"]).write_text(json.dumps({
        "figures": [asdict(figure) for figure in figures], "fragment": shop.sample.phone_fragment}))


if __name__ == "__main__":
    main()
