"""Fitting on a data set's own labels, from the shards that ``unmask data prepare`` writes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from face_tree import plant_film

from unmask.core.errors import DataError
from unmask.datasets import index_folder
from unmask.datasets.listing import index_list
from unmask.datasets.met import counted, marks_of_sample
from unmask.datasets.prepare import PrepareOptions, prepare
from unmask.runtime.package import find_package
from unmask.training.accounting import account
from unmask.training.films import Film
from unmask.training.labelled import LabelledClips
from unmask.training.material import Portrait, Slice, decode
from unmask.training.pair_set import HeldOutPairs, PairSet, Shares
from unmask.training.recipe import DetectorRecipe
from unmask.training.run import Run
from unmask.training.sequences import draw_sequences
from unmask.training.shards import Labelled, hold_out, read_shards
from unmask.training.side import Side
from unmask.training.sources import read_sides
from unmask.training.start import start_from

SMALL = PrepareOptions(max_frames=6, clips=2, size=144, per_shard=3, min_face=40)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people with a real and a "manipulated" film each, to fit on; one to validate on."""
    root = tmp_path_factory.mktemp("set")
    for split, people in (("train", (0, 1)), ("val", (2,))):
        for number in people:
            plant_film(root / split / "real" / f"{number}.mp4", number, red=0)
            plant_film(root / split / "fake" / "tint" / f"{number}.mp4", number, red=60)
    out = tmp_path_factory.mktemp("shards") / "set"
    prepare(index_folder(root, "folders"), out, SMALL, workers=1)
    return out


def test_clips_are_read_with_labels_and_landmarks(shards: Path) -> None:
    clips = read_shards(shards, margin=1.3)
    assert {(clip.label, clip.method, clip.split) for clip in clips} == {
        (label, method, split)
        for label, method in ((0, ""), (1, "tint"))
        for split in ("train", "val")
    }
    for clip in clips:
        for frame in clip.film.frames:
            assert isinstance(frame.data, Slice)
            picture = decode(frame.data)
            assert picture.shape == (144, 144, 3)
            eyes = frame.landmarks[:2].mean(axis=0)
            assert np.abs(eyes - [72, 58]).max() < 12
    reds = [
        [decode(clip.film.frames[0].data)[..., 0].mean() for clip in clips if clip.label == label]
        for label in (0, 1)
    ]
    assert min(reds[1]) > max(reds[0])


def test_sides_follow_the_splits(
    shards: Path,
    recipe: DetectorRecipe,
    run_in: Callable[..., Run],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "unmask.training")
    train, held = read_sides([shards], recipe, [], run_in(tmp_path))
    for name, side in (("fitted on", train), ("held out", held)):
        assert f"{name}: {len(side.portraits)} portraits" in caplog.text
        assert f"{len(side.labelled.fakes())} labelled fakes" in caplog.text
    assert {face.split for face in train.portraits} == {"train"}
    assert {face.split for face in held.portraits} == {"val"}
    assert len({film.name for film in train.films}) == 2
    assert all("real" in film.name for film in (*train.films, *held.films))


def test_the_account_says_what_was_fitted_on(
    shards: Path, recipe: DetectorRecipe, run_in: Callable[..., Run], tmp_path: Path
) -> None:
    """So that an evaluation of the same files, wherever they lie by then, can say it."""
    sides = read_sides([shards], recipe, [], run_in(tmp_path))
    start = start_from("scratch", "debug", [], seed=1)
    told = account(recipe, "r.toml", start, sides, seconds=1.2, machine="m")
    assert (told.start, told.methods, told.seconds) == ("scratch", ("tint",), 1)
    root = Path(json.loads((shards / "plan.json").read_text())["root"])
    moved = shutil.copytree(root, tmp_path / "elsewhere")
    for split, kept in (("train", told.fitted_on), ("val", told.held_out)):
        index = index_folder(moved, "folders")
        met = [counted([marks_of_sample(moved, one)], kept) == {"file": 1} for one in index]
        assert met == [one.split == split for one in index]
    more = told.data[0].model_copy(update={"count": told.data[0].count + 3})
    other = told.data[0].model_copy(update={"name": "older/source"})
    then = {"methods": ("older",), "fitted_on": "00 11", "held_out": "22", "data": (more, other)}
    manifest = find_package(None).manifest
    before = manifest.model_copy(update={"training": told.model_copy(update=then)})
    further = account(recipe, "r.toml", replace(start, before=before), sides, seconds=1, machine="")
    assert further.methods == ("older", "tint")
    assert set(further.fitted_on.split()) == {"00", "11", *told.fitted_on.split()}
    assert set(further.held_out.split()) == {"22", *told.held_out.split()}
    assert set(further.data) == {more, *told.data[1:], other}  # each once
    assert len(further.data) == len(told.data) + 1


