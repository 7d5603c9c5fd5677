"""When a file was handed in stays when it was handed in."""

from __future__ import annotations

import io


def test_the_time_does_not_jump_when_the_result_is_there(client, portrait, work, services):
    sent = client.post("/api/v1/analyses", data={"file": (io.BytesIO(portrait), "p.png")}).json
    assert sent["finished_at"] is None
    work()
    done = client.get(sent["links"]["self"]).json
    assert done["state"] == "done"
    assert done["created_at"] == sent["created_at"] < done["finished_at"]
    (job,) = client.get("/api/v1/jobs?state=done").json["items"]
    assert (job["created_at"], job["finished_at"]) == (done["created_at"], done["finished_at"])


def test_what_was_never_handed_in_has_the_time_of_its_record(client, services, analysed):
    analysis = services.history.get(analysed).analysis
    entry = services.history.record(analysis, fingerprint="f" * 64)
    task = client.get(f"/api/v1/analyses/{entry.id}").json
    assert task["created_at"] == task["finished_at"]
