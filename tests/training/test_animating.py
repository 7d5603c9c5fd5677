"""The animator: fitted on films and bent stills, and what its drawings become."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from face_tree import plant_clips, plant_faces
from torch.nn import functional

from unmask.core.errors import DataError
from unmask.training.animator import AnimatorTask, fit_animator
from unmask.training.detector import forget
from unmask.training.material import unit_frame
from unmask.training.moves import Moves
from unmask.training.pairs import draw_pair
from unmask.training.recipe import AnimatorRecipe, DetectorRecipe, read_recipe
from unmask.training.run import Run
from unmask.training.sequences import draw_sequences
from unmask.training.side import Side
from unmask.training.sources import read_performers, read_sides
from unmask.training.stopping import Stopped

RECIPES = Path(__file__).resolve().parents[2] / "recipes"


@pytest.fixture(scope="module")
def animator() -> AnimatorRecipe:
    found = read_recipe(RECIPES / "debug-animator.toml")
    assert isinstance(found, AnimatorRecipe)
    return found


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = plant_faces(tmp_path_factory.mktemp("performers"))
    return plant_clips(root, 4)


@pytest.fixture(scope="module")
def alone(
    data: Path,
    animator: AnimatorRecipe,
    run_in: Callable[..., Run],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The work folder in which it was fitted by itself."""
    work = tmp_path_factory.mktemp("alone")
    run = run_in(work)
    fit_animator(animator, *read_performers([data], animator, run), run)
    return work


@pytest.fixture(scope="module")
def sides(
    data: Path,
    alone: Path,
    animator: AnimatorRecipe,
    recipe: DetectorRecipe,
    run_in: Callable[..., Run],
) -> tuple[Side, Side]:
    return read_sides([data], recipe, [animator], run_in(alone))


def test_an_interrupted_fit_ends_as_an_uninterrupted_one(
    data: Path, alone: Path, animator: AnimatorRecipe, run_in: Callable[..., Run], tmp_path: Path
) -> None:
    (tmp_path / "films.npz").write_bytes((alone / "films.npz").read_bytes())
    performers = read_performers([data], animator, run_in(tmp_path))
    for limit in (2, 2):
        with pytest.raises(Stopped, match="debug-animator: stopped"):
            fit_animator(animator, *performers, run_in(tmp_path, limit=limit))
    fit_animator(animator, *performers, run_in(tmp_path))
    name = "debug-animator.safetensors"
    assert (tmp_path / name).read_bytes() == (alone / name).read_bytes()
    assert not (tmp_path / "debug-animator.ckpt").exists()


def test_everybody_is_moved_and_some_are_driven(
    sides: tuple[Side, Side], animator: AnimatorRecipe
) -> None:
    train, held = sides
    assert [len(one.moved) for one in (*train.portraits, *held.portraits)] == [1] * 9
    for portrait in train.portraits:
        moved = portrait.moved[0]
        assert moved["picture"].shape == (32, 32, 3)
        assert 0.001 < np.abs(moved["landmarks"] - portrait.landmarks / 144).max() < 0.2
    whole = [film for film in train.films if len(film.frames) >= 3]
    again = [clip for clip in train.driven if clip.drive.real]
    assert len(again) == len(whole) > 0
    assert len(train.driven) - len(again) == animator.clips
    assert train.counts()["driven"] == len(train.driven)
    fitted = {id(portrait.data) for portrait in train.portraits}
    assert {id(clip.drive.still.data) for clip in train.driven if not clip.drive.real} <= fitted
    assert not {id(clip.drive.still.data) for clip in held.driven} & fitted


def test_a_film_is_driven_along_its_own_path(sides: tuple[Side, Side]) -> None:
    clip = next(clip for clip in sides[0].driven if clip.drive.real)
    for points, frame in zip(clip.landmarks(), clip.drive.real, strict=True):
        np.testing.assert_allclose(points, frame.landmarks, atol=0.01)


