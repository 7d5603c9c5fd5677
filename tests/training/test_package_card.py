"""A package is written with its card, and a card somebody wrote by hand outlives it."""

from __future__ import annotations

from pathlib import Path

from unmask.core.analysis import Thresholds
from unmask.models.backbones import make_trunk
from unmask.models.detector import FrameDetector, TemporalDetector
from unmask.runtime.package import Calibration, DataSource, ModelPackage
from unmask.training.package import Fitted, write_package
from unmask.training.recipe import DetectorRecipe

DATA = (DataSource(name="Portraits", licence="CC0-1.0", count=6, unit="pictures"),)


def fitted() -> Fitted:
    frames = FrameDetector(make_trunk("debug"))
    return Fitted(
        frames=frames,
        temporal=TemporalDetector(4, frames.trunk.features),
        calibration=Calibration(
            frame_scale=1, frame_offset=0, clip_scale=1, clip_offset=0, face_scale=1,
            face_offset=0, frame_weight=0.5,
        ),
        thresholds=Thresholds(low=0.5, high=0.75),
        metrics={"calibration clips": {"auc": 0.6, "auc by kind": {"blend": 0.7}}},
        seconds=7200,
        machine="two cores",
    )  # fmt: skip


def test_the_card_comes_with_the_package(recipe: DetectorRecipe, tmp_path: Path) -> None:
    package = write_package(recipe, fitted(), DATA, tmp_path / "new")
    package.verify()
    assert "README.md" in package.manifest.files
    for words in ("| Portraits | CC0-1.0 | 6 pictures |", "2.0 hours on two cores",
                  f"seed {recipe.seed}", "From 0.75", "blend", "Not measured"):  # fmt: skip
        assert words in package.card
    write_package(recipe, fitted(), (), tmp_path / "new")
    again = ModelPackage.load(tmp_path / "new")
    again.verify()
    assert "Portraits" not in again.card


def test_a_card_written_by_hand_stays(recipe: DetectorRecipe, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Mine\n", encoding="utf-8")
    package = write_package(recipe, fitted(), DATA, tmp_path)
    package.verify()
    assert package.card == "# Mine\n"
