"""A package is written with its card, and a card somebody wrote by hand outlives it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from unmask.core.analysis import Thresholds
from unmask.core.errors import DataError
from unmask.models.backbones import make_trunk
from unmask.models.detector import FrameDetector, TemporalDetector
from unmask.runtime.package import Calibration, DataSource, ModelPackage, Training, find_package
from unmask.training.detector import recipe_name
from unmask.training.package import Fitted, check_target, write_package
from unmask.training.recipe import DetectorRecipe, read_recipe

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
DATA = (DataSource(name="Portraits", licence="CC0-1.0", count=6, unit="pictures"),)


def fitted(data: tuple[DataSource, ...] = DATA) -> Fitted:
    frames = FrameDetector(make_trunk("debug"))
    return Fitted(
        training=Training(
            recipe="recipes/debug.toml", seed=5, seconds=7200, machine="two cores", data=data
        ),
        frames=frames,
        temporal=TemporalDetector(4, frames.trunk.features),
        calibration=Calibration(
            frame_scale=1, frame_offset=0, clip_scale=1, clip_offset=0, face_scale=1,
            face_offset=0, frame_weight=0.5,
        ),
        thresholds=Thresholds(low=0.5, high=0.75),
        metrics={"calibration clips": {"auc": 0.6, "auc by kind": {"blend": 0.7}}},
    )  # fmt: skip


def test_the_card_comes_with_the_package(recipe: DetectorRecipe, tmp_path: Path) -> None:
    package = write_package(recipe, fitted(), tmp_path / "new")
    package.verify()
    assert "README.md" in package.manifest.files
    for words in ("| Portraits | CC0-1.0 | 6 pictures |", "2.0 hours on two cores",
                  f"seed {recipe.seed}", "From 0.75", "blend", "Not measured"):  # fmt: skip
        assert words in package.card
    write_package(recipe, fitted(()), tmp_path / "new")
    again = ModelPackage.load(tmp_path / "new")
    again.verify()
    assert "Portraits" not in again.card


def test_the_card_says_what_it_started_from_and_which_fakes_it_knows(
    recipe: DetectorRecipe, tmp_path: Path
) -> None:
    made = fitted()
    told = {"start": "xception-lstm 11 (SHA-256 of its graphs 0a, 0b)", "methods": ("Swaps", "X")}
    training = made.training.model_copy(update=told)
    card = write_package(recipe, replace(made, training=training), tmp_path).card
    assert "from xception-lstm 11 (SHA-256 of its graphs 0a, 0b), seed" in card
    assert "Manipulations of data sets that it was fitted on: Swaps, X." in card


def test_a_card_written_by_hand_stays(recipe: DetectorRecipe, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Mine\n", encoding="utf-8")
    package = write_package(recipe, fitted(), tmp_path)
    package.verify()
    assert package.card == "# Mine\n"


def test_licence_and_recipe_are_those_of_the_fit(recipe: DetectorRecipe, tmp_path: Path) -> None:
    package = write_package(recipe, fitted(), tmp_path / "a")
    assert package.manifest.licence == "unstated"
    assert package.manifest.training.recipe == "recipes/debug.toml"
    assert "Licence of the weights: unstated." in package.card
    stated = recipe.model_copy(update={"licence": "CC-BY-NC-4.0"})
    card = write_package(stated, fitted(), tmp_path / "b").card
    assert "Licence of the weights: CC-BY-NC-4.0." in card


def test_the_shipped_model_keeps_its_licence() -> None:
    shipped = read_recipe(RECIPES / "xception-lstm.toml")
    assert isinstance(shipped, DetectorRecipe)
    assert shipped.licence == find_package(shipped.name).manifest.licence


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("recipes/mine.toml", "recipes/mine.toml"),
        ("/home/anna/secret/mine.toml", "mine.toml"),
        ("../elsewhere/mine.toml", "mine.toml"),
    ],
)
def test_a_recipe_is_named_as_it_was_given(given: str, shown: str) -> None:
    assert recipe_name(Path(given)) == shown


def test_what_is_no_part_of_a_package_is_not_written_over(
    recipe: DetectorRecipe, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    with pytest.raises(DataError, match=r"holds thesis\.txt, which is no part") as caught:
        write_package(recipe, fitted(), folder)
    assert "--out" in caught.value.hint
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "thesis.txt"]
    (folder / "thesis.txt").rename(folder / "README.md")  # as a card somebody wrote
    assert write_package(recipe, fitted(), folder).card == "years of work"


def test_a_package_that_is_there_stays_until_the_new_one_is_whole(
    recipe: DetectorRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mine"
    write_package(recipe, fitted(), folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("unmask.training.package.export_temporal", killed)
        with pytest.raises(KeyboardInterrupt):
            write_package(recipe, fitted(), folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    newer = recipe.model_copy(update={"version": "77"})
    write_package(newer, fitted(), folder).verify()
    assert ModelPackage.load(folder).manifest.version == "77"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_where_no_package_can_be_written_is_said_beforehand(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="file is a file"):
        check_target(tmp_path / "file")
    with pytest.raises(DataError, match=r"no model package can be written to .*Not a directory"):
        check_target(tmp_path / "file" / "deeper")
    check_target(tmp_path / "new" / "folder")
    assert not (tmp_path / "new" / "folder").exists()
