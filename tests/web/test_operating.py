"""For whoever runs it: is it alive, does it take files, and what went wrong, done again."""

from __future__ import annotations

import io

from web_helpers import services_of, token_in

from unmask.core.scan import Failure

MB = 2**20
FULL = Failure(code="disk-full", message="there is no room", hint="")


def send(client, content, **fields):
    data = {"file": (io.BytesIO(content), "a.mp4")} | fields
    return client.post("/api/v1/analyses", data=data)


def test_a_full_disk_takes_no_files_and_is_no_reason_to_start_anew(make_app, monkeypatch):
    client = make_app(tokens_required=True).test_client()
    assert client.get("/readyz").json["status"] == "ready"
    monkeypatch.setattr("unmask.jobs.room.free", lambda folders: 255 * MB)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["code"]) == (503, "disk-full")
    assert client.get("/healthz").json["status"] == "ok"


def test_a_file_is_refused_before_the_disk_is_full(client, services, monkeypatch):
    monkeypatch.setattr("unmask.jobs.room.free", lambda folders: 255 * MB)
    answer = send(client, b"x")
    assert (answer.status_code, answer.json["code"]) == (507, "disk-full")
    assert services.desk.book.counts() == {}
    metrics = client.get("/metrics").text
    assert f"unmask_disk_reserve_bytes {256 * MB}" in metrics


def test_what_failed_for_want_of_room_is_done_again(client, services):
    ids = [send(client, b"%d" % number).json["id"] for number in range(3)]
    assert client.post(f"/api/v1/analyses/{ids[0]}/retry").status_code == 409
    for id in ids[:2]:
        services.desk.book.give_up(services.desk.book.get(id), FULL)
    assert 'unmask_jobs_failed{code="disk-full"} 2' in client.get("/metrics").text
    assert client.post("/api/v1/jobs/retry?code=timeout").json == {"retried": 0}
    assert client.post("/api/v1/jobs/retry?code=No").status_code == 422
    assert client.post("/api/v1/jobs/retry?code=disk-full").json == {"retried": 2}
    assert services.desk.book.counts() == {"queued": 3}
    services.desk.book.cancel(ids[0])
    answer = client.post(f"/api/v1/analyses/{ids[0]}/retry")
    assert (answer.status_code, answer.json["state"]) == (202, "queued")
    assert client.post("/api/v1/analyses/unknown/retry").status_code == 404


def test_webhooks_that_nobody_took_are_sent_again(client, services, monkeypatch):
    monkeypatch.setenv("UNMASK_WEBHOOK_PRIVATE", "1")
    id = send(client, b"x", webhook="http://127.0.0.1:9/").json["id"]
    desk = services.desk
    desk.book.cancel(id)
    desk.deliveries.failed(desk.deliveries.take("127.0.0.1:9", 60), "no answer", None)
    assert "unmask_webhooks_given_up 1" in client.get("/metrics").text
    assert client.post("/api/v1/webhooks/resend").json == {"resent": 1}
    assert client.get(f"/api/v1/analyses/{id}").json["webhooks"][0]["state"] == "waiting"
    desk.deliveries.delivered(desk.deliveries.take("127.0.0.1:9", 60))
    assert client.post(f"/api/v1/analyses/{id}/webhooks").json == {"resent": 1}
    states = [one["state"] for one in client.get(f"/api/v1/analyses/{id}").json["webhooks"]]
    assert states == ["delivered", "waiting"]
    assert client.post("/api/v1/analyses/unknown/webhooks").status_code == 404


def test_who_signed_in_with_a_token_is_out_when_it_expires(make_app):
    app = make_app(tokens_required=True)
    _, secret = services_of(app).tokens.create("contractor", days=1)
    client = app.test_client()
    form = {"csrf_token": token_in(client.get("/sign-in").text), "token": secret}
    assert client.post("/sign-in", data=form).status_code == 303
    assert client.get("/history").status_code == 200
    assert "Good until" in client.get("/settings").text
    with services_of(app).history.database.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE tokens SET expires_at = '2000-01-01 00:00:00.000000'")
    assert client.get("/history").status_code == 302
    answer = client.get("/api/v1/jobs", headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, "has expired" in answer.json["detail"]) == (401, True)
