"""Confirm that it is you: what reaches for other people's accounts asks for one's own password again.

A service calls `need_proof()`. Where the password was last given too long ago, the request ends with a page that asks
for it and carries along everything that was sent, so that nothing typed is lost; with the right password the same
request is made once more. A program is told 403 and signs in anew. When the password was last given stands in the
session's row, so a copied cookie proves nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask, has_request_context, jsonify, render_template, request
from sqlalchemy import update

from app.core import clock
from app.core.database import db
from app.core.errors import BusinessError
from app.core.i18n import gettext as _
from app.lowcode.security import identity, sessions, signing_in
from app.lowcode.security.forms import ProofForm
from app.lowcode.security.policy import SignInSettings
from app.lowcode.security.redirects import came_from, safe_next

FIELD = "own_password"
"""The form field that brings the password along with what is to be done."""
CAME_FROM = "proof_from"
"""The page to go back to, which a second try no longer comes from."""
NOT_CARRIED = {FIELD, CAME_FROM, "csrf_token"}


class ProofNeeded(Exception):
    """The acting person must give their own password first. No refusal of the business: nobody shows it on a form."""


def need_proof() -> None:
    """Go on only if the acting person has given their password lately; commands and jobs have no need to."""
    who = identity.signed_in() if has_request_context() else None
    if who is not None and clock.now() - who.proven_at >= timedelta(minutes=SignInSettings.minutes_until_asked_again):
        raise ProofNeeded()


def set_up(app: Flask) -> None:
    app.register_error_handler(ProofNeeded, _ask)
    app.before_request(_take_proof)


def _take_proof() -> Any:
    """Before a request that brings the password: judge it, and go on only if it is right."""
    if request.method != "POST" or request.mimetype == "application/json" or FIELD not in request.form:
        return None
    who = identity.signed_in()
    if who is None:
        return None
    try:
        signing_in.check_own_password(who.user, request.form[FIELD], FIELD)
    except BusinessError as error:
        db.session.rollback()
        return _page(error), error.status
    table = sessions.TABLE
    db.session.execute(update(table).where(table.c.id == who.session_id).values(proven_at=clock.now()))
    db.session.commit()
    identity.forget()
    return None


def _ask(_needed: ProofNeeded) -> Any:
    from app.lowcode.access import wants_json

    db.session.rollback()
    if wants_json():
        said = _("Sign in again first: this asks for your password.")
        return jsonify(code="proof_needed", fields={}, message=said), 403
    return _page(None), 403


def _page(error: BusinessError | None) -> str:
    form = ProofForm()
    if error is not None:
        form.own_password.errors = [str(error.fields.get(FIELD, error))]
    carried = [(name, value) for name, value in request.form.items(multi=True) if name not in NOT_CARRIED]
    who = identity.signed_in()
    back = safe_next(request.form.get(CAME_FROM), came_from())
    return render_template("houtai/security/confirm.html", form=form, carried=carried, back=(CAME_FROM, back),
                           url=request.full_path.rstrip("?"), username=who.user.username if who else "")
