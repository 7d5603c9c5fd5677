"""What tests of the web app share besides fixtures."""

from __future__ import annotations

import re

from flask import Flask

from unmask.web.services import KEY, Services


def services_of(app: Flask) -> Services:
    found: Services = app.extensions[KEY]
    return found


def token_in(page: str) -> str:
    """The token of the page's forms."""
    match = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert match
    return match[1]
