"""The forms of the sign-in page and of one's own profile."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from app.core.i18n import lazy as _
from app.lowcode.security.passwords import LONGEST


class SignInForm(FlaskForm):
    username = StringField(_("User name"), [InputRequired(_("This field is required.")), Length(max=320)], render_kw={
        "autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "autofocus": True})
    password = PasswordField(_("Password"), [InputRequired(_("This field is required."))], render_kw={
        "autocomplete": "current-password"})
    next = HiddenField()

    def begin_at_the_password(self) -> None:
        """For a second try: the name stands there already."""
        self.username.render_kw = {**self.username.render_kw, "autofocus": False}
        self.password.render_kw = {**self.password.render_kw, "autofocus": True}


class CodeForm(FlaskForm):
    """The second step of signing in."""

    code = StringField(_("Code"), [InputRequired(_("This field is required.")), Length(max=100)], render_kw={
        "autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false", "autofocus": True})


class RecoveryCodeForm(FlaskForm):
    """The second step without the phone."""

    code = StringField(_("Recovery code"), [InputRequired(_("This field is required.")), Length(max=100)], render_kw={
        "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "autofocus": True})


def with_keypad(field: Any) -> None:
    """Let a phone show its keypad for this field. On a copy: the attributes belong to the class, and the letters of a
    recovery code cannot be typed on a keypad."""
    field.render_kw = {**(field.render_kw or {}), "inputmode": "numeric"}


class ProofForm(FlaskForm):
    """One's own password, before something that asks for it again."""

    own_password = PasswordField(_("Your own password"), [InputRequired(_("This field is required."))], render_kw={
        "autocomplete": "current-password", "autofocus": True})


class ShowingForm(FlaskForm):
    """A form beside whose fields refusals can be put."""

    def show(self, messages: dict[str, Any]) -> None:
        """Put refusals beside their fields."""
        for name, message in messages.items():
            self[name].errors = [*self[name].errors, str(message)]


class SecondFactorForm(ShowingForm):
    """Setting up, renewing or turning off the second factor: one's password, and a code."""

    code = StringField(_("Code"), [InputRequired(_("This field is required.")), Length(max=100)], render_kw={
        "autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"})
    current = PasswordField(_("Current password"), [InputRequired(_("This field is required."))], render_kw={
        "autocomplete": "current-password"})
    sealed = HiddenField()


class PasswordForm(ShowingForm):
    """The rules themselves live in `passwords` and `signing_in`; this only collects."""

    current = PasswordField(_("Current password"), [InputRequired(_("This field is required."))], render_kw={
        "autocomplete": "current-password"})
    new = PasswordField(
        _("New password"), [InputRequired(_("This field is required.")), Length(max=LONGEST)],
        description=_("At least 8 characters; a few unrelated words, 15 characters or more, are best."),
        render_kw={"autocomplete": "new-password", "maxlength": LONGEST})
    repeated = PasswordField(_("New password again"), [InputRequired(_("This field is required."))], render_kw={
        "autocomplete": "new-password", "maxlength": LONGEST})
