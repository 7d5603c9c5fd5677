"""The analyser as an object: options, progress, evidence, threads, and what it must not do."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from films import FACELESS, film, panning, picture, two_people
from tiny_model import CELLS, write_tiny_model

import unmask
from unmask.core.analysis import MediaInfo, Thresholds
from unmask.core.deadline import Deadline
from unmask.core.errors import (
    Damaged,
    InputNotFound,
    ModelAltered,
    ModelNotFound,
    NotInFile,
    TimeBudgetExceeded,
    UsageError,
)
from unmask.pipeline import RANGES, Analyser, AnalysisRequest, ScoredCrop, analyse
from unmask.pipeline.analyser import _KEPT
from unmask.pipeline.engine import Engine
from unmask.runtime import ModelPackage, find_package
from unmask.runtime.package import Pooling
from unmask.store import fingerprint
from unmask.verdict import face as face_verdict
from unmask.verdict import frames_logit
from unmask.video import Begun, begin


@pytest.fixture(scope="module")
def panned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("films") / "pan.mp4", panning(), frames=40)


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("side", [0, 1])
def test_numbers_out_of_range_are_refused(name: str, side: int) -> None:
    edge = RANGES[name][side]
    AnalysisRequest(**{name: edge})
    with pytest.raises(UsageError, match=name):
        AnalysisRequest(**{name: edge + (1 if side else -1)})


@pytest.mark.parametrize("name", RANGES)
def test_whole_numbers_of_numpy_are_taken_as_pythons(name: str) -> None:
    asked = AnalysisRequest(**{name: np.int64(40)})
    assert asked == AnalysisRequest(**{name: 40})
    assert type(getattr(asked, name)) is int  # which a fingerprint can be made of


def test_any_number_of_seconds_is_taken() -> None:
    asked = AnalysisRequest(from_s=Fraction(1, 2), to_s=np.float32(2))  # type: ignore[arg-type]
    assert asked == AnalysisRequest(from_s=0.5, to_s=2)
    assert (type(asked.from_s), type(asked.to_s)) == (float, float)


@pytest.mark.parametrize("value", [2.0, "3", True, None, np.float64(3)])
def test_only_whole_numbers_are_taken(value: object) -> None:
    with pytest.raises(UsageError, match="clips"):
        AnalysisRequest(clips=value)  # type: ignore[arg-type]


def test_thresholds_must_be_in_order() -> None:
    with pytest.raises(UsageError):
        AnalysisRequest(thresholds=Thresholds(low=0.8, high=0.2))


@pytest.mark.parametrize(
    ("wrong", "allowed"),
    [
        ({"device": "gpu"}, "device must be one of 'auto', 'cpu', 'cuda', not 'gpu'"),
        ({"device": "CUDA"}, "'cuda', not 'CUDA'"),
        ({"device": None}, "device must be one of"),
        ({"precision": "int8"}, "precision must be one of 'auto', 'f32', 'bf16', not 'int8'"),
        ({"runtime": "tensorrt"}, "runtime must be one of 'openvino', 'onnxruntime', None"),
        ({"thresholds": (0.1, 0.2)}, r"thresholds must be Thresholds\(low=..., high=...\)"),
    ],
)
def test_what_there_is_not_is_refused(tmp_path: Path, wrong: dict[str, Any], allowed: str) -> None:
    with pytest.raises(UsageError, match=allowed):
        unmask.analyse(tmp_path / "any.png", **wrong)


@pytest.mark.parametrize("name", ["a\0b", "a\ud800b"])
def test_a_name_that_no_file_can_have(analyser: Analyser, name: str) -> None:
    with pytest.raises(InputNotFound, match="no such file") as raised:
        analyser.analyse(name)
    assert repr(name) in str(raised.value)
    assert raised.value.hint


def test_options_are_filled_in_from_the_model(tiny_model: Path) -> None:
    options = Analyser(tiny_model, device="cpu", precision="f32").options
    assert (options.clips, options.frames_per_clip, options.device) == (4, 4, "cpu")
    assert options.thresholds == Thresholds(low=0.4, high=0.6)
    assert options.default_thresholds
    own = AnalysisRequest(frames_per_clip=7, thresholds=Thresholds(low=0.1, high=0.2))
    options = Analyser(tiny_model, device="cpu", options=own).options
    assert options.frames_per_clip == 7
    assert options.thresholds.high == 0.2
    assert not options.default_thresholds


def test_a_model_may_ask_for_less_than_it_was_fitted_on(tmp_path: Path, panned: Path) -> None:
    package = write_tiny_model(tmp_path / "less", frames=8, sampled=5)
    analyser = Analyser(package, device="cpu", precision="f32")
    assert analyser.options.frames_per_clip == 5
    (face,) = analyser.analyse(panned).faces
    assert len(face.clips) == len(face.frames) // 5


def test_the_document_states_the_options(tiny_model: Path, panned: Path) -> None:
    request = AnalysisRequest(clips=2, frames_per_clip=3, min_face=60, max_faces=2)
    analyser = Analyser(tiny_model, device="cpu", precision="f32", options=request)
    analysis = analyser.analyse(panned)
    assert analysis.options == analyser.options
    assert analysis.model == analyser.model
    assert analysis.options.min_face_px == 60
    assert len(analysis.faces[0].frames) == 6


def test_longer_windows_hold_several_clips(tiny_model: Path, panned: Path) -> None:
    request = AnalysisRequest(clips=1, frames_per_clip=10)
    analyser = Analyser(tiny_model, device="cpu", precision="f32", options=request)
    (face,) = analyser.analyse(panned).faces
    starts = [[frame.time_s for frame in face.frames].index(clip.first_s) for clip in face.clips]
    assert starts == [0, 4, 6]  # of four frames each, the last one pushed back


def test_a_model_that_pools_by_cells_is_given_them(
    tmp_path: Path, panned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pooling = Pooling(share=0.7, sharpness=4)
    package = write_tiny_model(tmp_path / "pooling", pooling=pooling)
    judged = []

    def spy(logits: Any, cells: Any, given: Any) -> float:
        judged.append((len(logits), {one.shape for one in cells}, given))
        return frames_logit(logits, cells, given)

    monkeypatch.setattr(face_verdict, "frames_logit", spy)
    (face,) = Analyser(package, device="cpu", precision="f32").analyse(panned).faces
    whole, *clips = judged
    coded = [frame.quantiser for frame in face.frames if frame.quantiser is not None]
    finest = [one for one in coded if one <= sum(coded) / len(coded)]
    assert len(coded) == len(face.frames) > len(finest)
    assert whole == (len(finest), {(CELLS, CELLS)}, pooling)
    assert [count for count, _, _ in clips] == [4] * len(face.clips)  # each by itself, to be shown
    assert face.verdict.probability is not None


def test_a_film_is_looked_at_in_a_part_of_it(tiny_model: Path, panned: Path) -> None:
    request = AnalysisRequest(clips=2, from_s=0.5, to_s=1.2)
    analyser = Analyser(tiny_model, device="cpu", precision="f32", options=request)
    analysis = analyser.analyse(panned)
    assert (analysis.options.from_s, analysis.options.to_s) == (0.5, 1.2)
    assert analysis.stretches
    times = [frame.time_s for face in analysis.faces for frame in face.frames]
    assert 0.5 <= min(times) == analysis.stretches[0][0]
    assert max(times) == analysis.stretches[-1][1] < 1.2


def test_what_was_looked_at_is_noted_where_nobody_is_seen(tiny_model: Path, tmp_path: Path) -> None:
    empty = film(tmp_path / "empty.mp4", lambda _: FACELESS[:128, :160], frames=40)
    analysis = Analyser(tiny_model, device="cpu", precision="f32").analyse(empty)
    assert analysis.verdict.label == "no-face"
    assert analysis.stretches
    assert analysis.stretches[0][0] == 0.0
    still = picture(tmp_path / "still.png")
    assert Analyser(tiny_model, device="cpu", precision="f32").analyse(still).stretches is None


def test_a_part_that_the_film_does_not_reach_is_an_error(tiny_model: Path, panned: Path) -> None:
    analyser = Analyser(tiny_model, device="cpu", options=AnalysisRequest(from_s=300.0))
    with pytest.raises(NotInFile, match=r"pan\.mp4: ends after 1\.\d s, before the part"):
        analyser.analyse(panned)
    pictured = picture(panned.parent / "still.png")
    assert analyser.analyse(pictured).faces  # which has no times


def test_the_beginning_is_no_answer_for_a_part_that_cannot_be_decoded(
    tiny_model: Path, panned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def longer(*given: Any, **more: Any) -> tuple[MediaInfo, Begun]:
        info, begun = begin(*given, **more)
        return info.model_copy(update={"duration_s": 1200.0}), begun

    monkeypatch.setattr("unmask.pipeline.run.begin", longer)  # as a header may state it
    analyser = Analyser(tiny_model, device="cpu", options=AnalysisRequest(from_s=600.0))
    with pytest.raises(Damaged, match=r"pan\.mp4: nothing can be decoded in the part to look at"):
        analyser.analyse(panned)


@pytest.mark.parametrize(
    "part",
    [
        {"from_s": -1.0},
        {"to_s": 0.0},
        {"from_s": 3, "to_s": 2},
        {"to_s": float("nan")},
    ],
)
def test_a_part_must_make_sense(part: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        AnalysisRequest(**part)


def test_a_whole_film_is_asked_for_as_before_there_were_parts(tiny_model: Path) -> None:
    assert not {"from_s", "to_s"} & set(Analyser(tiny_model).fingerprint_fields())
    asked = Analyser(tiny_model, options=AnalysisRequest(from_s=5.0)).fingerprint_fields()
    assert asked["from_s"] == 5.0


OTHERWISE: dict[str, Any] = {
    "clips": 5,
    "frames_per_clip": 4,
    "min_face": 41,
    "max_faces": 9,
    "thresholds": Thresholds(low=0.4, high=0.6),
    "from_s": 1.0,
    "to_s": 9.0,
}
ELSEWHERE: dict[str, Any] = {"device": "cpu", "runtime": "onnxruntime", "precision": "f32"}


def test_whatever_is_asked_for_otherwise_is_another_request(tiny_model: Path) -> None:
    """Else a history would answer one with the result of the other."""
    assert OTHERWISE.keys() == {one.name for one in fields(AnalysisRequest)}
    analysers = [
        Analyser(tiny_model),
        *(
            Analyser(tiny_model, options=AnalysisRequest(**{name: value}))
            for name, value in OTHERWISE.items()
        ),
        *(Analyser(tiny_model, **{name: value}) for name, value in ELSEWHERE.items()),
    ]
    asked = [fingerprint(one.fingerprint_fields()) for one in analysers]
    assert len(set(asked)) == len(analysers) == 1 + len(OTHERWISE) + len(ELSEWHERE)
    again = Analyser(tiny_model, options=AnalysisRequest())
    assert fingerprint(again.fingerprint_fields()) == asked[0]


def test_nothing_is_loaded_to_look_into_history(tiny_model: Path) -> None:
    code = (
        "import sys\n"
        "from unmask.pipeline import Analyser\n"
        f"analyser = Analyser({str(tiny_model)!r})\n"
        "analyser.fingerprint_fields(), analyser.model\n"
        "print([name for name in ('openvino', 'onnxruntime', 'torch') if name in sys.modules])\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"


def test_an_analysis_reports_nothing_home(tiny_model: Path, tmp_path: Path) -> None:
    """And needs neither torch nor the portable runtime."""
    path = picture(tmp_path / "face.png")
    code = (
        "import sys\n"
        "import unmask\n"
        f"unmask.analyse({str(path)!r}, model={str(tiny_model)!r}, device='cpu')\n"
        "names = ('openvino_telemetry', 'openvino.tools', 'torch', 'onnxruntime', 'onnx')\n"
        "print(sorted(name for name in sys.modules if name.startswith(names)))\n"
    )
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"


def test_progress_rises_through_the_stages(analyser: Analyser, panned: Path) -> None:
    told: list[tuple[str, int, int]] = []
    analyser.analyse(panned, progress=lambda *step: told.append(step))
    stages = list(dict.fromkeys(stage for stage, _, _ in told))
    assert stages == ["open", "look", "score"]
    for stage in stages:
        counts = [(done, total) for name, done, total in told if name == stage]
        assert counts == sorted(counts)
        assert counts[-1][0] == counts[-1][1] > 0


def test_who_watches_may_end_the_analysis(analyser: Analyser, panned: Path) -> None:
    ended = threading.Event()
    budget = Deadline.after(None).until(ended)
    with pytest.raises(TimeBudgetExceeded, match="stopped while"):
        analyser.analyse(panned, timeout=budget, progress=lambda *_: ended.set())


@pytest.mark.parametrize("kind", [StopIteration, ValueError, OSError, KeyboardInterrupt])
@pytest.mark.parametrize("at", ["open", "look", "score"])
def test_what_a_watcher_raises_comes_out_and_leaves_nothing(
    analyser: Analyser, panned: Path, at: str, kind: type[BaseException]
) -> None:
    def watch(stage: str, done: int, total: int) -> None:
        if stage == at and done == total:
            raise kind("of the watcher")

    with pytest.raises(kind, match="of the watcher"):
        analyser.analyse(panned, progress=watch)
    assert [one.name for one in threading.enumerate() if one.name.startswith("unmask-")] == []
    with analyser._room.take(2**62, Deadline.after(None)) as waited_s:  # which nobody holds
        assert waited_s < 1


class Sink:
    def __init__(self) -> None:
        self.crops: list[ScoredCrop] = []

    def add(self, crop: ScoredCrop, /) -> None:
        self.crops.append(crop)


def test_evidence_is_handed_over_in_order(analyser: Analyser, tmp_path: Path) -> None:
    sink = Sink()
    analysis = analyser.analyse(film(tmp_path / "two.mp4", two_people()), evidence=sink)
    assert [(crop.face, crop.time) for crop in sink.crops] == sorted(
        (crop.face, crop.time) for crop in sink.crops
    )
    for face in analysis.faces:
        own = [crop for crop in sink.crops if crop.face == face.id]
        assert [round(float(crop.time), 6) for crop in own] == [f.time_s for f in face.frames]
        assert [crop.score for crop in own] == [frame.score for frame in face.frames]
    crop = sink.crops[0]
    assert (crop.image.shape, crop.image.dtype) == ((64, 64, 3), np.uint8)
    assert crop.map.shape == (4, 4)
    # The map's mean is the calibrated logit less its bias: 4 × 0.1 in the toy.
    logit = np.log(crop.score / (1 - crop.score))
    assert crop.map.mean() == pytest.approx(logit - 0.4, abs=1e-3)


def test_threads_share_an_analyser(tiny_model: Path, panned: Path, tmp_path: Path) -> None:
    analyser = Analyser(tiny_model, device="cpu", precision="f32")
    paths = [panned, picture(tmp_path / "a.png"), panned, tmp_path / "a.png"]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda path: analyser.analyse(path).faces, paths))
    assert found[0] == found[2] == analyser.analyse(panned).faces
    assert found[1] == found[3] == analyser.analyse(paths[1]).faces


def test_networks_stay_loaded_whatever_the_options(
    tiny_model: Path, panned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, load = [], Engine.load

    def counting(*asked: Any) -> Engine:
        loaded.append(asked)
        return load(*asked)

    monkeypatch.setattr(Engine, "load", counting)
    _KEPT.clear()  # another test may have asked for the same
    of = {"model": tiny_model, "device": "cpu"}
    found = [analyse(panned, **of, clips=clips, frames_per_clip=2) for clips in (1, 2, 3)]
    assert [one.options.clips for one in found] == [1, 2, 3]
    assert len(loaded) == 1
    assert analyse(panned, **of, min_face=60).options.min_face_px == 60
    assert len(loaded) == 2


def test_threads_that_begin_together_load_once(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, together, loaded, load = (
        picture(tmp_path / "face.png"),
        threading.Barrier(3),
        [],
        Engine.load,
    )

    def counting(*asked: Any) -> Engine:
        loaded.append(asked)
        return load(*asked)

    def found(name: str | None) -> ModelPackage:
        together.wait(30)
        return find_package(name)

    monkeypatch.setattr(Engine, "load", counting)
    monkeypatch.setattr("unmask.pipeline.analyser.find_package", found)
    _KEPT.clear()
    with ThreadPoolExecutor(3) as pool:
        labels = pool.map(lambda _: analyse(path, model=tiny_model, device="cpu"), range(3))
        assert len({one.verdict for one in labels}) == 1
    assert len(loaded) == 1


def test_the_model_is_the_one_that_lies_there_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = picture(tmp_path / "face.png")
    first = write_tiny_model(tmp_path / "here" / "model", bias=20.0)
    write_tiny_model(tmp_path / "there" / "model", bias=-20.0)

    def label() -> str:
        return analyse(path, model="./model", device="cpu").verdict.label

    monkeypatch.chdir(tmp_path / "here")
    assert label() == "manipulated"
    monkeypatch.chdir(tmp_path / "there")
    assert label() != "manipulated"
    monkeypatch.chdir(tmp_path / "here")
    write_tiny_model(first, bias=-20.0)
    assert label() != "manipulated"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_may_be_forked_while_others_analyse(tiny_model: Path, tmp_path: Path) -> None:
    """It has their locks, and not the threads that would let them go."""
    script = """