def test_pairs_show_what_was_drawn(sides: tuple[Side, Side], recipe: DetectorRecipe) -> None:
    train = sides[0]
    black = [
        replace(portrait, moved=(_blackened(portrait.moved[0]),)) for portrait in train.portraits
    ]
    darker = 0
    for seed in range(8):
        pair, same = (
            draw_pair(train.portraits, [], recipe.frame, np.random.default_rng(seed), "animate")
            for _ in range(2)
        )
        np.testing.assert_array_equal(pair.fake, same.fake)
        assert not np.array_equal(pair.real, pair.fake)
        other = draw_pair(black, [], recipe.frame, np.random.default_rng(seed), "animate")
        np.testing.assert_array_equal(other.real, pair.real)
        darker += bool(other.fake.mean() < 0.9 * pair.fake.mean())
    assert darker >= 4  # of the others colours are matched, or the network's share is small


def _blackened(moved: np.ndarray) -> np.ndarray:
    made = np.zeros((), moved.dtype)
    made["flow"], made["landmarks"] = moved["flow"], moved["landmarks"]
    return made


@pytest.mark.parametrize("table", ["film_kinds", "still_kinds"])
def test_clips_of_driven_stills_are_drawn(
    sides: tuple[Side, Side], recipe: DetectorRecipe, table: str
) -> None:
    kinds = {"steady": 0.01, "driven-still": 0.99}
    clip = recipe.clip.model_copy(update={"film_kinds": kinds, "still_kinds": kinds})
    chosen = recipe.model_copy(update={"clip": clip})
    side = sides[0] if table == "film_kinds" else replace(sides[0], films=[])
    drawn = []
    for seed in range(8):
        real, fake = draw_sequences(side, chosen, np.random.default_rng(seed))
        again = draw_sequences(side, chosen, np.random.default_rng(seed))
        np.testing.assert_array_equal(fake.crops, again[1].crops)
        assert (real.label, fake.label) == (0, 1)
        assert real.crops.shape == fake.crops.shape == (3, 84, 84, 3)
        assert not np.array_equal(real.crops, fake.crops)
        drawn.append(fake.kind)
    assert drawn.count("driven-still") >= 6


def test_without_an_animator_nothing_is_driven(
    sides: tuple[Side, Side], recipe: DetectorRecipe
) -> None:
    bare = replace(sides[0], driven=())
    for seed in range(12):
        fake = draw_sequences(bare, recipe, np.random.default_rng(seed))[1]
        assert fake.kind != "driven-still"


def test_other_drives_are_drawn_anew_by_the_same_animator(
    data: Path,
    alone: Path,
    sides: tuple[Side, Side],
    animator: AnimatorRecipe,
    recipe: DetectorRecipe,
    run_in: Callable[..., Run],
    tmp_path: Path,
) -> None:
    work = tmp_path / "work"
    shutil.copytree(alone, work)
    fitted = (work / "debug-animator.safetensors").stat().st_mtime_ns
    more = animator.model_copy(update={"clips": 4})
    train, _held = read_sides([data], recipe, [more], run_in(work))
    assert len(train.driven) == len(sides[0].driven) + 1
    assert (work / "debug-animator.safetensors").stat().st_mtime_ns == fitted
    reseeded = animator.model_copy(update={"seed": 9})
    with pytest.raises(DataError, match=r"safetensors was fitted by another.*recipe\.seed was 1"):
        read_sides([data], recipe, [reseeded], run_in(work))


def test_films_of_other_windows_are_kept_apart(
    data: Path, alone: Path, animator: AnimatorRecipe, run_in: Callable[..., Run], tmp_path: Path
) -> None:
    (tmp_path / "films.npz").write_bytes((alone / "films.npz").read_bytes())
    longer = animator.model_copy(update={"frames": 4})
    films = read_performers([data], longer, run_in(tmp_path))[1]
    assert max(len(film.frames) for film in films) == 4
    assert (tmp_path / "films.npz").read_bytes() == (alone / "films.npz").read_bytes()
    assert (tmp_path / "debug-animator-films.npz").exists()


