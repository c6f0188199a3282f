"""Every refusal has a message for people, a status for programs, and names the field where there is one."""

from __future__ import annotations

import pytest

from app.core import errors
from app.core.errors import BadRequest, BusinessError, InUse, InvalidInput, NotAllowed, NotFound, Taken


@pytest.mark.parametrize(("kind", "status"), [
    (BusinessError, 409), (InvalidInput, 422), (BadRequest, 400), (NotFound, 404), (NotAllowed, 403), (Taken, 409),
    (InUse, 409),
])
def test_each_refusal_has_its_status_and_something_to_say(kind: type[BusinessError], status: int) -> None:
    error = kind()
    assert error.status == status
    assert str(error).endswith(".")
    assert error.fields == {}


def test_codes_are_unique() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, BusinessError)]
    assert len({kind.code for kind in kinds}) == len(kinds)


def test_a_refusal_names_its_field() -> None:
    assert Taken("In use.", field="code").fields == {"code": "In use."}


def test_gaps_are_filled_when_shown() -> None:
    assert str(BusinessError("%(left)s left", left=1)) == "1 left"


def test_a_percent_sign_in_a_message_without_gaps_is_no_gap() -> None:
    assert str(BusinessError("Only 5% left")) == "Only 5% left"


def test_invalid_input_names_every_field() -> None:
    error = InvalidInput({"name": "Too long.", "price": "Too small."})
    assert error.fields == {"name": "Too long.", "price": "Too small."}
    assert str(error) == "Please check the marked fields."


def test_the_message_is_in_the_readers_language(app) -> None:
    from flask_babel import force_locale

    error = NotFound()
    with force_locale("zh"):
        chinese = str(error)
    assert chinese != str(error) and not chinese.isascii()
