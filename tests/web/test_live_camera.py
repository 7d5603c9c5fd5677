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
from unmask.jobs.options import JobOptions
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


def watched(view, scene, start, looks):
    """What is said of the face after each of so many looks a fifth of a second apart."""
    return [view.look(scene, start + 0.2 * n)[0] for n in range(looks)]


def codes(face):
    return () if face.verdict is None else face.verdict.reasons


def test_a_face_keeps_its_number_and_gathers_a_rolling_score(view, scene):
    seen = [view.look(np.roll(scene, 2 * n, axis=1), 0.1 * n) for n in range(12)]
    assert [len(faces) for faces in seen] == [1] * 12
    assert len({faces[0].id for faces in seen}) == 1
    least = (view._manifest.clip.frames + 1) // 2
    assert [faces[0].verdict for faces in seen[: least - 1]] == [None] * (least - 1)
    assert 0 <= seen[-1][0].verdict.probability <= 1


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
    seen = watched(view, scene, 200.0, 11)
    assert {codes(face) for face in seen} == {("face-turned",)}
    assert {face.verdict.probability for face in seen} == {None}
    assert asked == [1, 1, 1]  # one glance a second
    turned[0] = False
    seen = watched(view, scene, 202.4, 30)
    assert codes(seen[0]) == ("face-turned",)  # a single glance may be wrong
    assert seen[-1].verdict.probability is not None
    assert len({face.id for face in seen}) == 1


def test_a_face_that_stands_upright_is_seen_to(view, scene):
    assert "face-turned" not in codes(view.look(scene, 300.0)[0])
    assert view._engine.detector.turned([(scene, view._engine.detector.detect([scene])[0][0])]) == [
        False
    ]


def test_a_pixelated_face_has_no_score(view, scene):
    tiles = Image.fromarray(scene).resize((40, 32), Image.Resampling.BOX)
    mosaic = np.asarray(tiles.resize((400, 320), Image.Resampling.NEAREST))
    (box,) = (face.box for face in view.look(scene, 500.0))
    x0, y0, x1, y1 = map(int, box)
    pixelated = scene.copy()
    pixelated[y0 : y1 + 1, x0 : x1 + 1] = mosaic[y0 : y1 + 1, x0 : x1 + 1]
    view._follower.look = lambda image, time_s: view._engine.detector.detect([scene])[0]
    try:
        last = watched(view, pixelated, 502.0, 3)[-1]
    finally:
        del view._follower.look
    assert last.verdict.probability is None
    assert "pixelated" in codes(last)


def test_a_face_with_something_over_it_is_not_cleared(view, scene, monkeypatch):
    """As the model says in its fifth output, where it has one."""
    score = view._engine.scorer.score_crops

    def covered(crops):
        scores = score(crops)
        low = scores.logits - 50 * view._manifest.calibration.face_scale
        return dataclasses.replace(scores, logits=low, covered=np.ones(len(crops), np.float32))

    monkeypatch.setattr(view._engine.scorer, "score_crops", covered)
    last = watched(view, scene, 600.0, 12)[-1]
    assert (last.verdict.label, codes(last)[-1]) == ("inconclusive", "part-covered")
    assert last.verdict.probability is not None


def test_faces_beyond_the_largest_are_counted(view, scene):
    face = view._engine.detector.detect([scene])[0][0]
    view._follower.look = lambda image, time_s: [face] * 5
    try:
        assert (len(view.look(scene, 700.0)), view.left_out) == (live.MOST_FACES, 2)
    finally:
        del view._follower.look


def test_of_a_group_the_same_people_go_on_being_watched(view, scene):
    """Whoever is a little larger in this frame or the next."""
    face = view._engine.detector.detect([scene])[0][0]

    def seen(image, time_s):
        sizes = np.random.default_rng(round(10 * time_s)).uniform(60, 70, 6)
        boxes = [(100.0 * n, 0.0, 100.0 * n + size, size) for n, size in enumerate(sizes)]
        return [dataclasses.replace(face, box=box) for box in boxes]

    view._follower.look = seen
    try:
        ids = [[one.id for one in view.look(scene, 800.0 + 0.1 * n)] for n in range(10)]
    finally:
        del view._follower.look
    assert ids == [ids[0]] * 10
    assert ids[0] == sorted(ids[0])


class Slow:
    """A scorer that does not answer until it may."""

    def __init__(self, scorer):
        self._scorer, self.may, self.calls = scorer, threading.Event(), 0
        self.package, self.score_clips = scorer.package, scorer.score_clips

    def score_crops(self, crops):
        self.calls += 1
        assert self.may.wait(30)
        return self._scorer.score_crops(crops)


