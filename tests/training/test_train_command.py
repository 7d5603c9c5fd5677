"""``unmask train``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
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


def test_without_torch_the_extra_is_named() -> None:
    code = f"import sys; sys.modules['torch'] = None; {UNMASK}"
    done = subprocess.run(
        [sys.executable, "-c", code, "train", DEBUG, "--data", "."],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == exits.USAGE
    assert "pip install 'unmask[train]'" in done.stderr
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