def test_unstated_films_do_not_shape_it(
    data: Path, alone: Path, animator: AnimatorRecipe, run_in: Callable[..., Run]
) -> None:
    films = read_performers([data], animator, run_in(alone))[1]
    assert films
    assert all(film.stated for film in films)
    assert len({film.name for film in films}) == 2  # of four: one is held out, one unstated


def test_pairs_keep_landmarks_on_the_face(sides: tuple[Side, Side]) -> None:
    """Both pictures cut at their landmarks show the same face."""
    portraits, films = sides[0].portraits, sides[0].films
    for source in (Moves(portraits, [], 64, 0.5), Moves(portraits, films, 64, 1.0)):
        for seed in range(10):
            pair = source.draw(np.random.default_rng(seed))
            eyes = []
            for picture, points in ((pair.source, pair.before), (pair.wanted, pair.after)):
                frame = unit_frame((points * 64 - 0.5).astype(np.float32))
                x, y = (frame[:, :2] @ [0.5, 0.55] + frame[:, 2]).astype(int)
                eyes.append(picture[y - 8 : y + 8, x - 8 : x + 8].mean())
                assert points[0, 0] < points[1, 0]  # also in a mirror
            assert abs(eyes[0] - eyes[1]) < 14


def test_fresh_forgets_it(animator: AnimatorRecipe, tmp_path: Path) -> None:
    names = ("debug-animator.npy", "debug-animator-driven-val-3.npy", "debug-animator.safetensors")
    for name in (*names, "films.npz"):
        (tmp_path / name).touch()
    forget(animator, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["films.npz"]


def test_fresh_leaves_what_others_keep_whose_names_begin_alike(
    animator: AnimatorRecipe, recipe: DetectorRecipe, tmp_path: Path
) -> None:
    stem = recipe.stem  # debug-1-5
    own = [f"{stem}.ckpt", f"{stem}.ckpt.partial", f"{stem}.jsonl", f"{stem}-best.safetensors",
           f"{stem}-faint.ckpt", f"{stem}-temporal-best.safetensors",
           f"{stem}-usual-0a1b.safetensors"]  # fmt: skip
    drawn = ["debug-animator-1.25.npy", "debug-animator-1.25.npy.json",
             "debug-animator-driven-train-8-1.25.npy", "debug-animator.safetensors.json",
             "debug-animator-films.npz"]  # fmt: skip
    others = ["debug-1-5-1-7.ckpt", "debug-1-5-2-8-best.safetensors", "debug-1-50.ckpt",
              "debug-animator-fine.safetensors", "debug-animator-1-5.ckpt"]  # fmt: skip
    for name in (*own, *drawn, *others):
        (tmp_path / name).touch()
    (tmp_path / f"{stem}-features-1-0a1b").mkdir()
    forget(recipe, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*drawn, *others}
    forget(animator, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(others)


def test_it_learns_to_turn_heads(
    animator: AnimatorRecipe, sides: tuple[Side, Side], run_in: Callable[..., Run], tmp_path: Path
) -> None:
    """On people it has never seen, its flow comes nearer to the turned head than the still is."""
    settings = {"samples": 320, "learning_rate": 4e-3, "critic_weight": 0.0}
    recipe = animator.model_copy(update=settings)
    run = run_in(tmp_path)
    task = AnimatorTask(recipe, sides[0].portraits, [], run)
    for batch in task.batches():
        task.advance(batch)
        task.step += 1
    held = AnimatorTask(recipe.model_copy(update={"seed": 9}), sides[1].portraits, [], run)
    with torch.no_grad():
        errors = []
        for source, before, wanted, after in itertools.islice(held.batches(), 12):
            small = [functional.avg_pool2d(one, 4) for one in (source, wanted)]
            warped = task.net(source, before, after).warped
            errors.append([float((one - small[1]).abs().mean()) for one in (small[0], warped)])
    still, warped = np.mean(errors, axis=0)
    assert warped < 0.62 * still  # 0.71 before it has learnt: proposals alone do some of it
