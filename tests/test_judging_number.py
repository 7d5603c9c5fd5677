"""Whoever changes how files are judged is asked whether earlier results still stand."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))

import write_judging

from unmask.core.version import JUDGING

CODE = '''"""What it is for."""

LOW = 0.3  # a comment
"""And more of it."""


def judge(p):
    """Words."""
    return "a # b" if p < LOW else """text
    that counts"""
'''


def test_the_number_was_looked_at_since_the_code_that_judges_changed() -> None:
    """Where this fails: may the same file come to another result now, be it another score in the
    third digit? Then ``python tools/write_judging.py --raise``, and earlier results are not given
    again; else ``--same``. Neither by hand."""
    changed = write_judging.changed()
    assert not changed, (
        f"code that judges has changed ({', '.join(changed)}): run tools/write_judging.py with "
        "--raise where results may differ, with --same where none does"
    )
    assert write_judging.number() == JUDGING


def test_words_do_not_count_and_numbers_do() -> None:
    bare = write_judging.bare(CODE)
    assert "comment" not in bare
    assert "for." not in bare
    assert "more" not in bare
    assert "Words" not in bare
    reworded = CODE.replace("a comment", "another").replace("Words", "More\n    words")
    assert write_judging.bare(reworded) == bare
    assert write_judging.bare(CODE.replace("0.3", "0.31")) != bare
    assert write_judging.bare(CODE.replace("a # b", "a # c")) != bare
    assert write_judging.bare(CODE.replace("that counts", "that counted")) != bare


def test_everything_that_a_scan_goes_through_is_watched() -> None:
    """Rooms that an analysis imports and that are not watched only tell of it, and draw."""
    code = "import sys, unmask.pipeline.analyser; print(*sys.modules)"
    loaded = _python(code).split()
    rooms = {name.split(".")[1] for name in loaded if name.startswith("unmask.")}
    assert rooms <= {*write_judging.ROOMS, "core", "evidence", "assets"}


def test_a_threshold_that_moves_is_told_and_the_number_goes_up(tmp_path, monkeypatch) -> None:
    source = tmp_path / "unmask"
    (source / "core").mkdir(parents=True)
    version = source / "core" / "version.py"
    version.write_text("JUDGING = 7\n")
    for name in write_judging.BESIDE:
        (source / name).write_text("")
    (source / "verdict").mkdir()
    rule = source / "verdict" / "file.py"
    rule.write_text("LOW = 0.3\n")
    monkeypatch.setattr(write_judging, "SOURCE", source)
    monkeypatch.setattr(write_judging, "VERSION", version)
    monkeypatch.setattr(write_judging, "SEAL", tmp_path / "judging.json")
    write_judging.write()
    assert write_judging.changed() == []
    rule.write_text("LOW = 0.3  # why\n")
    assert write_judging.changed() == []
    rule.write_text("LOW = 0.31\n")
    assert write_judging.changed() == ["verdict/file.py"]
    _answers("--raise", monkeypatch)
    assert version.read_text() == "JUDGING = 8\n"
    assert write_judging.changed() == []
    (source / "verdict" / "new.py").write_text("HIGH = 0.9\n")
    assert write_judging.changed() == ["verdict/new.py"]
    _answers("--same", monkeypatch)
    assert write_judging.changed() == []
    version.write_text("JUDGING = 9\n")
    assert write_judging.changed() == [""]


def _answers(option: str, monkeypatch) -> None:
    monkeypatch.setattr(sys, "argv", ["write_judging.py", option])
    write_judging.main()


def _python(code: str) -> str:
    import subprocess

    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60
    ).stdout
