"""Whose turn it is, by token and by door; what a token has sent, and how often it may call."""

from __future__ import annotations

import io

from web_helpers import services_of, token_in


def send(client, content, **headers):
    data = {"file": (io.BytesIO(content), "a.mp4")}
    answer = client.post("/api/v1/analyses", data=data, headers=headers)
    assert answer.status_code == 202
    return answer.json["id"]


def test_tokens_and_who_signs_in_take_turns(make_app):
    app = make_app(tokens_required=True)
    services = services_of(app)
    (one, first), (two, second) = (services.tokens.create(name) for name in ("one", "two"))
    client = app.test_client()
    for number in range(3):
        send(client, b"first%d" % number, Authorization=f"Bearer {first}")
    send(client, b"second", Authorization=f"Bearer {second}")
    form = {"csrf_token": token_in(client.get("/sign-in").text), "token": first}
    assert client.post("/sign-in", data=form).status_code == 303
    form = {"csrf_token": token_in(client.get("/settings").text)}
    form["file"] = (io.BytesIO(b"by hand"), "b.mp4")
    assert client.post("/", data=form).status_code == 303
    waiting = {f"api:{one.id}": 3, f"api:{two.id}": 1, f"web:{one.id}": 1}
    assert services.desk.book.waiting_by_owner() == waiting
    told = client.get("/metrics", headers={"Authorization": f"Bearer {first}"}).text
    assert f'unmask_jobs_waiting{{door="web",token="{one.id}"}} 1' in told
    owners = [services.desk.book.claim("worker", 20).owner for _ in range(5)]
    assert sorted(owners[:3]) == sorted(waiting)
    assert owners[3:] == [f"api:{one.id}"] * 2


def test_pages_take_turns_with_programs_where_no_token_is_asked_for(client, browser, services):
    send(client, b"x")
    ahead = send(client, b"y")
    form = {"file": (io.BytesIO(b"by hand"), "b.mp4")}
    path = browser.post("/", form, content_type="multipart/form-data").headers["Location"]
    again = browser.post("/analyses/" + ahead + "/again").headers["Location"]
    assert services.desk.book.waiting_by_owner() == {"api:": 2, "web:": 2}
    assert client.get(f"/api/v1/analyses/{ahead}").json["progress"]["ahead"] == 3
    owners = [services.desk.book.claim("worker", 20) for _ in range(4)]
    assert [job.owner for job in owners] == ["api:", "web:", "api:", "web:"]
    assert [path, again] == [f"/analyses/{job.id}" for job in owners if job.owner == "web:"]


def test_what_failed_is_listed_a_page_at_a_time(client, services):
    """Who has missed a webhook finds out, though what failed was deleted between two pages."""
    ids = [send(client, b"%d" % number) for number in range(7)]
    for id in ids[:5]:
        services.desk.book.cancel(id)
    assert client.get("/api/v1/jobs").json == {"items": [], "next": None}
    page = client.get("/api/v1/jobs?state=cancelled&limit=2").json
    found = []
    while page["next"]:
        found += page["items"]
        assert client.delete(f"/api/v1/analyses/{found[-1]['id']}").status_code == 204
        page = client.get(page["next"]).json
    found += page["items"]
    assert [one["id"] for one in found] == ids[:5]
    assert found[0]["finished_at"] > found[0]["created_at"]
    waiting = client.get("/api/v1/jobs?state=queued&mine=true").json
    assert [one["id"] for one in waiting["items"]] == ids[5:]
    for query in ("state=lost", "mine=maybe", "limit=0", "after=x", "after=2026-01-01/x"):
        answer = client.get(f"/api/v1/jobs?{query}")
        assert (answer.status_code, answer.json["code"]) == (422, "usage")


def test_each_token_lists_its_own(make_app):
    app = make_app(tokens_required=True)
    secrets = [services_of(app).tokens.create(name)[1] for name in ("one", "two")]
    callers = [{"Authorization": f"Bearer {secret}"} for secret in secrets]
    client = app.test_client()
    ids = [send(client, b"%d" % n, **callers[n]) for n in range(2)]
    for id, caller in zip(ids, callers, strict=True):
        mine = client.get("/api/v1/jobs?state=queued&mine=true", headers=caller).json["items"]
        assert [one["id"] for one in mine] == [id]


def test_a_token_cancels_all_of_its_own(make_app, monkeypatch):
    """A hundred thousand one by one, at 600 a minute, would take hours."""
    monkeypatch.setattr("unmask.web.api.routes._CANCELLED_AT_ONCE", 2)
    app = make_app(tokens_required=True)
    services = services_of(app)
    secrets = [services.tokens.create(name)[1] for name in ("one", "two")]
    callers = [{"Authorization": f"Bearer {secret}"} for secret in secrets]
    client = app.test_client()
    mine = [send(client, b"%d" % number, **callers[0]) for number in range(5)]
    other = send(client, b"other", **callers[1])
    services.desk.deliveries.add(mine[4], "http://told.example/")
    for _ in range(2):  # one of each, whoever comes first
        services.desk.book.claim("worker", 20)
    for left in (4, 0):
        answer = client.post("/api/v1/jobs/cancel", headers=callers[0])
        assert (answer.status_code, answer.json) == (200, {"cancelled": left})
    states = [job.state for job in services.desk.book.several([*mine, other])]
    assert sorted(states) == ["cancelled"] * 4 + ["running"] * 2
    assert services.desk.deliveries.hosts_due(9) == ["told.example"]


def test_a_token_that_calls_too_often_slows_no_other(make_app):
    """Teams behind one proxy or one router have one address."""
    app = make_app(rate_limit="3 per minute", tokens_required=True)
    secrets = [services_of(app).tokens.create(name)[1] for name in ("one", "two")]
    client = app.test_client()
    codes = [
        client.get("/api/v1/models", headers={"Authorization": f"Bearer {secret}"}).status_code
        for secret in (*secrets[:1] * 4, *secrets[1:], "unmask_wrong")
    ]
    assert codes == [200, 200, 200, 429, 200, 401]
