import io
import re
import time
from pathlib import Path

import jsonschema
import pytest

from unmask.core.errors import MissingExtra, TimeBudgetExceeded
from unmask.jobs.reporting import ReportFailed
from unmask.jobs.webhooks import secret_of, signature
from unmask.store import History
from unmask.web.api import hooks
from unmask.web.api.describing import openapi, operations

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def send(client):
    def send(content, name="a.mp4", **fields):
        data = {"file": (io.BytesIO(content), name)} | fields
        return client.post("/api/v1/analyses", data=data, content_type="multipart/form-data")

    return send


@pytest.fixture
def recorded(send, work, services, portrait):
    """Put an analysis on record under a name; its id."""
    send(portrait)
    work()
    entry = services.history.list()[0]
    analysis = services.history.get(entry.id).analysis
    services.history.delete(entry.id)

    def recorded(name):
        media = analysis.media.model_copy(update={"name": name})
        named = analysis.model_copy(update={"media": media})
        return services.history.record(named, fingerprint="e" * 64).id

    return recorded


def test_submit_ask_delete(send, client, work, clip):
    sent = send(clip)
    assert sent.status_code == 202
    address = sent.headers["Location"]
    task = client.get(address).json
    assert (task["state"], task["result"]) == ("queued", None)
    work()
    task = client.get(address).json
    assert task["state"] == "done"
    assert task["result"]["schema"] == "unmask.analysis/1"
    assert send(clip).status_code == 200
    assert send(clip, fresh="true").status_code == 202
    assert client.get(task["links"]["csv"]).mimetype == "text/csv"
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404
    assert client.delete(address).status_code == 404


def test_a_failed_job_has_an_error_and_no_result(send, client, work):
    address = send(b"#EXTM3U\nfile:///etc/passwd\n").headers["Location"]
    work()
    task = client.get(address).json
    assert (task["state"], task["result"], task["error"]["code"]) == ("failed", None, "not-media")


def test_cancelling(send, client):
    address = send(b"x").headers["Location"]
    assert client.post(address + "/cancel").json["state"] == "cancelled"
    assert client.post(address + "/cancel").status_code == 409


def test_a_job_whose_result_was_deleted_elsewhere_is_not_there(send, client, work, services, clip):
    address = send(clip).headers["Location"]
    work()
    services.history.delete(address.rsplit("/", 1)[1])
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert client.get(address.removeprefix("/api/v1")).status_code == 404
    assert client.post(address + "/cancel").status_code == 404


def test_one_file_at_a_time(client, folders):
    files = [(io.BytesIO(b"x"), "a.mp4"), (io.BytesIO(b"y"), "b.mp4")]
    answer = client.post("/api/v1/analyses", data={"file": files})
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert "more than one file" in answer.json["detail"]
    assert [*folders.uploads.iterdir(), *folders.incoming.iterdir()] == []


def test_json_that_is_none_is_said_to_be(client):
    answer = client.post("/api/v1/analyses", data='{"url"', content_type="application/json")
    assert answer.status_code == 400
    assert "JSON" in answer.json["detail"]


def test_lists(send, client, work, clip, portrait):
    send(clip, "a.mp4")
    send(portrait, "b.png")
    work()
    page = client.get("/api/v1/analyses?limit=1&order=oldest").json
    assert (page["total"], [item["name"] for item in page["items"]]) == (2, ["a.mp4"])
    assert client.get("/api/v1/analyses?text=B.PNG").json["total"] == 1
    for query in ("limit=0", "limit=x", "order=up", "label=fake", "since=yesterday"):
        problem = client.get(f"/api/v1/analyses?{query}")
        assert problem.status_code == 422
        assert problem.mimetype == "application/problem+json"
        assert problem.json["code"] == "usage"


@pytest.mark.parametrize("order", ["oldest", "newest", "name", "most-manipulated"])
def test_who_follows_next_sees_all_that_stays_once(client, services, recorded, order):
    """With an offset, one was passed over for each that retention had deleted meanwhile."""
    ids = [recorded(f"{number % 4}.mp4") for number in range(7)]
    page = client.get(f"/api/v1/analyses?limit=3&order={order}").json
    seen = [item["id"] for item in page["items"]]
    if order in ("oldest", "newest"):
        services.history.delete(*seen[:2])
        late = recorded("late.mp4")
        ids += [late] if order == "oldest" else []
    while page["next"]:
        page = client.get(page["next"]).json
        seen += [item["id"] for item in page["items"]]
    assert sorted(seen) == sorted(ids)


