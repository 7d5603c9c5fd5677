"""Who may ask for what, of every address that there is: a new one cannot be forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient

from unmask.web.security import SAFE

Address = tuple[str, str, str]
FOR_EVERYBODY = {
    ("static", "GET"),
    ("pages.sign_in", "GET"),
    ("pages.sign_in", "POST"),
    ("health.healthz", "GET"),
    ("health.readyz", "GET"),
}


def addresses(app: Flask) -> Iterator[Address]:
    """Endpoint, method and path of each, with something in place of what a path leaves open."""
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            path = url_for(rule.endpoint, **dict.fromkeys(rule.arguments, "ab" * 10))
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule.endpoint, method, path


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer unmask_wrong"}])
def test_without_a_token_there_is_nothing_but_what_everybody_may_see(
    make_app: Callable[..., Flask], headers: dict[str, str]
) -> None:
    app = make_app(tokens_required=True, rate_limit="10000 per minute")
    client = app.test_client()
    shown = set()
    for endpoint, method, path in addresses(app):
        answer = client.open(path, method=method, headers=headers, buffered=True)
        led_away = answer.status_code == 302 and "/sign-in" in answer.headers["Location"]
        if not led_away and answer.status_code not in (401, 429):
            shown.add((endpoint, method))
    assert shown == FOR_EVERYBODY


def test_whatever_changes_something_is_refused_to_other_sites(
    app: Flask, client: FlaskClient
) -> None:
    changing = [(method, path) for _, method, path in addresses(app) if method not in SAFE]
    assert len(changing) > 20
    for method, path in changing:
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
            answer = client.open(path, method=method, headers=headers, buffered=True)
            assert answer.status_code == 403, (method, path)


def test_every_form_needs_the_token_of_its_session(app: Flask, client: FlaskClient) -> None:
    client.get("/")  # a session, and no token of it
    forms = [path for _, method, path in addresses(app) if method == "POST"]
    of_pages = [path for path in forms if not path.startswith("/api/")]
    assert len(of_pages) > 10
    for path in of_pages:
        assert client.post(path, data={"csrf_token": "wrong"}).status_code == 403, path
