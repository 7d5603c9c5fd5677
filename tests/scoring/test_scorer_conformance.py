"""One suite that every way of running a model package must pass."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import numpy_helper
from tiny_model import CELLS, FEATURES, SIZE

from unmask.core.deadline import Deadline
from unmask.core.errors import RuntimeUnavailable, TimeBudgetExceeded
from unmask.runtime import ModelPackage, SessionOptions
from unmask.scoring import Scorer

Floats = NDArray[np.float32]


def weights(graph: Path) -> dict[str, Floats]:
    tensors = onnx.load(graph).graph.initializer
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in tensors}


def frame_reference(package: Path, crops: NDArray[np.uint8]) -> tuple[Floats, Floats, Floats]:
    """The toy backbone in NumPy: features, logits, maps."""
    w = weights(package / "backbone.onnx")
    stride = SIZE // CELLS
    patches = (crops / 127.5 - 1).reshape(-1, CELLS, stride, CELLS, stride, 3)
    grid = np.einsum("nipjqc,dcpq->ndij", patches, w["kernels"])
    maps = grid[:, 0]
    return grid.mean((2, 3)), maps.mean((1, 2)) + w["bias"], maps


def clip_reference(package: Path, features: Floats) -> float:
    """The toy temporal network in NumPy: an LSTM run both ways, and the mean brightness."""
    w = weights(package / "temporal.onnx")

    def sigmoid(x: Floats) -> Floats:
        return 1 / (1 + np.exp(-x))

    total = 0.0
    for way, steps in enumerate((features, features[::-1])):
        hidden = cell = np.zeros(w["r"].shape[2])
        for step in steps:
            i, o, f, c = np.split(w["w"][way] @ step + w["r"][way] @ hidden, 4)
            cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(c)
            hidden = sigmoid(o) * np.tanh(cell)
            total += float(hidden.mean()) / (2 * len(features))
    return total + float(features[:, 0].mean())


class ScorerTests:
    """Subclasses say how to run, and how near the answers must come to the reference."""

    options: SessionOptions
    near: float  # absolute, of features and logits between -1 and 1

    @pytest.fixture
    def scorer(self, tiny_model: Path) -> Scorer:
        try:
            return Scorer(ModelPackage.load(tiny_model), self.options)
        except RuntimeUnavailable as error:
            pytest.skip(str(error))

    @pytest.fixture
    def crops(self) -> NDArray[np.uint8]:
        """Noise of different brightness."""
        random = np.random.default_rng(3)
        noise = random.integers(0, 256, (7, SIZE, SIZE, 3))
        return (noise * random.uniform(0, 1, (7, 1, 1, 1))).astype(np.uint8)

    def test_it_runs_as_asked(self, scorer: Scorer) -> None:
        assert scorer.resolved.device == "cpu"
        assert scorer.resolved.runtime == self.options.runtime
        assert scorer.resolved.precision == self.options.precision

    def test_frames_match_the_reference(
        self, scorer: Scorer, crops: NDArray[np.uint8], tiny_model: Path
    ) -> None:
        features, logits, maps = frame_reference(tiny_model, crops)
        scores = scorer.score_crops(crops)
        np.testing.assert_allclose(scores.features, features, atol=self.near)
        np.testing.assert_allclose(scores.logits, logits, atol=self.near)
        np.testing.assert_allclose(scores.maps, maps, atol=self.near)

    def test_clips_match_the_reference(self, scorer: Scorer, tiny_model: Path) -> None:
        random = np.random.default_rng(5)
        clips = [random.normal(0, 1, (t, FEATURES)).astype(np.float32) for t in (4, 1, 9, 4, 2)]
        expected = [clip_reference(tiny_model, clip) for clip in clips]
        # f32 whatever the backbone's precision: see Scorer.
        np.testing.assert_allclose(scorer.score_clips(clips), expected, atol=1e-4)

    def test_the_map_is_the_logit_spread_out(
        self, scorer: Scorer, crops: NDArray[np.uint8]
    ) -> None:
        scores = scorer.score_crops(crops)
        np.testing.assert_allclose(scores.maps.mean((1, 2)) + 0.1, scores.logits, atol=self.near)

    def test_a_crop_scores_the_same_in_any_company(
        self, scorer: Scorer, crops: NDArray[np.uint8]
    ) -> None:
        together = scorer.score_crops(crops)
        again = scorer.score_crops(crops)
        alone = [scorer.score_crops(crops[i : i + 1]) for i in range(len(crops))]
        backwards = scorer.score_crops(crops[::-1].copy())
        for name in ("logits", "features", "maps"):
            values = getattr(together, name)
            assert np.array_equal(getattr(again, name), values)
            assert np.array_equal(np.concatenate([getattr(one, name) for one in alone]), values)
            assert np.array_equal(getattr(backwards, name)[::-1], values)

    def test_a_clip_scores_the_same_in_any_company(self, scorer: Scorer) -> None:
        random = np.random.default_rng(6)
        clips = [random.normal(0, 1, (t, FEATURES)).astype(np.float32) for t in (4, 6, 4, 4)]
        together = scorer.score_clips(clips).tolist()
        assert [float(scorer.score_clips([clip])[0]) for clip in clips] == together

    def test_nothing_scores_nothing(self, scorer: Scorer) -> None:
        scores = scorer.score_crops(np.empty((0, SIZE, SIZE, 3), np.uint8))
        assert scores.logits.shape == (0,)
        assert scores.features.shape == (0, FEATURES)
        assert scores.maps.shape == (0, CELLS, CELLS)
        assert scorer.score_clips([]).shape == (0,)

    def test_progress_ends_at_the_number_of_crops(
        self, scorer: Scorer, crops: NDArray[np.uint8]
    ) -> None:
        told: list[int] = []
        scorer.score_crops(crops, progress=told.append)
        assert told == sorted(told)
        assert told[-1] == len(crops)

    @pytest.mark.parametrize("shape", [(2, SIZE, SIZE - 1, 3), (2, 3, SIZE, SIZE), (SIZE, SIZE, 3)])
    def test_other_shapes_are_refused(self, scorer: Scorer, shape: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match="N×64×64×3"):
            scorer.score_crops(np.zeros(shape, np.uint8))

    def test_floats_are_refused(self, scorer: Scorer) -> None:
        with pytest.raises(ValueError, match="uint8"):
            scorer.score_crops(np.zeros((1, SIZE, SIZE, 3), np.float32))  # type: ignore[arg-type]

    def test_a_spent_budget_ends_it(self, scorer: Scorer, crops: NDArray[np.uint8]) -> None:
        spent = Deadline(time.monotonic() - 1, 1.0)
        with pytest.raises(TimeBudgetExceeded, match="scoring faces"):
            scorer.score_crops(crops, deadline=spent)


class TestOpenVinoF32(ScorerTests):
    options = SessionOptions(device="cpu", runtime="openvino", precision="f32")
    near = 1e-5


class TestOpenVinoBf16(ScorerTests):
    options = SessionOptions(device="cpu", runtime="openvino", precision="bf16")
    near = 1e-2  # bf16 keeps eight bits


class TestOnnxRuntime(ScorerTests):
    options = SessionOptions(device="cpu", runtime="onnxruntime", precision="f32")
    near = 1e-5