def test_a_place_is_one_in_an_order_by_time(client, recorded):
    recorded("a.mp4")
    recorded("b.mp4")
    after = client.get("/api/v1/analyses?limit=1").json["next"].partition("after=")[2]
    for query in (f"after={after}&order=name", "after=1"):
        answer = client.get(f"/api/v1/analyses?{query}")
        assert (answer.status_code, answer.json["code"]) == (422, "usage")


def test_what_is_misspelt_is_refused_and_not_left_out(send, client, folders):
    """Of a list the filter, of a million submissions the option."""
    for query in ("lable=manipulated", "offset=0&page=2"):
        answer = client.get(f"/api/v1/analyses?{query}")
        assert (answer.status_code, answer.json["code"]) == (422, "usage")
        assert "label, since" in answer.json["hint"]
    assert client.get("/api/v1/models?x=1").json["hint"] == "leave it out"
    for field in ({"clip": "3"}, {"fresh": "maybe"}, {"URL": "http://told.example/"}):
        answer = send(b"x", **field)
        assert (answer.status_code, answer.json["code"]) == (422, "usage")
        assert next(iter(field)) in answer.json["detail"]
    assert [*folders.uploads.iterdir(), *folders.incoming.iterdir()] == []
    assert send(b"x", fresh="yes").status_code == 202


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("post", "/api/v1/analyses", {"data": b"x", "content_type": "text/plain"}, 400),
        ("post", "/api/v1/analyses", {"data": {"other": "x"}}, 400),
        ("post", "/api/v1/analyses", {"json": {"link": "x"}}, 422),
        ("post", "/api/v1/analyses", {"data": "{", "content_type": "application/json"}, 400),
        (
            "post",
            "/api/v1/analyses",
            {"data": {"clips": "9" * 5000}, "content_type": "multipart/form-data"},
            422,
        ),
        (
            "post",
            "/api/v1/analyses",
            {"data": "[" * 100_000, "content_type": "application/json"},
            400,
        ),
        (
            "post",
            "/api/v1/analyses",
            {"data": " " * 200_000 + "{}", "content_type": "application/json"},
            413,
        ),
        ("get", f"/api/v1/analyses?text={'a' * 60_000}", {}, 422),
        ("get", "/api/v1/analyses?since=0001-01-01T00:00:00%2B14:00", {}, 422),
        ("get", "/api/v1/analyses?until=9999-12-31T23:59:59-14:00", {}, 422),
        ("put", "/api/v1/analyses", {}, 405),
        ("get", "/api/v1/nothing", {}, 404),
        ("get", "/api/v1/analyses/nothing/report.pdf", {}, 404),
    ],
)
def test_every_problem_is_a_document(client, method, path, body, status):
    answer = getattr(client, method)(path, **body)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert {"title", "status", "detail", "code"} <= answer.json.keys()


def test_every_route_is_described_and_documented(app):
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    found = operations(app)
    assert len(found) >= 11
    for path, method, operation, words in found:
        assert operation is not None, f"{method} {path} has no description"
        assert words, f"{method} {path} has no docstring"
        assert f"`{method} {path}`" in text, f"docs/api.md lacks {method} {path}"
        for parameter in operation.query:
            assert f"`{parameter}`" in text


def test_the_description_is_openapi(app, client):
    description = client.get("/api/v1/openapi.json").json
    assert description == client.get("/openapi.json").json
    assert description["openapi"].startswith("3.1")
    names = description["components"]["schemas"]
    assert {"Task", "Analysis", "Problem"} <= names.keys()
    for name, schema in names.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert name
    references = str(description).split("#/components/schemas/")[1:]
    assert {one.split("'")[0] for one in references} <= names.keys()
    ids = [one["operationId"] for path in description["paths"].values() for one in path.values()]
    assert len(ids) == len(set(ids))


def test_answers_are_as_described(app, client, send, work, clip):
    description = openapi(app)
    send(clip)
    work()
    page = client.get("/api/v1/analyses").json
    task = client.get(f"/api/v1/analyses/{page['items'][0]['id']}").json
    models = client.get("/api/v1/models").json
    for name, answer in (("ItemPage", page), ("Task", task), ("Models", models)):
        schema = {"$ref": f"#/components/schemas/{name}", "components": description["components"]}
        jsonschema.validate(answer, schema, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (MissingExtra.named("report", "a PDF report"), 501),
        (TimeBudgetExceeded("the report took longer than 120 s"), 503),
        (ReportFailed("the report could not be made"), 500),
    ],
)
def test_a_report_that_fails_says_whether_to_ask_again(
    send, client, services, work, portrait, monkeypatch, error, status
):
    sent = send(portrait).json
    links = sent["links"]
    work()

    def fail(*_, **__):
        raise error

    monkeypatch.setattr("unmask.jobs.reporting.run_errand", fail)
    answer = client.get(links["pdf"])
    assert (answer.status_code, answer.json["code"]) == (status, error.code)
    events = [event.event for event in services.desk.log.of(sent["id"])]
    assert events == ["received", "analysed"]  # and no export that never was
    told = client.get("/openapi.json").json["paths"]["/api/v1/analyses/{id}/report.pdf"]["get"]
    assert str(status) in told["responses"]


