"""How an actor is called on screens: people and programs by their names, jobs and commands in the reader's words.

What is stored with a change is the name that the code uses (`follow_sale_plans`, `demo load`), because it holds in
every language and survives a new label. Whoever shows a stored name asks here, and nowhere else:

    actor_text("job", "follow_sale_plans")      # “List and delist products at their times”
    actor_text(None, entry.deleted_by)          # where the kind was not stored, the name is looked up among all
"""

from __future__ import annotations

from typing import Any

from app.core.i18n import gettext
from app.core.i18n import lazy as _
from app.core.jobs import schedule

COMMANDS: dict[str, Any] = {
    "database upgrade": _("Update of the program"),
    "first start": _("First start"),
    "demo load": _("Making the demo shop"),
    "demo remove": _("Removing the demo shop"),
    "staff create-admin": _("Command: make an owner"),
    "staff reset-password": _("Command: new password"),
    "staff reset-second-factor": _("Command: reset two-step sign-in"),
    "backup create": _("Command: back up"),
    "backup restore": _("Command: restore a backup"),
    "flask jobs run": _("Command: run a job"),
    "flask jobs retry": _("Command: retry failed work"),
}
"""Commands by the name under which they act."""
THE_PROGRAM = _("The program")


def actor_text(kind: str | None, name: str | None) -> str:
    """What people call the actor of this kind and stored name. Without a kind (None) the name decides; a person is
    then called by their name, as no job or command has one like it."""
    name = name or ""
    if kind == "job" or (kind is None and name in schedule.registered()):
        return _job(name)
    if kind == "command" or (kind is None and name in COMMANDS):
        return str(COMMANDS[name]) if name in COMMANDS else gettext("Command: %(name)s", name=name)
    if kind == "import":
        return gettext("Import from %(source)s", source=name)
    if kind in {"system", None} and name == "system":
        return str(THE_PROGRAM)
    return name


def stored_actor_text(name: str | None) -> str:
    """The same for a column that keeps only the name: what a screen uses as the column's formatter."""
    return actor_text(None, name)


def _job(name: str) -> str:
    if name in schedule.registered():
        return schedule.label_of(name)
    return gettext("A former job: %(name)s", name=name.replace("_", " "))
