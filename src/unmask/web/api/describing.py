"""What each operation of the API is, written beside its view, and OpenAPI 3.1 made from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from unmask.core.version import __version__
from unmask.web.api import hooks
from unmask.web.api.records import Problem

View = TypeVar("View", bound=Callable[..., Any])
_ID = {"type": "string", "pattern": "^[0-9a-f]{20}$"}
_REF = "#/components/schemas/{model}"


@dataclass(frozen=True, slots=True)
class Operation:
    """``answers``: status → (what it means, the model of its JSON, None, or a media type).

    ``query``: parameter → (JSON schema, what it does). ``bodies``: media type → model.
    """

    summary: str
    answers: Mapping[int, tuple[str, type[BaseModel] | str | None]]
    query: Mapping[str, tuple[dict[str, Any], str]] = field(default_factory=dict)
    bodies: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    problems: tuple[int, ...] = ()
    open: bool = False


def describes(operation: Operation) -> Callable[[View], View]:
    """Attach the description to the view."""

    def attach(view: View) -> View:
        view.operation = operation  # type: ignore[attr-defined]
        return view

    return attach


def operations(app: Flask) -> list[tuple[str, str, Operation | None, str]]:
    """Path, method, description and view's docstring of every route for programs."""
    found = []
    for rule in app.url_map.iter_rules():
        if not (rule.rule.startswith("/api/v1/") or rule.endpoint.startswith("health.")):
            continue
        view = app.view_functions[rule.endpoint]
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            text = " ".join((view.__doc__ or "").split())
            found.append((path, method, getattr(view, "operation", None), text))
    return sorted(found, key=lambda one: one[:2])


def openapi(app: Flask) -> dict[str, Any]:
    """The whole description."""
    described = [(path, method, one, text) for path, method, one, text in operations(app) if one]
    paths: dict[str, Any] = {}
    for path, method, operation, text in described:
        paths.setdefault(path, {})[method.lower()] = _operation(path, operation, text)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Unmask",
            "version": __version__,
            "summary": "Whether a face in a video or picture has been manipulated.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "webhooks": hooks.described(_REF.format(model=hooks.MODEL.__name__)),
        "components": {
            "schemas": _schemas([one for _, _, one, _ in described]),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas(described: list[Operation]) -> dict[str, Any]:
    models: set[type[BaseModel]] = {Problem, hooks.MODEL}
    models |= {model for one in described for model in one.bodies.values()}
    for one in described:
        models |= {what for _, what in one.answers.values() if isinstance(what, type)}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, schema = models_json_schema([(model, "validation") for model in ordered], ref_template=_REF)
    definitions: dict[str, Any] = schema["$defs"]
    return definitions


def _operation(path: str, operation: Operation, text: str) -> dict[str, Any]:
    answers: dict[str, Any] = {
        str(status): _response(meaning, what)
        for status, (meaning, what) in operation.answers.items()
    }
    usual = () if operation.open else (401, 403, 422, 429, 503, 507)
    for status in sorted({*operation.problems, *usual}):
        answers[str(status)] = _response("A problem", Problem, "application/problem+json")
    described: dict[str, Any] = {
        "summary": operation.summary,
        "description": text,
        "operationId": re.sub(r"\W+", "-", f"{operation.summary}".lower()).strip("-"),
        "parameters": [*_path_parameters(path), *_query_parameters(operation)],
        "responses": answers,
        # An empty requirement: no token is needed where the server does not ask for one.
        "security": [] if operation.open else [{"token": []}, {}],
    }
    if operation.bodies:
        content = {kind: {"schema": _ref(model)} for kind, model in operation.bodies.items()}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _response(
    meaning: str, what: type[BaseModel] | str | None, kind: str = "application/json"
) -> dict[str, Any]:
    if what is None:
        return {"description": meaning}
    if isinstance(what, str):
        return {"description": meaning, "content": {what: {}}}
    return {"description": meaning, "content": {kind: {"schema": _ref(what)}}}


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _ID}
        for name in re.findall(r"{(\w+)}", path)
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "schema": schema, "description": text}
        for name, (schema, text) in operation.query.items()
    ]
