"""The API's own description: for programs, and as a page."""

from __future__ import annotations

from flask import Blueprint, current_app, jsonify, render_template
from flask.typing import ResponseReturnValue

from unmask.web.api import hooks
from unmask.web.api.describing import Operation, describes, openapi, operations

DOCS = Blueprint("docs", __name__)


@DOCS.get("/api/v1/openapi.json")
@describes(
    Operation(
        summary="Describe the API",
        answers={200: ("OpenAPI 3.1", "application/json")},
    )
)
def specification() -> ResponseReturnValue:
    """This description, made from the code that answers."""
    return jsonify(openapi(current_app))


@DOCS.get("/openapi.json")
def specification_at_root() -> ResponseReturnValue:
    """The same where many tools look first."""
    return jsonify(openapi(current_app))


@DOCS.get("/api")
def page() -> ResponseReturnValue:
    """The operations for people to read."""
    return render_template(
        "api.html",
        operations=operations(current_app),
        webhook_text=hooks.TEXT,
        webhook_example=hooks.EXAMPLE,
        webhook_check=hooks.CHECK,
    )