def test_health_and_metrics(client, send, services):
    told = client.get("/metrics").text
    assert "unmask_longest_wait_seconds 0\n" in told
    id = send(b"x").json["id"]
    services.desk.deliveries.add(id, "https://receiver.example/")
    with services.history.database.writer.begin() as database:
        database.exec_driver_sql("UPDATE jobs SET created_at = '2000-01-01 00:00:00.000000'")
    assert client.get("/healthz").json["status"] == "ok"
    told = client.get("/metrics").text
    assert 'unmask_jobs{state="queued"} 1' in told
    assert int(re.search(r"^unmask_longest_wait_seconds (\d+)$", told, re.M)[1]) > 8e8
    assert "unmask_webhooks_waiting 1\n" in told


def test_health_costs_the_same_however_long_the_history_is(client, monkeypatch):
    """It is asked without a token, and as often as anybody likes."""
    monkeypatch.setattr(History, "count", lambda *_: pytest.fail("counted every row"))
    assert client.get("/healthz").status_code == 200


def test_the_page_of_the_api(client):
    page = client.get("/api").text
    assert "/api/v1/analyses/{id}" in page
    assert "webhook-signature" in page


def test_the_example_that_checks_a_signature_does(folders):
    secret, body, now = secret_of(folders), b'{"a": 1}', int(time.time())
    space = {}
    exec(hooks.CHECK, space)
    headers = {"webhook-id": "x", "webhook-timestamp": str(now)}
    headers["webhook-signature"] = signature(secret, "x", now, body)
    assert space["came_from_unmask"](headers, body, secret)
    assert not space["came_from_unmask"](headers, body + b" ", secret)
    assert not space["came_from_unmask"](headers | {"webhook-id": "y"}, body, secret)


@pytest.fixture
def public(monkeypatch):
    """A name that leads to the public internet, of which nothing is asked."""
    monkeypatch.setattr(
        "unmask.jobs.outward.socket.getaddrinfo",
        lambda host, port, **_: [
            (2, 1, 6, "", ({"told.example": "8.8.8.8"}.get(host, host), port))
        ],
    )


def test_a_submission_names_who_is_to_be_told(send, client, services, public):
    task = send(b"x", webhook="https://told.example/secret-path").json
    waiting = {"host": "told.example", "state": "waiting", "attempts": 0, "problem": ""}
    assert task["webhooks"] == [waiting]
    assert "secret-path" not in str(task)
    assert services.desk.deliveries.of(task["id"])[0].url == "https://told.example/secret-path"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://10.0.0.1/x", "ftp://told.example", "x"]
)
def test_a_bad_webhook_is_a_problem_and_nothing_is_kept(send, client, folders, public, url):
    for answer in (
        send(b"x", webhook=url),
        client.post("/api/v1/analyses", json={"url": "http://told.example/a.mp4", "webhook": url}),
    ):
        assert (answer.status_code, answer.json["code"]) == (422, "webhook")
        assert answer.mimetype == "application/problem+json"
    assert client.get("/api/v1/analyses").json["total"] == 0
    assert [*folders.uploads.iterdir(), *folders.incoming.iterdir()] == []


def test_a_webhook_for_everything_is_a_setting(browser, send, upload, services, public):
    refused = browser.post("/settings", {"webhook": "http://192.168.0.1/", "retention_days": "5"})
    assert refused.status_code == 422
    assert services.settings.get("retention_days") is None
    assert browser.post("/settings", {"webhook": "http://told.example/a"}).status_code == 303
    assert 'value="http://told.example/a"' in browser.get("/settings").text
    ids = [send(b"x").json["id"], upload((b"y", "y.mp4")).headers["Location"].rsplit("/", 1)[1]]
    for id in ids:
        assert [one.url for one in services.desk.deliveries.of(id)] == ["http://told.example/a"]
    other = send(b"z", webhook="http://told.example/b").json["id"]
    assert [one.url for one in services.desk.deliveries.of(other)] == ["http://told.example/b"]


def test_the_secret_of_webhooks_is_shown_when_asked_for(browser, folders):
    assert "whsec_" not in browser.get("/settings").text
    assert secret_of(folders) in browser.post("/settings/webhook-secret").text
