"""Files of scores: ours, half-written ones, and other people's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from unmask.core.errors import DataError
from unmask.datasets.sample import Sample
from unmask.evaluation.grouping import attribute
from unmask.evaluation.score_log import ScoreLog
from unmask.evaluation.scores import ScoreRow, has_scores, read_scores
from unmask.evaluation.selecting import index_of_scores

SAMPLE = Sample("a,b/ü.mp4", 1, method="swap", split="val", source="s")
ROW = ScoreRow(
    SAMPLE.path,
    0.75,
    verdict="manipulated",
    faces=(0.75, 0.5),
    frames=(0.5, 0.25),
    clips=(1.0,),
    by="m",
    file_state="9-1",
    facts={"width": "640", "codec": "h264"},
)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_logged_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    failed = replace(ROW, path="b.mp4", score=None, error="damaged", condition="jpeg:3")
    with ScoreLog(path, by="m") as log:
        log.add(ROW, SAMPLE)
        log.add(failed, Sample("b.mp4", 0))
    assert read_scores(path) == [ROW, failed]
    with ScoreLog(path, by="m") as again:
        assert again.known(ROW.path, "", "9-1") == ROW
        assert again.known(ROW.path, "", "9-2") is None
        assert again.known("b.mp4", "", "9-1") is None
        assert again.known("b.mp4", "jpeg:3", "9-1") == failed
    assert has_scores(path)


def test_a_column_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    """Else the cells behind it would be read as those of the column before."""
    path = write(tmp_path / "theirs.csv", "file,score,Score,label\na.mp4,0.1,0.9,1\n")
    for read in (read_scores, index_of_scores):
        with pytest.raises(DataError, match="two columns Score"):
            read(path)
    write(path, "file,,score,label,\na.mp4,7,0.1,1,\n")
    assert read_scores(path)[0].score == 0.1
    assert [(one.path, one.label) for one in index_of_scores(path)] == [("a.mp4", 1)]


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


def logged(path: Path, *rows: ScoreRow) -> None:
    with ScoreLog(path, by="m") as log:
        for row in rows:
            log.add(row, replace(SAMPLE, path=row.path))


def test_rows_of_files_that_have_changed_are_taken_out(tmp_path: Path) -> None:
    path, other = tmp_path / "scores.csv", replace(ROW, path="other.mp4")
    logged(path, ROW, replace(ROW, condition="jpeg:3"), other)
    with ScoreLog(path, by="m") as log:
        log.settle([SAMPLE], {SAMPLE.path: "9-2"})
        assert log.rows() == read_scores(path) == [other]
        log.add(replace(ROW, file_state="9-2"), SAMPLE)
    assert read_scores(path) == [other, replace(ROW, file_state="9-2")]


@pytest.mark.parametrize("error", ["not-found", "not-readable", "internal:ValueError"])
def test_failures_that_may_have_passed_are_not_for_ever(tmp_path: Path, error: str) -> None:
    path = tmp_path / "scores.csv"
    logged(path, replace(ROW, score=None, error=error))
    with ScoreLog(path, by="m") as log:
        assert log.known(ROW.path, "", ROW.file_state) is None
        log.settle([SAMPLE], {SAMPLE.path: ROW.file_state})
        log.add(ROW, SAMPLE)
    assert read_scores(path) == [ROW]
    logged(tmp_path / "late.csv", replace(ROW, score=None, error="timeout"))
    with ScoreLog(tmp_path / "late.csv", by="m") as log:
        assert log.known(ROW.path, "", ROW.file_state) is not None


def test_a_file_that_is_absent_now_keeps_its_row(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    logged(path, ROW)
    with ScoreLog(path, by="m") as log:
        log.settle([SAMPLE], {SAMPLE.path: ""})
        assert log.known(ROW.path, "", "") is None
        log.add(ScoreRow(ROW.path, None, error="not-found", by="m"), SAMPLE)
    assert read_scores(path) == [ROW]


def test_what_the_index_says_now_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    logged(path, ROW)
    before = path.read_bytes()
    with ScoreLog(path, by="m") as log:
        log.settle([SAMPLE], {SAMPLE.path: ROW.file_state})
    assert path.read_bytes() == before
    with ScoreLog(path, by="m") as log:
        log.settle([replace(SAMPLE, label=0, method="")], {SAMPLE.path: ROW.file_state})
    assert read_scores(path) == [ROW]
    (sample,) = index_of_scores(path)
    assert (sample.label, sample.source) == (0, "s")


def test_what_groups_files_is_kept_beside_the_scores(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    fake = replace(
        SAMPLE, identities=("ff:1", "ff:2"), dataset="ff", compression="c23",
        attributes={"family": "swap, old", "method": "swap", "frames": '["1.png"]'},
    )  # fmt: skip
    real = Sample("r.mp4", 0, dataset="ff", attributes={"method": "camera 1", "race": "A"})
    with ScoreLog(path, by="m") as log:
        log.add(ROW, fake)
        log.add(replace(ROW, path="r.mp4"), real)
    of_fake, of_real = index_of_scores(path)
    for name in ("source", "identity", "dataset", "compression", "method", "family", "race"):
        assert attribute(of_fake, name) == attribute(fake, name)
        assert attribute(of_real, name) == attribute(real, name)
    assert (of_fake.identities, of_real.method) == (fake.identities, "")
    assert "frames" not in of_fake.attributes


def test_a_column_called_attributes_may_be_anything_elsewhere(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", "path,score,label,attributes\na,0.1,0,old\nb,0.2,1,[3]\n")
    assert [sample.attributes for sample in index_of_scores(path)] == [
        {"attributes": "old"}, {"attributes": "[3]"},
    ]  # fmt: skip


def test_columns_of_an_older_version_are_brought_up_to_date(tmp_path: Path) -> None:
    path = write(tmp_path / "scores.csv", "path,condition,score,by,label\na,,0.5,m,1\n")
    with ScoreLog(path, by="m") as log:
        assert log.known("a", "", "9-1") is None  # of which file, it cannot say
        log.add(ROW, SAMPLE)
    assert [row.path for row in read_scores(path)] == ["a", ROW.path]
    assert [sample.label for sample in index_of_scores(path)] == [1, 1]


def test_the_same_row_twice_is_one(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", "path,score\na,0.1\na,0.1\n")
    assert [(row.path, row.score) for row in read_scores(path)] == [("a", 0.1)]


def test_scores_of_another_model_are_not_mixed_in(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    with ScoreLog(path, by="one") as log:
        log.add(ScoreRow("b.mp4", 0.5, by="one"), Sample("b.mp4", 0))
    with pytest.raises(DataError, match="of one, not of two") as caught:
        ScoreLog(path, by="two")
    assert "--fresh" in caught.value.hint
    with ScoreLog(path, by="two", fresh=True) as log:
        assert log.rows() == []


def test_scores_of_frames_are_not_mixed_in_either(tmp_path: Path) -> None:
    path = write(tmp_path / "scores.csv", "path,frame,score\na,0,0.2\na,1,0.4\n")
    with pytest.raises(DataError, match=r"holds scores of another detector, not of two"):
        ScoreLog(path, by="two")


def test_other_peoples_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", "Video,Prob,remark\na.mp4,0.25,x\nb.mp4,,y\nc.mp4,-3,z\n")
    rows = read_scores(path)
    assert [(row.path, row.score, row.error) for row in rows] == [
        ("a.mp4", 0.25, ""), ("b.mp4", None, "no-score"), ("c.mp4", -3.0, ""),
    ]  # fmt: skip


def test_a_frame_counts_once(tmp_path: Path) -> None:
    path = write(tmp_path / "s.csv", "path,frame,score\na,0,0.2\na,1,0.4\na,0,0.2\nb,0,\n")
    a, b = read_scores(path)
    assert (a.frames, round(a.score or 0, 6)) == ((0.2, 0.4), 0.3)
    assert (b.score, b.error) == (None, "no-score")  # it is in the file, which says that of it
    write(path, "path,frame,score\na,0,0.2\na,0,0.9\n")
    twice = "line 3: frame 0 of a is scored twice; of several faces, .* of one name their paths"
    with pytest.raises(DataError, match=twice):
        read_scores(path)


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
        ("path,label\na,1\n", "no column score, prob, probability, prediction or logit"),
        ("score\n0.5\n", "no column path, file, filename, video, id or name"),
        ("path,score\na,high\n", "line 2: 'high' is no score"),
        ("path,score\na,nan\n", "line 2: 'nan' is no score"),
        ("path,score\na,inf\n", "'inf' is no score"),
        ("path,score\na,0.1\na,0.2\n", "line 3: a is scored twice"),
        ("path,score\nx/a,0.1\n./x/a,0.2\n", "line 3: ./x/a is scored twice"),
        ("path,score\nx/a,0.1\nx\\a,0.2\n", r"line 3: x\\a is scored twice"),
        ("path,frame,score\na,0,0.1\n./a,0,0.2\n", "line 3: frame 0 of a is scored twice"),
        ("path,score\na\n", "line 2: 1 cells where the head has 2"),
        ('path,score\n"a,0.1\n', "is not CSV"),
    ],
)
def test_bad_files_are_refused_by_line(tmp_path: Path, text: str, says: str) -> None:
    path = write(tmp_path / "x.csv", text)
    with pytest.raises(DataError, match=says) as caught:
        read_scores(path)
    assert "x.csv" in caught.value.message


def test_where_there_is_no_score_a_cell_is_empty(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_scores(write(tmp_path / "x.csv", "path,score\na,NaN\n"))
    assert "leave it empty" in caught.value.hint


def test_one_file_however_its_path_is_written(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", "path,label,score\nx/a,1,0.1\n./x/a,1,0.1\nx\\a,1,0.1\n")
    assert [(row.path, row.score) for row in read_scores(path)] == [("x/a", 0.1)]
    assert [(one.path, one.label) for one in index_of_scores(path)] == [("x/a", 1)]


def test_a_file_that_is_of_two_methods_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", "path,label,score,method\na,1,0.1,x\na,1,0.1,y\n")
    with pytest.raises(DataError, match="line 3: a has another method than before"):
        index_of_scores(path)


def test_a_list_or_an_index_is_no_file_of_scores(tmp_path: Path) -> None:
    assert not has_scores(write(tmp_path / "l.csv", "file,label\na,1\n"))
    assert not has_scores(write(tmp_path / "e.csv", ""))
    assert not has_scores(tmp_path)
    assert not has_scores(tmp_path / "absent.csv")


def test_columns_named_as_ours_mean_nothing_in_a_file_of_others(tmp_path: Path) -> None:
    """``frames`` may be how many there were, ``verdict`` any word, ``condition`` a compression."""
    head = "path,label,score,verdict,condition,faces,frames,clips,codec,fps"
    path = write(tmp_path / "x.csv", f"{head}\na.mp4,1,0.75,FAKE,c23,2,32,x,h264,30 fps\n")
    assert read_scores(path) == [ScoreRow("a.mp4", 0.75)]
    (sample,) = index_of_scores(path)
    assert attribute(sample, "codec") == "h264"
    assert attribute(sample, "condition") == "c23"


def test_logits_become_probabilities(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", "path,Logit\na,0\nb,2\nc,-2\nd,-800\ne,800\nf,\n")
    scores = [row.score for row in read_scores(path)]
    assert scores == [0.5, pytest.approx(0.880797), pytest.approx(0.119203), 0.0, 1.0, None]
    framed = write(tmp_path / "y.csv", "path,frame,logit\na,0,0\na,1,2\n")
    assert read_scores(framed)[0].frames == (0.5, pytest.approx(0.880797))