def test_labelled_pairs_take_their_share(shards: Path, recipe: DetectorRecipe) -> None:
    side = _side(shards, "train")
    stage = recipe.frame.model_copy(update={"labelled_share": 0.4, "steps": 10})
    pairs = PairSet(side, stage, Shares(stage.pairs), seed=(3,), start=0)
    located = [float(pairs[index][2]) for index in range(len(pairs))]
    assert 0.35 < np.mean(located) < 0.85
    crops, mask, known = pairs[located.index(0.0)]
    assert crops.shape == (2, 84, 84, 3)
    assert known == 0
    assert mask.min() == 255
    assert all(
        np.array_equal(a, b)
        for a, b in zip(
            pairs[5], PairSet(side, stage, Shares(4), seed=(3,), start=1)[1], strict=True
        )
    )


def test_labelled_fakes_are_validated_on_as_a_kind_of_their_own(
    shards: Path, recipe: DetectorRecipe
) -> None:
    pairs = HeldOutPairs(_side(shards, "val"), recipe.frame, seed=1)
    assert pairs.names().count("labelled") == recipe.frame.validation_pairs
    assert len(pairs) == len(pairs.names())


def test_labelled_clips_are_drawn_for_the_clip_stage(shards: Path, recipe: DetectorRecipe) -> None:
    clip = recipe.clip.model_copy(update={"labelled_share": 1.0, "frames": 5})
    long = recipe.model_copy(update={"clip": clip})
    real, fake = draw_sequences(_side(shards, "train"), long, np.random.default_rng(1))
    assert (real.label, fake.label, fake.kind) == (0, 1, "labelled")
    assert real.crops.shape == fake.crops.shape == (5, 84, 84, 3)  # of clips of three frames


def test_the_real_face_is_of_the_same_recording() -> None:
    clips = [_clip(label, f"{label}{n}", source=f"s{n}") for label in (0, 1) for n in range(20)]
    drawn = LabelledClips(clips)
    rng = np.random.default_rng(0)
    for _ in range(30):
        real, fake = drawn.draw(rng)
        assert real.name[1:] == fake.name[1:]


def test_one_class_alone_labels_nothing() -> None:
    assert not LabelledClips([_clip(0, "a", source="s")])
    assert not LabelledClips([_clip(1, "a", source="s")])


def test_without_a_validation_split_sources_are_held_out() -> None:
    clips = [_clip(n % 2, str(n), source=f"s{n // 2}") for n in range(60)]
    fitted, held = hold_out(clips)
    assert len(held) == 6
    assert not {clip.source for clip in fitted} & {clip.source for clip in held}
    tested = [_clip(0, "t", source="x", split="test")]
    assert tested[0] not in [*hold_out(clips + tested)[0], *hold_out(clips + tested)[1]]


def test_nobody_is_fitted_on_and_held_out() -> None:
    """Of fakes both who is seen and whose face was used; recordings of one person stay together."""
    clips = []
    for n in range(24):
        people = {f"id{n}"}
        clips += [_clip(0, f"{n}-{take}", source=f"id{n}_{take}", people=people) for take in (0, 1)]
        donor = people | {f"id{n ^ 1}"}
        clips.append(_clip(1, f"{n}-fake", source=f"id{n}_0", people=donor))
    fitted, held = hold_out(clips)
    assert len(held) == 6  # one group of twelve: two people, each other's donors
    assert {clip.label for clip in held} == {0, 1}
    assert not _people(fitted) & _people(held)
    assert len(fitted) + len(held) == len(clips)


def test_people_who_are_all_linked_stay_to_be_fitted_on() -> None:
    """Of the rest, each recording is a group."""
    clips = [_clip(1, str(n), source=f"s{n}", people={f"id{n}", f"id{n + 1}"}) for n in range(30)]
    clips += [_clip(0, f"r{n}", source=f"r{n}") for n in range(20)]
    fitted, held = hold_out(clips)
    assert len(held) == 2
    assert not any(clip.people for clip in held)
    assert len(fitted) == 48


def test_few_recordings_suffice_to_hold_one_out() -> None:
    assert [clip.source for clip in hold_out([_clip(0, n, source=n) for n in "ab"])[1]] == ["b"]
    assert not hold_out([_clip(0, "a", source="a")])[1]


