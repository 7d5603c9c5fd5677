"""The server and its workers open one database, or nothing that is handed in is ever analysed."""

import pytest
from web_helpers import services_of

from unmask.store import History, Tokens


def test_the_server_opens_the_database_that_the_environment_names(
    tmp_path, monkeypatch, make_app, folders
):
    monkeypatch.setenv("UNMASK_DATABASE", f"sqlite:///{tmp_path}/elsewhere.db")
    with History() as history:  # as a worker and 'unmask tokens create' open it
        _, secret = Tokens(history).create("desk")
    app = make_app(tokens_required=True)
    assert services_of(app).tokens.count() == 1
    answer = app.test_client().get(
        "/api/v1/analyses", headers={"Authorization": f"Bearer {secret}"}
    )
    assert answer.status_code == 200
    assert not (folders.root / "history.db").exists()


@pytest.mark.parametrize("path", ["/analyses/a%00b", "/api/v1/analyses/a%00b", "/batches/%00"])
def test_a_sign_that_postgresql_refuses_is_in_no_id(postgresql, monkeypatch, make_app, path):
    monkeypatch.setenv("UNMASK_DATABASE", postgresql)
    assert make_app().test_client().get(path).status_code == 404