def test_a_slow_model_does_not_hold_up_the_boxes(view, scene):
    slow = Slow(view._engine.scorer)
    engine = dataclasses.replace(view._engine, scorer=slow)
    quick = LiveView(engine, view._manifest.thresholds, patience_s=0)
    try:
        seen = [quick.look(scene, 0.2 * n)[0] for n in range(5)]
        assert [face.verdict for face in seen] == [None] * 5
        assert (slow.calls, quick.looks) == (1, 0)
        slow.may.set()
        until, now = time.monotonic() + 30, 1.0
        while (face := quick.look(scene, now)[0]).verdict is None:
            assert time.monotonic() < until
            now += 0.2  # two looks at one moment would be at two faces
            time.sleep(0.02)  # as a camera does: without a pause scoring hardly gets a turn
        assert 0 <= face.verdict.probability <= 1
        assert quick.looks > 0
    finally:
        slow.may.set()
        quick.close()


def test_nobody_waits_for_scores_that_take_longer(view, scene):
    quick = LiveView(view._engine, view._manifest.thresholds, patience_s=5.0)
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


def test_a_small_face_is_shown_and_not_judged(view, scene, monkeypatch):
    monkeypatch.setattr(live, "_SMALLEST", 1000.0)
    looks = view.looks
    (face,) = view.look(scene, 400.0)
    assert (codes(face), face.verdict.probability) == (("face-too-small",), None)
    assert view.looks == looks


def test_overlap():
    assert overlap((0, 0, 2, 2), (0, 0, 2, 2)) == 1
    assert overlap((0, 0, 2, 2), (1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 1, 1), (1, 1, 2, 2)) == 0


def test_frames_go_to_a_child_and_nothing_is_kept(client, services, folders, jpeg):
    headers = {"X-CSRF-Token": token_of(client), "Content-Type": "image/jpeg"}
    answer = client.post(f"/live/{ID}/frames", data=jpeg, headers=headers)
    assert answer.status_code == 200
    assert (answer.json["width"], answer.json["left_out"]) == (400, 0)
    (face,) = answer.json["faces"]
    assert face.keys() == {"id", "box", "verdict"}
    assert list(folders.incoming.iterdir()) + list(folders.uploads.iterdir()) == []
    assert services.history.count() == 0
    broken = client.post(f"/live/{ID}/frames", data=b"no picture", headers=headers)
    assert (broken.status_code, "no JPEG" in broken.text) == (503, True)
    assert client.post(f"/live/{ID}/end", headers=headers).status_code == 204
    assert services.cameras._open == {}


def test_ctrl_c_in_the_servers_terminal_is_not_for_the_child(tiny_model):
    camera = Camera(JobOptions(model=str(tiny_model)))
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
    cameras.look("a", jpeg, JobOptions)
    cameras.look("b", jpeg, JobOptions)
    with pytest.raises(LiveFailed, match="as many cameras"):
        cameras.look("c", jpeg, JobOptions)
    cameras._open["a"].idle_s = 60
    cameras.look("c", jpeg, JobOptions)
    assert cameras._open.keys() == {"b", "c"}
    assert issubclass(LiveFailed, UnmaskError)
    cameras.close()


def test_a_camera_of_which_nothing_is_heard_any_more_is_closed(monkeypatch, jpeg):
    """Without anybody asking for another."""
    monkeypatch.setattr("unmask.jobs.live.Camera", Watched)
    monkeypatch.setattr("unmask.jobs.live._IDLE_S", 0.05)
    cameras = Cameras()
    cameras.look("a", jpeg, JobOptions)
    for _ in range(3):  # sweeps that find it in use
        time.sleep(0.05)
        assert cameras._open.keys() == {"a"}
    cameras._open["a"].idle_s = 60
    until = time.monotonic() + 10
    while cameras._open:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert cameras._sweeper is None


def test_a_camera_is_not_idle_while_its_model_loads(tiny_model):
    camera = Camera(JobOptions(model=str(tiny_model)))
    try:
        camera._used -= 60
        assert camera.idle_s >= 60
        with camera._lock:
            assert camera.idle_s == 0
    finally:
        camera.close()


class Watched:
    """A camera without a child."""

    def __init__(self, options):
        self.idle_s = 0.0

    def look(self, frame):
        return {"faces": []}

    def close(self):
        pass


def token_of(client):
    from web_helpers import token_in

    return token_in(client.get("/").text)