import multiprocessing, sys, threading
from pathlib import Path
from unmask import Analyser
from unmask.pipeline import engine
from unmask.video.pillow import quiet
analyser = Analyser(sys.argv[1], device="cpu")
def label(_):
    return analyser.analyse(sys.argv[2]).verdict.label
for busy in (quiet(Path("another.png")), engine._LOADING):
    held, go = threading.Event(), threading.Event()
    def hold():
        with busy:
            held.set()
            go.wait(0.2)
    threading.Thread(target=hold).start()
    held.wait()
    with multiprocessing.get_context("fork").Pool(1) as pool:
        print(pool.map_async(label, [0]).get(30))
"""
    answer = forked(script, tiny_model, picture(tmp_path / "face.png"))
    assert answer == "['manipulated']\n" * 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_has_networks_of_its_own(tiny_model: Path, panned: Path) -> None:
    """Those of its parent wait for threads that it does not have, for ever."""
    script = """
import multiprocessing, sys
from unmask import Analyser
analyser = Analyser(sys.argv[1], device="cpu")
def labels(_):
    others = [Analyser(sys.argv[1], device="cpu") for _ in range(2)]
    return [one.analyse(sys.argv[2]).verdict.label for one in (analyser, *others)]
here = [analyser.analyse(sys.argv[2]).verdict.label] * 3
with multiprocessing.get_context("fork").Pool(1) as pool:
    assert pool.map_async(labels, [0]).get(30) == [here]