def test_a_person_in_two_splits_is_an_error() -> None:
    clips = [
        _clip(0, "a", source="a", people={"anna"}),
        _clip(1, "b", source="b", people={"bert", "anna"}, split="val"),
        _clip(0, "c", source="c", people={"carl"}, split="val"),
    ]
    with pytest.raises(DataError, match=r"1 people are in the split 'val'.* anna among") as caught:
        hold_out(clips)
    assert "unmask data check" in caught.value.hint
    assert len(hold_out([replace(clips[0], split="test"), *clips[1:]])[1]) == 2  # never read


def test_a_recording_in_two_splits_is_an_error() -> None:
    clips = [
        _clip(0, "a", source="film 7"),
        _clip(1, "b", source="film 7", split="val"),
        _clip(0, "c", source="c", split="val"),
    ]
    with pytest.raises(DataError, match=r"1 recordings are in the split 'val'.* film 7 among"):
        hold_out(clips)
    same_names = [_clip(0, "real/0.mp4", source="real/0.mp4", split=s) for s in ("train", "val")]
    assert len(hold_out(same_names)[1]) == 1  # of two data sets that do not say what is filmed


def test_clips_of_nobody_in_particular_are_remarked_on(caplog: pytest.LogCaptureFixture) -> None:
    named = [_clip(0, "a", source="film"), _clip(0, "b", source="b", people={"anna"})]
    hold_out(named)
    assert not caplog.records
    hold_out([*named, _clip(0, "c", source="c"), _clip(0, "t", source="t", split="test")])
    assert "1 of 3 labelled clips say neither who is in them" in caplog.text


def test_people_are_those_of_the_shard(tmp_path: Path) -> None:
    for name in ("a", "b"):
        plant_film(tmp_path / f"{name}.mp4", 0)
    table = "file,label,split,identity,source\na.mp4,0,train,anna,a\nb.mp4,1,train,anna;bert,b\n"
    (tmp_path / "list.csv").write_text(table)
    prepare(index_list(tmp_path / "list.csv"), tmp_path / "out", SMALL, workers=1)
    clips = read_shards(tmp_path / "out", margin=1.3)
    assert {clip.people for clip in clips} == {frozenset({"anna"}), frozenset({"anna", "bert"})}


def test_a_shard_cut_short_is_named(shards: Path, tmp_path: Path) -> None:
    for path in shards.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    tar = sorted(tmp_path.glob("*.tar"))[0]
    tar.write_bytes(tar.read_bytes()[:-2048])
    with pytest.raises(DataError, match=f"{tar.name} is cut short") as caught:
        read_shards(tmp_path, margin=1.3)
    assert "prepare" in caught.value.hint
    tar.with_suffix(".json").unlink()
    with pytest.raises(DataError, match="unfinished"):
        read_shards(tmp_path, margin=1.3)


def test_a_preparation_that_was_interrupted_is_not_fitted_on(shards: Path, tmp_path: Path) -> None:
    """What is there is whole, but the held-out people are still to come."""
    for path in shards.iterdir():
        if not path.name.startswith(("val", "summary")):
            (tmp_path / path.name).write_bytes(path.read_bytes())
    with pytest.raises(DataError, match="lacks 1 of the shards") as caught:
        read_shards(tmp_path, margin=1.3)
    assert "prepare" in caught.value.hint
    (tmp_path / "plan.json").unlink()  # shards that were moved about on purpose
    assert {clip.split for clip in read_shards(tmp_path, margin=1.3)} == {"train"}


def test_tight_crops_are_refused(shards: Path) -> None:
    with pytest.raises(DataError, match=r"margin 1\.7, the recipe wants 1\.8"):
        read_shards(shards, margin=1.8)


def test_a_shard_that_shrinks_meanwhile_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"12345")
    with pytest.raises(DataError, match=r"a\.tar was cut short"):
        Slice(tmp_path / "a.tar", 2, 9).read()


def _side(shards: Path, split: str) -> Side:
    clips = [clip for clip in read_shards(shards, margin=1.3) if clip.split == split]
    real = [clip.film for clip in clips if clip.label == 0]
    return Side.of("fit", [film.frames[0] for film in real], real, LabelledClips(clips))


def _people(clips: Iterable[Labelled]) -> set[str]:
    return {person for clip in clips for person in clip.people}


def _clip(
    label: int, name: str, *, source: str, split: str = "train", people: Iterable[str] = ()
) -> Labelled:
    frame = Portrait(b"", np.zeros((5, 2), np.float32), "", split, "", "", np.zeros(5, np.float32))
    return Labelled(Film((frame,), name, stated=True), label, "m", split, source, frozenset(people))
