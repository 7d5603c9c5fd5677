"""``unmask train``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from claims import holding
from click.testing import CliRunner

from unmask.cli import exits, main

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
DEBUG = str(RECIPES / "debug.toml")
UNMASK = "import sys; from unmask.cli import main; sys.exit(main())"


def test_help_names_every_option() -> None:
    from unmask.cli.train import train

    text = CliRunner().invoke(train, ["--help"]).output
    for option in ("--data", "--work", "--out", "--init", "--resume / --fresh", "--device"):
        assert option in text


@pytest.mark.parametrize("name", ["debug-renderer", "debug-animator"])
def test_stopping_and_going_on(
    name: str, faces: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    work = tmp_path / "work"
    command = ["train", str(RECIPES / f"{name}.toml"), "--data", str(faces)]
    command += ["--work", str(work), "--device", "cpu", "--workers", "0"]
    assert main([*command, "--limit-steps", "2"]) == exits.INTERRUPTED
    assert "stopped and saved at step 2 of 6; the same command goes on" in capfd.readouterr().err
    assert main(command) == exits.DONE
    said = capfd.readouterr().err
    assert "at step 2 of 6" in said
    assert f"{name} 6/6: loss" in said
    assert "crops/s" in said
    assert (work / f"{name}.safetensors").is_file()
    assert not (work / f"{name}.ckpt").exists()
    assert main([*command, "--fresh", "--limit-steps", "1"]) == exits.INTERRUPTED
    assert not (work / f"{name}.safetensors").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["absent.toml", "--data", "."], "cannot read the recipe absent.toml"),
        ([str(RECIPES / "debug-renderer.toml"), "--data", ".", "--init", "scratch"], "--init"),
        ([DEBUG], "Missing option '--data'"),
        ([DEBUG, "--data", "nowhere"], "nowhere holds neither"),
        ([DEBUG, "--data", ".", "--device", "tpu"], "'tpu' is not one of"),
    ],
)
def test_wrong_use_is_said(
    arguments: list[str], words: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *arguments, "--work", str(tmp_path)]) == exits.USAGE
    assert words in capfd.readouterr().err


def test_what_cannot_be_written_is_said_before_anything_is_fitted(
    faces: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    command = ["train", DEBUG, "--data", str(faces), "--device", "cpu", "--workers", "0"]
    file, work = tmp_path / "file", tmp_path / "work"
    file.touch()
    assert main([*command, "--work", str(file)]) == exits.USAGE
    assert f"{file} cannot be the work folder: it is a file" in capfd.readouterr().err
    assert main([*command, "--work", str(file / "deeper")]) == exits.USAGE
    assert "cannot be the work folder: Not a directory" in capfd.readouterr().err
    assert main([*command, "--work", str(work), "--out", str(file)]) == exits.USAGE
    assert f"{file} is a file" in capfd.readouterr().err
    assert main([*command, "--work", str(work), "--out", str(faces)]) == exits.USAGE
    assert "which is no part of a model package" in capfd.readouterr().err
    assert not list(work.glob("[!.]*"))


@pytest.mark.parametrize(
    ("init", "words"),
    [
        ("nonsense", "--init nonsense: no such file"),
        ("imagenet", "ImageNet weights are asked for"),
        ("xception-lstm", "weights of other shapes"),
    ],
)
def test_a_start_that_does_not_fit_is_refused_before_anything_is_fitted(
    faces: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], init: str, words: str
) -> None:
    work = tmp_path / "work"
    command = ["train", DEBUG, "--data", str(faces), "--work", str(work), "--init", init]
    assert main([*command, "--device", "cpu", "--workers", "0"]) == exits.USAGE
    assert words in capfd.readouterr().err
    assert not list(work.glob("[!.]*"))


def test_two_of_one_recipe_do_not_write_into_one_folder(
    faces: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The first is held by another process, for the system lets a process in twice."""
    work = tmp_path / "work"
    work.mkdir()
    kept = work / "debug-renderer.safetensors"
    kept.touch()
    renderer = str(RECIPES / "debug-renderer.toml")
    with holding(work / ".debug-renderer.lock"):
        command = ["train", renderer, "--data", str(faces), "--work", str(work), "--fresh"]
        assert main([*command, "--device", "cpu"]) == exits.USAGE
    said = capfd.readouterr().err
    assert f"another run is at work in {work}" in said
    assert "wait until debug-renderer is made there, or choose another --work" in said
    assert kept.exists()  # not even --fresh takes it from under the other
    with holding(work / ".debug-1-5.lock"):
        command = ["train", DEBUG, "--data", str(faces), "--work", str(work), "--device", "cpu"]
        assert main(command) == exits.USAGE
        other = ["train", renderer, "--data", str(faces), "--work", str(work), "--fresh"]
        assert main([*other, "--device", "cpu"]) == exits.DONE  # side by side with others it may


def test_without_torch_the_extra_is_named() -> None:
    code = f"import sys; sys.modules['torch'] = None; {UNMASK}"
    done = subprocess.run(
        [sys.executable, "-c", code, "train", DEBUG, "--data", "."],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == exits.USAGE
    assert 'pip install "unmask[train]"' in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_two_processes_fit_together(faces: Path, tmp_path: Path) -> None:
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    script = tmp_path / "fit.py"
    script.write_text(UNMASK)
    command = ["train", DEBUG, "--data", str(faces), "--work", str(tmp_path / "work")]
    done = subprocess.run(
        [*launch, str(script), *command, "--device", "cpu", "--workers", "0"],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Starting with 2 processes" in done.stderr
    assert done.stderr.count("frames 60/60") == 1  # one does the talking
    assert (tmp_path / "work" / "debug-1" / "model.json").is_file()