"""
    assert forked(script, tiny_model, panned) == ""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_that_would_wait_for_ever_says_so(tiny_model: Path, panned: Path) -> None:
    script = """
import multiprocessing, sys
from unmask import Analyser, UnmaskError
def label(_):
    try:
        return Analyser(sys.argv[1], device="cpu").analyse(sys.argv[2]).verdict.label
    except UnmaskError as error:
        return error.code, "spawn" in error.hint
label(0)  # and its networks are freed
with multiprocessing.get_context("fork").Pool(1) as pool:
    print(pool.map_async(label, [0]).get(30))
"""
    assert forked(script, tiny_model, panned) == "[('runtime-unavailable', True)]\n"


def forked(script: str, *arguments: Path) -> str:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_an_altered_model_never_scores(tiny_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for path in tiny_model.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "temporal.onnx").write_bytes(b"another graph")
    with pytest.raises(ModelAltered):
        Analyser(folder, device="cpu").analyse(picture(tmp_path / "face.png"))


def test_an_unknown_model_is_said_at_once() -> None:
    with pytest.raises(ModelNotFound):
        Analyser("nonsense")


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), "60"])
def test_a_budget_must_be_positive(analyser: Analyser, panned: Path, timeout: float) -> None:
    with pytest.raises(UsageError, match=f"must be above 0 s, not {timeout!r}"):
        analyser.analyse(panned, timeout=timeout)


def test_what_has_a_path_is_taken(analyser: Analyser, panned: Path) -> None:
    with os.scandir(panned.parent) as entries:
        entry = next(one for one in entries if one.name == panned.name)
    assert analyser.analyse(entry, timeout=np.float32(60)).media.name == panned.name


def test_the_short_way(tiny_model: Path, panned: Path) -> None:
    analysis = unmask.analyse(panned, model=tiny_model, device="cpu", clips=1)
    assert analysis.options.clips == 1
    assert len(analysis.faces) == 1
