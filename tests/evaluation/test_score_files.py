"""Files of scores: ours, half-written ones, and other people's."""

from __future__ import annotations

from pathlib import Path

import pytest

from unmask.core.errors import DataError
from unmask.datasets.sample import Sample
from unmask.evaluation.scores import ScoreLog, ScoreRow, has_scores, read_scores

SAMPLE = Sample("a,b/ü.mp4", 1, method="swap", split="val", source="s")
ROW = ScoreRow(
    SAMPLE.path,
    0.75,
    verdict="manipulated",
    faces=(0.75, 0.5),
    frames=(0.5, 0.25),
    clips=(1.0,),
    by="m",
    facts={"width": "640", "codec": "h264"},
)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_logged_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    failed = ScoreRow("b.mp4", None, error="damaged", by="m", condition="jpeg:3")
    with ScoreLog(path, by="m") as log:
        log.add(ROW, SAMPLE)
        log.add(failed, Sample("b.mp4", 0))
    assert read_scores(path) == [ROW, failed]
    with ScoreLog(path, by="m") as again:
        assert again.known(ROW.path) == ROW
        assert again.known("b.mp4") is None
        assert again.known("b.mp4", "jpeg:3") == failed
    assert has_scores(path)


def test_a_row_cut_short_is_dropped_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    with ScoreLog(path, by="m") as log:
        log.add(ROW, SAMPLE)
        log.add(ScoreRow("b.mp4", 0.5, by="m"), Sample("b.mp4", 0))
    whole = path.read_bytes()
    for cut in (1, 5, 20):
        path.write_bytes(whole[:-cut])
        with ScoreLog(path, by="m") as log:
            assert [row.path for row in log.rows()] == [ROW.path]
            log.add(ScoreRow("b.mp4", 0.5, by="m"), Sample("b.mp4", 0))
        assert path.read_bytes() == whole


def test_a_head_alone_or_half_of_it_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    for text in ("path,condition,sc", "path,condition,score\n", ""):
        write(path, text)
        with ScoreLog(path, by="m") as log:
            log.add(ROW, SAMPLE)
        assert read_scores(path) == [ROW]
        path.unlink()


def test_scores_of_another_model_are_not_mixed_in(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    with ScoreLog(path, by="one") as log:
        log.add(ScoreRow("b.mp4", 0.5, by="one"), Sample("b.mp4", 0))
    with pytest.raises(DataError, match="of one, not of two") as caught:
        ScoreLog(path, by="two")
    assert "--fresh" in caught.value.hint
    with ScoreLog(path, by="two", fresh=True) as log:
        assert log.rows() == []


def test_other_peoples_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", "Video,Prob,remark\na.mp4,0.25,x\nb.mp4,,y\nc.mp4,-3,z\n")
    rows = read_scores(path)
    assert [(row.path, row.score, row.error) for row in rows] == [
        ("a.mp4", 0.25, ""), ("b.mp4", None, "no-score"), ("c.mp4", -3.0, ""),
    ]  # fmt: skip


def test_rows_of_frames_become_a_mean_a_file(tmp_path: Path) -> None:
    text = "path,frame,score\na,0,0.2\na,1,0.4\nb,0,0.9\na,2,\n"
    rows = read_scores(write(tmp_path / "x.csv", text))
    assert [(row.path, row.score, row.frames) for row in rows] == [
        ("a", pytest.approx(0.3), (0.2, 0.4)), ("b", 0.9, (0.9,)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("path,label\na,1\n", "no column score or prob"),
        ("score\n0.5\n", "no column path or file"),
        ("path,score\na,high\n", "line 2: 'high' is no score"),
        ("path,score\na,nan\n", "line 2: 'nan' is no score"),
        ("path,score\na,inf\n", "'inf' is no score"),
        ("path,score\na,0.1\na,0.2\n", "line 3: a is scored twice"),
        ("path,score\na\n", "line 2: 1 cells where the head has 2"),
        ('path,score\n"a,0.1\n', "is not CSV"),
    ],
)
def test_bad_files_are_refused_by_line(tmp_path: Path, text: str, says: str) -> None:
    path = write(tmp_path / "x.csv", text)
    with pytest.raises(DataError, match=says) as caught:
        read_scores(path)
    assert "x.csv" in caught.value.message


def test_a_list_or_an_index_is_no_file_of_scores(tmp_path: Path) -> None:
    assert not has_scores(write(tmp_path / "l.csv", "file,label\na,1\n"))
    assert not has_scores(write(tmp_path / "e.csv", ""))
    assert not has_scores(tmp_path)
    assert not has_scores(tmp_path / "absent.csv")
