"""The fixed cast: Ming owns the shop, Hua works the till, Lin is staff without rights. (Mei is a member.)"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import select

from app.core.db import db
from app.lowcode.security.passwords import hash_password

PASSWORD = "a quiet harbour at noon"


@dataclass(frozen=True)
class Person:
    """One of the staff; `role` is the name of a starter role, or None."""

    username: str
    first_name: str
    last_name: str
    role: str | None


CAST = {
    person.username: person
    for person in (
        Person("ming", "Ming", "Wang", "owner"),
        Person("hua", "Hua", "Li", "operator"),
        Person("lin", "Lin", "Zhao", None),
    )
}


def sign_up(app: Flask) -> None:
    """Give everyone in the cast an account; the caller commits."""
    roles = {role.name: role for role in db.session.scalars(select(Role))}
    for person in CAST.values():
        db.session.add(User(
            username=person.username, first_name=person.first_name, last_name=person.last_name, active=True,
            email=f"{person.username}@shop.example", password=hash_password(PASSWORD),
            roles=[roles[person.role]] if person.role else []))
    db.session.flush()


def user(username: str) -> User:
    """The account of one of the cast."""
    return db.session.scalars(select(User).where(User.username == username)).one()
