"""What the tests of backups share: a shop with goods and a picture, its contents, and a process that dies on cue."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import inspect, text

from app.core import files
from app.core.db import db
from app.modules.operations import backups
from app.modules.operations.backups import making
from tests import factories


def fill() -> str:
    """Two products and a picture; gives the picture's key."""
    factories.make_product(name="Silk"), factories.make_product(name="Tea")
    picture = io.BytesIO()
    Image.linear_gradient("L").save(picture, "PNG")
    picture.seek(0)
    key = files.store_picture(picture, "silk.png")
    db.session.commit()
    return key


def backed_up() -> backups.Backup:
    """A backup as an edge makes it: what is told of it is committed."""
    made = backups.create_backup()
    db.session.commit()
    return made


def put_back(path: Path) -> backups.Restored:
    """A restore, and nothing else: without the line in the trail that an edge would commit."""
    done = backups.restore_backup(path)
    db.session.rollback()
    return done


def contents() -> dict[str, list[Any]]:
    """Every row of every table."""
    with db.engine.connect() as connection:
        names = [name for name in inspect(connection).get_table_names() if "_search_" not in name]
        return {name: sorted(map(repr, connection.execute(text(f'SELECT * FROM "{name}"')))) for name in names}


def product_names() -> set[str]:
    with db.engine.connect() as connection:
        return {name for (name,) in connection.execute(text("SELECT name FROM products"))}


def picture_of(key: str) -> bytes:
    with files.storage().open(key) as stream:
        return stream.read()


def wreck() -> None:
    """What a bad day does: a product renamed, another gone to nothing, all pictures lost."""
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE products SET name = 'Wrecked'"))
    for path in making.upload_files():
        path.unlink()


def seen_on_shelf() -> dict[str, bytes]:
    """What a user would take for backups, byte by byte."""
    return {backup.name: backup.path.read_bytes() for backup in backups.list_backups()}


def in_a_child(work: Callable[[], Any]) -> int:
    """Do the work in a process of its own; gives its exit code, negative for the signal that ended it."""
    db.session.rollback()
    db.session.remove()
    db.engine.dispose()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def die(*_anything: Any, **_named: Any) -> Any:
    """As if the power had failed."""
    os.kill(os.getpid(), signal.SIGKILL)


def dying(place: Any, name: str, *, after: bool = False) -> None:
    """From now on this process dies when `place.name` is called, or once it has done its work."""
    original = getattr(place, name)

    def last_breath(*arguments: Any, **named: Any) -> None:
        original(*arguments, **named)
        die()

    setattr(place, name, last_breath if after else die)
