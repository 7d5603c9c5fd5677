"""Crops in shards: what is in them, and what becomes of them when something goes wrong."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from claims import holding
from faces_on_disk import film, picture, portrait
from PIL import Image
from trees import grow, read, shard

from unmask.clips import TEMPLATE, align
from unmask.core.errors import DataError, UsageError
from unmask.datasets import Index, Sample, hash_samples, write_index
from unmask.datasets.prepare import PrepareOptions, Shard, plan_units, prepare
from unmask.faces import FaceDetector
from unmask.runtime import SessionOptions

SMALL = PrepareOptions(max_frames=4, clips=2, size=96, per_shard=2, min_face=60)

UNMASK = "import sys; from unmask.cli import main; sys.exit(main())"
EXACT = SessionOptions(device="cpu", precision="f32", threads=1)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Index:
    root = tmp_path_factory.mktemp("films")
    film(root / "train/real/a.mp4")
    film(root / "train/fake/M/b.mp4", face=False)
    picture(root / "test/real/c.png")
    grow(root, "test/fake/M/broken.mp4", content=b"nonsense")
    for at in (2, 10, 9):
        picture(root / f"train/real/frames/{at}.png", shift=at)
    return read(root, pictures="frames")


def contents(out: Path) -> dict[str, bytes]:
    found = {}
    for path in sorted(out.glob("*.tar")):
        with tarfile.open(path) as tar:
            for member in tar:
                stream = tar.extractfile(member)
                assert stream is not None
                found[member.name] = stream.read()
    return found


def abouts(out: Path) -> dict[str, dict[str, Any]]:
    documents = [json.loads(data) for name, data in contents(out).items() if name.endswith("json")]
    return {document["path"]: document for document in documents}


def tars(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.glob("*.tar")}


def test_faceless_and_unreadable_are_reported_and_stop_nothing(
    films: Index, tmp_path: Path
) -> None:
    account = prepare(films, tmp_path, SMALL)
    assert account.faceless == ("train/fake/M/b.mp4",)
    assert [(fault.path, fault.code) for fault in account.failed] == [
        ("test/fake/M/broken.mp4", "not-media")
    ]
    assert account.samples == 5
    assert account.clips == 4  # two windows of the film, one each of the picture and the folder
    assert account.crops == 4 + 1 + 2
    assert json.loads((tmp_path / "summary.json").read_text())["faceless"] == ["train/fake/M/b.mp4"]
    assert {path.name for path in tmp_path.glob("*.tar")} == {
        "test-000000.tar", "train-000000.tar", "train-000001.tar",
    }  # fmt: skip


def test_landmarks_are_in_the_pixels_of_the_crops(films: Index, tmp_path: Path) -> None:
    prepare(films, tmp_path, SMALL)
    for about in abouts(tmp_path).values():
        wanted = ((TEMPLATE - 0.5) / 1.7 + 0.5) * 96
        assert np.abs(np.array(about["landmarks"]) - wanted).max() < 6


def test_a_crop_is_what_serving_would_cut(films: Index, tmp_path: Path) -> None:
    prepare(films, tmp_path, SMALL)
    face = FaceDetector(EXACT, min_face=60).detect([portrait()])[0][0]
    expected = align(portrait(), face.landmarks, size=96, margin=1.7).image
    name = next(name for name in contents(tmp_path) if name.startswith("0000001-00-000-00.0000"))
    crop = np.asarray(Image.open(io.BytesIO(contents(tmp_path)[name])))
    assert films.samples[1].path == "test/real/c.png"
    assert np.array_equal(crop, expected)


def test_features_are_taken_as_the_documents_say(
    films: Index, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(films, tmp_path / "crops" / "ff", SMALL, workers=1)
    page = (Path(__file__).parents[2] / "docs" / "python.md").read_text(encoding="utf-8")
    code = next(one for one in page.split("```") if "import tarfile" in one)
    monkeypatch.chdir(tmp_path)
    # Nothing but what the documents say is run, on a toy in the place of the model that ships.
    exec(code.removeprefix("python").replace('"xception-lstm"', repr(str(tiny_model))), {})
    with np.load(tmp_path / "features.npz") as found:
        assert found["features"].shape == (len(found["files"]), 8)
        assert set(found["files"]) == {"train/real/a.mp4", "train/real/frames"}
        assert np.isfinite(found["features"]).all()


def test_times_of_films_and_names_of_frames(films: Index, tmp_path: Path) -> None:
    prepare(films, tmp_path, SMALL)
    found = abouts(tmp_path)
    film_times = found["train/real/a.mp4"]["times_s"]
    assert film_times == sorted(film_times)
    assert found["train/real/frames"]["frames"] == ["2.png", "9.png"]
    assert found["train/real/frames"]["times_s"] is None
    assert (found["train/real/a.mp4"]["label"], found["train/real/a.mp4"]["split"]) == (0, "train")


def test_the_same_bytes_again_and_with_jpeg_others(films: Index, tmp_path: Path) -> None:
    prepare(films, tmp_path / "one", SMALL)
    prepare(films, tmp_path / "two", SMALL)
    assert tars(tmp_path / "one") == tars(tmp_path / "two")
    prepare(films, tmp_path / "jpeg", SMALL.model_copy(update={"format": "jpeg"}))
    assert any(name.endswith(".0000.jpg") for name in contents(tmp_path / "jpeg"))


def test_finished_shards_are_kept_and_one_cut_short_is_made_again(
    films: Index, tmp_path: Path
) -> None:
    prepare(films, tmp_path, SMALL)
    whole = tars(tmp_path)
    cut, lost = tmp_path / "train-000000.tar", tmp_path / "train-000001.json"
    cut.write_bytes(cut.read_bytes()[:-512])
    lost.unlink()
    account = prepare(films, tmp_path, SMALL)
    assert account.kept == 0  # a file of the third could not be read
    assert tars(tmp_path) == whole
    kept = (tmp_path / "train-000000.tar").stat()
    account = prepare(films, tmp_path, SMALL)
    assert account.kept == 2
    assert (tmp_path / "train-000000.tar").stat().st_mtime_ns == kept.st_mtime_ns
    assert account.faceless == ("train/fake/M/b.mp4",)  # also where its shard was kept


def test_a_sidecar_that_is_garbage_is_made_again(films: Index, tmp_path: Path) -> None:
    prepare(films, tmp_path, SMALL)
    (tmp_path / "train-000000.json").write_text("{")
    assert prepare(films, tmp_path, SMALL).kept == 1


def two_pictures(root: Path, shift: int = 0) -> Index:
    picture(root / "real/a.png", shift)
    picture(root / "fake/b.png", shift)
    return read(root)


@pytest.mark.parametrize("hashing", [False, True])
def test_a_repaired_file_is_tried_again(tmp_path: Path, hashing: bool) -> None:
    index = two_pictures(tmp_path / "set")
    (tmp_path / "set/real/a.png").write_bytes(b"nonsense")
    if hashing:
        index = replace(index, samples=tuple(hashed(index)))
    account = prepare(index, tmp_path / "out", SMALL)
    assert [fault.path for fault in account.failed] == ["real/a.png"]
    picture(tmp_path / "set/real/a.png")
    account = prepare(index, tmp_path / "out", SMALL)
    assert (account.kept, account.crops, account.failed) == (0, 2, ())
    assert prepare(index, tmp_path / "out", SMALL).kept == 1


@pytest.mark.parametrize("hashing", [False, True])
def test_other_files_of_the_same_names_do_not_mix_into_a_folder(
    tmp_path: Path, hashing: bool
) -> None:
    one, other = two_pictures(tmp_path / "one"), two_pictures(tmp_path / "two", shift=8)
    if hashing:
        one, other = (replace(index, samples=tuple(hashed(index))) for index in (one, other))
    prepare(one, tmp_path / "out", SMALL)
    before = tars(tmp_path / "out")
    with pytest.raises(
        DataError, match=r"all-000000\.tar was made of files that are not"
    ) as caught:
        prepare(other, tmp_path / "out", SMALL)
    assert tars(tmp_path / "out") == before
    (tmp_path / "out" / "all-000000.json").unlink()
    assert "all-000000.json to make that shard anew" in caught.value.hint
    assert prepare(other, tmp_path / "out", SMALL).kept == 0


def test_a_set_that_moved_goes_on(tmp_path: Path) -> None:
    index = two_pictures(tmp_path / "set")
    prepare(index, tmp_path / "out", SMALL)
    (tmp_path / "set").rename(tmp_path / "moved")
    with pytest.raises(DataError, match="is not there") as caught:
        prepare(index, tmp_path / "other", SMALL)
    assert "--root" in caught.value.hint
    assert not (tmp_path / "other").exists()
    assert prepare(replace(index, root=tmp_path / "moved"), tmp_path / "out", SMALL).kept == 1


def hashed(index: Index) -> list[Sample]:
    return hash_samples(index.root, index.samples, workers=1, progress=lambda _done, _all: None)


def test_other_options_do_not_mix_into_a_folder(films: Index, tmp_path: Path) -> None:
    prepare(films, tmp_path, SMALL)
    with pytest.raises(DataError, match="begun with --size 96, now 64"):
        prepare(films, tmp_path, SMALL.model_copy(update={"size": 64}))
    fewer = Index(films.root, films.layout, films.samples[:2])
    with pytest.raises(DataError, match="another index"):
        prepare(fewer, tmp_path, SMALL)


def test_a_folder_that_holds_another_plan(films: Index, tmp_path: Path) -> None:
    grow(tmp_path, "plan.json", content=b"[]")
    with pytest.raises(DataError, match="not the plan of a preparation"):
        prepare(films, tmp_path, SMALL)


def test_a_disk_that_fills_up_keeps_what_is_finished(
    films: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    addfile = tarfile.TarFile.addfile
    written: list[str] = []

    def filling(self: tarfile.TarFile, header: tarfile.TarInfo, stream: Any = None) -> None:
        written.append(header.name)
        if len(written) > 9:
            raise OSError(errno.ENOSPC, "No space left on device")
        addfile(self, header, stream)

    monkeypatch.setattr(tarfile.TarFile, "addfile", filling)
    with pytest.raises(DataError, match="the disk is full") as caught:
        prepare(films, tmp_path, SMALL)
    assert "run the same command again" in caught.value.hint
    finished = tars(tmp_path)
    assert 0 < len(finished) < 3
    assert not list(tmp_path.glob("*.partial"))
    monkeypatch.undo()
    assert prepare(films, tmp_path, SMALL).kept == len(finished)


def test_a_folder_that_cannot_be_made(films: Index, tmp_path: Path) -> None:
    grow(tmp_path, "file")
    with pytest.raises(DataError, match="cannot write"):
        prepare(films, tmp_path / "file" / "out", SMALL)


def test_only_one_run_in_a_folder(films: Index, tmp_path: Path) -> None:
    with holding(tmp_path / ".lock"), pytest.raises(DataError, match="another run is at work"):
        prepare(films, tmp_path, SMALL)


def test_an_unforeseen_error_costs_one_file(
    films: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unmask.datasets.prepare import working

    cut = working.cut_sample

    def odd(root: Path, sample: Sample, *others: Any) -> Any:
        if sample.path == "test/real/c.png":
            raise ValueError("odd")
        return cut(root, sample, *others)

    monkeypatch.setattr(working, "cut_sample", odd)
    account = prepare(films, tmp_path, SMALL)
    assert ("test/real/c.png", "internal") in [(one.path, one.code) for one in account.failed]
    assert account.crops == 6


def test_frames_inside_an_archive(tmp_path: Path) -> None:
    image = io.BytesIO()
    Image.fromarray(portrait()).save(image, "PNG")
    for quarter in ("real train", "fake train", "real test", "fake test"):
        archive = tmp_path / quarter / "1.tar.gz"
        archive.parent.mkdir()
        with tarfile.open(archive, "w:gz") as tar:
            header = tarfile.TarInfo("1/5/7.png")
            header.size = len(image.getvalue())
            tar.addfile(header, io.BytesIO(image.getvalue()))
    account = prepare(read(tmp_path), tmp_path / "out", SMALL)
    assert (account.crops, account.failed) == (4, ())


def test_a_damaged_archive_costs_its_own_samples(tmp_path: Path) -> None:
    for quarter in ("real train", "fake train", "real test", "fake test"):
        shard(tmp_path / quarter / "1.tar.gz", "1/5/7.png")
    index = read(tmp_path)
    (tmp_path / "real train/1.tar.gz").write_bytes(b"\x1f\x8b")
    account = prepare(index, tmp_path / "out", SMALL)
    assert (
        "cut short or damaged"
        in {one.path: one.message for one in account.failed}["real train/1.tar.gz::1/5"]
    )


def test_units_keep_archives_together_and_splits_apart() -> None:
    samples = tuple(
        Sample(f"{shard}.tar.gz::{at}", 0, split=split, kind="frames-folder")
        for split in ("train", "test")
        for shard in range(4)
        for at in range(3)
    )
    units = plan_units(Index(Path(), "x", samples), PrepareOptions(per_shard=3))
    assert len(units) == 8
    for unit in units:
        assert len({one.path.split("::")[0] for _, one in unit.samples}) == 1
        assert {one.split for _, one in unit.samples} == {unit.name.split("-")[0]}


def test_an_option_out_of_range_is_named() -> None:
    with pytest.raises(UsageError, match="--max-frames: "):
        PrepareOptions.of(max_frames=0)
    with pytest.raises(UsageError, match=r"^--step: .*; --timeout: "):
        PrepareOptions.of(step_s=100, timeout_s=-1)


def test_killed_in_the_middle_and_begun_again(tmp_path: Path) -> None:
    """Worker processes, SIGKILL to the one that asked, and the same shards in the end."""
    for at in range(12):
        picture(tmp_path / f"set/{'real' if at % 2 else 'fake'}/{at}.png", shift=at)
    index = read(tmp_path / "set")
    write_index(index, tmp_path / "index.parquet")
    options = SMALL.model_copy(update={"per_shard": 1})
    prepare(index, tmp_path / "expected", options)
    command = [
        sys.executable, "-c", UNMASK, "data", "prepare", str(tmp_path / "index.parquet"),
        "--out", str(tmp_path / "out"), "--workers", "2", "--per-shard", "1", "--size", "96",
        "--max-frames", "4", "--clips", "2", "--min-face", "60",
    ]  # fmt: skip
    with subprocess.Popen(command, start_new_session=True) as run:
        deadline = time.monotonic() + 30
        while not list((tmp_path / "out").glob("all-*.json")) and time.monotonic() < deadline:
            time.sleep(0.002)
        os.kill(run.pid, signal.SIGKILL)
    finished = list((tmp_path / "out").glob("all-*.json"))
    assert finished
    assert not (tmp_path / "out/summary.json").exists()
    for path in finished:
        assert Shard.model_validate_json(path.read_bytes()).samples == 1
    for _ in range(500):  # workers end by themselves when who asked is gone
        try:
            os.killpg(run.pid, 0)
        except ProcessLookupError:
            break
        time.sleep(0.01)
    else:
        pytest.fail("workers outlive the run that was killed")
    account = prepare(index, tmp_path / "out", options)
    assert account.kept >= len(finished)
    assert tars(tmp_path / "out") == tars(tmp_path / "expected")
