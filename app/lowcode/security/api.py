"""Signing in for programs: name and password for a pair of tokens, and a fresh token for a refresh token.

The tokens belong to a session row like a browser's cookie does, so they end with a changed password, a deactivated
user, or a click on "end" in the list of sessions. The same limits apply as on the form.
"""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request
from flask_appbuilder.api import BaseApi, expose
from flask_jwt_extended import create_access_token, create_refresh_token, get_jwt, get_jwt_identity, jwt_required

from app.core.database import db
from app.core.errors import BusinessError
from app.core.i18n import gettext as _
from app.lowcode.security import identity, second_factor, signing_in
from app.lowcode.security.csrf import no_cookie_needed
from app.lowcode.security.limits import TooManyTries
from app.lowcode.security.models import API


def refusal(error: BusinessError) -> tuple[Response, int]:
    """A refusal as JSON, in the shape all our APIs use."""
    answer = jsonify(code=error.code, message=str(error), fields=error.fields)
    if isinstance(error, TooManyTries):
        answer.headers["Retry-After"] = str(error.wait)
    return answer, error.status


class SignInApi(BaseApi):
    """Tokens for the JSON API."""

    resource_name = "security"
    version = "v1"
    openapi_spec_tag = "Security"

    def add_apispec_components(self, api_spec: Any) -> None:
        super().add_apispec_components(api_spec)
        scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
        api_spec.components.security_scheme("jwt", scheme)
        api_spec.components.security_scheme("jwt_refresh", scheme)

    @expose("/login", methods=["POST"])
    @no_cookie_needed
    def login(self) -> Any:
        """Sign in and get an access token, and a refresh token if asked for
        ---
        post:
          requestBody:
            required: true
            content:
              application/json:
                schema:
                  type: object
                  required: [username, password]
                  properties:
                    username:
                      type: string
                    password:
                      type: string
                    provider:
                      type: string
                      enum: [db]
                    refresh:
                      type: boolean
                    code:
                      type: string
                      description: From the authenticator app, where the account has two-step sign-in
          responses:
            200:
              description: The tokens
              content:
                application/json:
                  schema:
                    type: object
                    properties:
                      access_token:
                        type: string
                      refresh_token:
                        type: string
            400:
              $ref: '#/components/responses/400'
            401:
              $ref: '#/components/responses/401'
            429:
              description: Too many tries; the header Retry-After says how many seconds to wait
        """
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            return jsonify(code="bad_request", message=_("Send a JSON object."), fields={}), 400
        fields = {name: str(message) for name, message in _complaints(body).items()}
        if fields:
            return jsonify(code="bad_request", message=_("Please check the marked fields."), fields=fields), 400
        try:
            user = signing_in.check_credentials(body["username"], body["password"], API)
            if second_factor.has_second_factor(user.id):
                if not body.get("code"):
                    raise second_factor.CodeNeeded()
                second_factor.check(user, body["code"])
            token = signing_in.start(user, API)
        except BusinessError as error:
            db.session.rollback()
            return refusal(error)
        user_id = str(user.id)
        db.session.commit()
        claims = {identity.TOKEN: token}
        answer = {"access_token": create_access_token(user_id, fresh=True, additional_claims=claims)}
        if body.get("refresh"):
            answer["refresh_token"] = create_refresh_token(user_id, additional_claims=claims)
        return jsonify(answer)

    @expose("/refresh", methods=["POST"])
    @no_cookie_needed
    @jwt_required(refresh=True)
    def refresh(self) -> Any:
        """Get a fresh access token for a refresh token
        ---
        post:
          responses:
            200:
              description: The token
              content:
                application/json:
                  schema:
                    type: object
                    properties:
                      access_token:
                        type: string
            401:
              $ref: '#/components/responses/401'
          security:
            - jwt_refresh: []
        """
        claims = {identity.TOKEN: get_jwt()[identity.TOKEN]}
        return jsonify(access_token=create_access_token(get_jwt_identity(), fresh=False, additional_claims=claims))

    @expose("/logout", methods=["POST"])
    @no_cookie_needed
    @jwt_required(verify_type=False)
    def logout(self) -> Any:
        """End the session the token belongs to
        ---
        post:
          responses:
            200:
              description: The tokens no longer count
            401:
              $ref: '#/components/responses/401'
          security:
            - jwt: []
        """
        signing_in.sign_out()
        db.session.commit()
        return jsonify(message=_("You are signed out."))


def _complaints(body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("username", "password"):
        value = body.get(name)
        if not isinstance(value, str) or not value:
            found[name] = _("This field is required.")
        elif "\x00" in value:
            found[name] = _("This text has characters that cannot be stored.")
    if body.get("provider", "db") != "db":
        found["provider"] = _("Only user name and password are accepted here.")
    if not isinstance(body.get("code") or "", str):
        found["code"] = _("This is not a text.")
    if not isinstance(body.get("refresh", False), bool):
        found["refresh"] = _("This is neither yes nor no.")
    return found
