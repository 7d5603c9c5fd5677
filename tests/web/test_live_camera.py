import dataclasses
import io
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut
from tiny_model import write_tiny_model

from unmask.core.errors import UnmaskError
from unmask.jobs import live_child
from unmask.jobs.live import Camera, Cameras, LiveFailed
from unmask.pipeline import Analyser, live
from unmask.pipeline.live import LiveView, open_live, overlap
from unmask.runtime.package import Pooling

ID = "0123456789abcdef" * 2


@pytest.fixture(scope="module", params=[None, Pooling(share=0.7, sharpness=4)])
def view(request, tmp_path_factory):
    """Every frame waits for its own scores, so that what is seen does not hang on the clock."""
    model = write_tiny_model(tmp_path_factory.mktemp("model"), pooling=request.param)
    view = open_live(Analyser(model), patience_s=60, spare=False)
    yield view
    view.close()


@pytest.fixture(scope="module")
def scene():
    """A frame with one face."""
    return np.ascontiguousarray(astronaut()[:320, 60:460])


@pytest.fixture(scope="module")
def jpeg(scene):
    file = io.BytesIO()
    Image.fromarray(scene).save(file, "JPEG")
    return file.getvalue()


def test_a_face_keeps_its_number_and_gathers_a_rolling_score(view, scene):
    seen = [view.look(np.roll(scene, 2 * n, axis=1), 0.1 * n) for n in range(6)]
    assert [len(faces) for faces in seen] == [1] * 6
    assert len({faces[0].id for faces in seen}) == 1
    assert seen[0][0].rolling is None
    assert seen[0][0].score is not None
    assert 0 <= seen[-1][0].rolling <= 1


def test_a_face_that_was_gone_for_a_while_is_another(view, scene):
    first = view.look(scene, 100.0)[0].id
    assert view.look(np.zeros_like(scene), 101.0) == []
    assert view.look(scene, 105.0)[0].id != first


def test_a_face_that_is_not_upright_is_not_judged(view, scene, monkeypatch):
    asked, turned = [], [True]

    def glance(faces, **_):
        asked.append(len(faces))
        return turned * len(faces)

    monkeypatch.setattr(view._engine.detector, "turned", glance)
    seen = [view.look(scene, 200.0 + 0.2 * n)[0] for n in range(11)]
    assert all(face.turned for face in seen)
    assert {(face.score, face.rolling) for face in seen} == {(None, None)}
    assert asked == [1, 1, 1]  # one glance a second
    turned[0] = False
    seen = [view.look(scene, 203.0 + 0.2 * n)[0] for n in range(16)]
    assert seen[0].turned  # a single glance may be wrong
    assert not seen[-1].turned
    assert seen[-1].rolling is not None
    assert len({face.id for face in seen}) == 1


def test_a_face_that_stands_upright_is_seen_to(view, scene):
    assert not view.look(scene, 300.0)[0].turned
    assert view._engine.detector.turned([(scene, view._engine.detector.detect([scene])[0][0])]) == [
        False
    ]


class Slow:
    """A scorer that does not answer until it may."""

    def __init__(self, scorer):
        self._scorer, self.may, self.calls = scorer, threading.Event(), 0

    def score_crops(self, crops):
        self.calls += 1
        assert self.may.wait(30)
        return self._scorer.score_crops(crops)


def test_a_slow_model_does_not_hold_up_the_boxes(view, scene):
    slow = Slow(view._engine.scorer)
    engine = dataclasses.replace(view._engine, scorer=slow)
    quick = LiveView(view._manifest, engine, patience_s=0)
    try:
        seen = [quick.look(scene, 0.2 * n)[0] for n in range(5)]
        assert [face.score for face in seen] == [None] * 5
        assert (slow.calls, quick.looks) == (1, 0)
        slow.may.set()
        until, now = time.monotonic() + 30, 1.0
        while (face := quick.look(scene, now)[0]).score is None:
            assert time.monotonic() < until
            now += 0.2  # two looks at one moment would be at two faces
            time.sleep(0.02)  # as a camera does: without a pause scoring hardly gets a turn
        assert 0 <= face.score <= 1
        assert quick.looks > 0
    finally:
        slow.may.set()
        quick.close()


def test_nobody_waits_for_scores_that_take_longer(view, scene):
    quick = LiveView(view._manifest, view._engine, patience_s=5.0)
    quick._took_s = 6.0  # as the look before did
    asked = []
    quick._take = asked.append
    try:
        quick.look(scene, 0.0)
    finally:
        quick.close()
    assert asked == [0.0, 0.0]


