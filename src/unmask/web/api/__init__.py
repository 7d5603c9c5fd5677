"""The API under ``/api/v1``, for programs; docs/api.md and ``/api/v1/openapi.json`` describe it."""

from unmask.web.api.routes import API
from unmask.web.api.serving import DOCS

BLUEPRINTS = (API, DOCS)
__all__ = ["API", "BLUEPRINTS"]
