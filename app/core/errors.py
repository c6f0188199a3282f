"""How the system says no.

A service refuses by raising a named `BusinessError`; nobody in between catches it. One place at the edge
shows it: on the form with the typed values kept, or as JSON with its status. An error carries the message
for people (translatable) and, where one field is to blame, that field's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.i18n import lazy as _


class BusinessError(Exception):
    """A rule of the business was not met. HTTP 409; nothing was changed."""

    status = 409
    code = "refused"

    def __init__(self, message: Any = None, *, field: str | None = None, **gaps: Any) -> None:
        self.message = message if message is not None else self.default_message()
        self.field = field
        self.gaps = gaps
        super().__init__(message)

    @classmethod
    def default_message(cls) -> Any:
        return _("This cannot be done.")

    @property
    def fields(self) -> dict[str, str]:
        """Field name to message, for what can be said beside a field."""
        return {self.field: str(self)} if self.field else {}

    def __str__(self) -> str:
        text = str(self.message)
        return text % self.gaps if self.gaps else text


class InvalidInput(BusinessError):
    """What was given is not acceptable: wrong type, length, range or reference. HTTP 422; names each field."""

    status = 422
    code = "invalid"

    def __init__(self, fields: Mapping[str, Any] | None = None, message: Any = None) -> None:
        super().__init__(message)
        self._fields = dict(fields or {})

    @classmethod
    def default_message(cls) -> Any:
        return _("Please check the marked fields.")

    @property
    def fields(self) -> dict[str, str]:
        return {name: str(message) for name, message in self._fields.items()}


class BadRequest(BusinessError):
    """The request itself cannot be read. HTTP 400."""

    status = 400
    code = "bad_request"

    @classmethod
    def default_message(cls) -> Any:
        return _("The request could not be understood.")


class NotFound(BusinessError):
    """There is no such record, or it is not for this actor to see. HTTP 404."""

    status = 404
    code = "not_found"

    @classmethod
    def default_message(cls) -> Any:
        return _("This record was not found.")


class NotAllowed(BusinessError):
    """The actor lacks the permission. HTTP 403."""

    status = 403
    code = "not_allowed"

    @classmethod
    def default_message(cls) -> Any:
        return _("You are not allowed to do this.")


class Taken(BusinessError):
    """A value that must be unique is in use already. HTTP 409; names the field where it is known.

    `label` is what people call the field: the message needs it, the words beside the field do not."""

    code = "taken"

    def __init__(self, message: Any = None, *, field: str | None = None, label: Any = None, **gaps: Any) -> None:
        self._beside = message if message is not None else self.default_message()
        if label:
            message = _("%(field)s: this value is already in use.", field=label)
        super().__init__(message, field=field, **gaps)

    @property
    def fields(self) -> dict[str, str]:
        return {self.field: str(self._beside)} if self.field else {}

    @classmethod
    def default_message(cls) -> Any:
        return _("This value is already in use.")


class InUse(BusinessError):
    """A record cannot be deleted because others point to it. HTTP 409."""

    code = "in_use"

    @classmethod
    def default_message(cls) -> Any:
        return _("This record is in use and cannot be deleted.")


class ChangedMeanwhile(BusinessError):
    """Someone else has changed this since it was opened or fetched. HTTP 409, and 412 where a program said which
    version it means."""

    code = "changed_meanwhile"

    def __init__(self, message: Any = None, *, status: int = 409, **gaps: Any) -> None:
        super().__init__(message, **gaps)
        self.status = status

    @classmethod
    def default_message(cls) -> Any:
        return _("This record has been changed in the meantime. Nothing was saved.")