def test_scoring_stands_back_on_its_own_thread():
    with ThreadPoolExecutor(1, initializer=live._stand_back) as pool:
        theirs = pool.submit(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        expected = min(19, os.getpriority(os.PRIO_PROCESS, 0) + 5)
        assert theirs.result() == (expected if sys.platform == "linux" else expected - 5)


def test_a_frame_has_the_pixels_that_other_decoders_see(jpeg):
    image = live_child._decoded(jpeg)
    expected = np.asarray(Image.open(io.BytesIO(jpeg)))
    assert np.abs(image.astype(int) - expected).max() <= 2


def test_half_a_frame_is_none(jpeg, view):
    assert live_child._answer(view, jpeg[: len(jpeg) // 2])["error"]["code"] == "not-media"
    grey = jpeg[: len(jpeg) // 2] + b"\xff\xd9"  # whoever says that it ends has ended it
    assert "faces" in live_child._answer(view, grey)


def test_a_frame_that_is_too_large_is_not_decoded(view):
    file = io.BytesIO()
    Image.new("RGB", (2000, 10)).save(file, "JPEG")
    assert live_child._answer(view, file.getvalue())["error"]["code"] == "too-large"


def test_a_small_face_is_shown_and_not_judged(view, scene):
    small = np.asarray(Image.fromarray(scene).resize((140, 112)))
    for face in view.look(small, 200.0):
        assert (face.score, face.rolling) == (None, None)


def test_overlap():
    assert overlap((0, 0, 2, 2), (0, 0, 2, 2)) == 1
    assert overlap((0, 0, 2, 2), (1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 1, 1), (1, 1, 2, 2)) == 0


def test_frames_go_to_a_child_and_nothing_is_kept(client, services, folders, jpeg):
    headers = {"X-CSRF-Token": token_of(client), "Content-Type": "image/jpeg"}
    answer = client.post(f"/live/{ID}/frames", data=jpeg, headers=headers)
    assert answer.status_code == 200
    assert (answer.json["width"], len(answer.json["faces"])) == (400, 1)
    assert list(folders.incoming.iterdir()) + list(folders.uploads.iterdir()) == []
    assert services.history.count() == 0
    broken = client.post(f"/live/{ID}/frames", data=b"no picture", headers=headers)
    assert (broken.status_code, "no JPEG" in broken.text) == (503, True)
    assert client.post(f"/live/{ID}/end", headers=headers).status_code == 204
    assert services.cameras._open == {}


def test_ctrl_c_in_the_servers_terminal_is_not_for_the_child(tiny_model):
    camera = Camera(str(tiny_model))
    try:
        assert os.getpgid(camera._process.pid) != os.getpgid(0)
        camera._process.stdin.close()
        assert camera._process.wait(timeout=60) == 0
    finally:
        camera.close()


def test_what_is_refused(client, jpeg):
    headers = {"X-CSRF-Token": token_of(client), "Content-Type": "image/jpeg"}
    assert client.post(f"/live/{ID}/frames", data=jpeg).status_code == 403
    assert client.post("/live/x/frames", data=jpeg, headers=headers).status_code == 400
    huge = client.post(f"/live/{ID}/frames", data=b"x" * 3_000_000, headers=headers)
    assert huge.status_code == 413


def test_only_the_live_page_may_ask_for_the_camera(client):
    assert "camera=(self)" in client.get("/live").headers["Permissions-Policy"]
    assert "camera=()" in client.get("/").headers["Permissions-Policy"]


def test_no_more_cameras_than_the_machine_can_watch(monkeypatch, jpeg):
    monkeypatch.setattr("unmask.jobs.live.Camera", Watched)
    cameras = Cameras()
    cameras.look("a", jpeg, "m")
    cameras.look("b", jpeg, "m")
    with pytest.raises(LiveFailed, match="as many cameras"):
        cameras.look("c", jpeg, "m")
    cameras._open["a"].used -= 60
    cameras.look("c", jpeg, "m")
    assert cameras._open.keys() == {"b", "c"}
    assert issubclass(LiveFailed, UnmaskError)
    cameras.close()


class Watched:
    """A camera without a child."""

    def __init__(self, model):
        import time

        self.used = time.monotonic()

    def look(self, frame):
        return {"faces": []}

    def close(self):
        pass


def token_of(client):
    from web_helpers import token_in

    return token_in(client.get("/").text)
