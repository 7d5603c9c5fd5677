"""Which scores belong to which files, which files are taken, and how they are grouped."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from made_up import case

from unmask.core.errors import DataError
from unmask.datasets.index import Index
from unmask.datasets.sample import Sample
from unmask.evaluation.cases import join
from unmask.evaluation.curves import Ranking, area
from unmask.evaluation.figures import Drawing
from unmask.evaluation.grouping import attribute, grouped
from unmask.evaluation.scores import ScoreRow
from unmask.evaluation.selecting import cases_of_file, for_calibration, index_of_scores, select

ROOT = Path("/data")
SAMPLES = [Sample("real/a.mp4", 0), Sample("fake/b.mp4", 1), Sample("fake/c.mp4", 1)]


@pytest.mark.parametrize("pattern", ["{}", "./{}", "/data/{}"])
def test_by_path(pattern: str) -> None:
    rows = [ScoreRow(pattern.format(s.path), at / 10) for at, s in enumerate(SAMPLES[:2])]
    found = join(SAMPLES, rows, ROOT)
    assert [one.row.score for one in found] == [0.0, 0.1, None]
    assert found[2].row.error == "not-in-scores"


@pytest.mark.parametrize("names", [["a.mp4", "b.mp4"], ["a", "b"], ["x/a.avi", "b.mp4.png"]])
def test_by_name_where_no_path_fits(names: list[str]) -> None:
    found = join(SAMPLES, [ScoreRow(name, 0.5) for name in names], ROOT)
    expected = [0.5, None, None] if "x/" in names[0] else [0.5, 0.5, None]
    assert [one.row.score for one in found] == expected


def test_by_the_end_of_paths_of_another_machine() -> None:
    """Names repeat in many sets, such as FaceForensics++; what lies above them says which is it."""
    samples = [Sample("m1/v/000.mp4", 1), Sample("m2/v/000.mp4", 1), Sample("v/000.mp4", 0)]
    rows = [ScoreRow(f"/scratch/ff/{s.path}", at / 10) for at, s in enumerate(samples)]
    rows.append(ScoreRow("/scratch/ff/m3/000.mp4", 0.9))
    assert [one.row.score for one in join(samples, rows, ROOT)] == [0.0, 0.1, 0.2]
    rows.append(ScoreRow("/other/m1/v/000.mp4", 0.9))
    with pytest.raises(DataError, match=r"'m1/v/000\.mp4' fits /scratch/.* and /other/"):
        join(samples, rows, ROOT)


def test_each_file_by_its_path_or_by_the_end_of_one() -> None:
    """Whoever scores in two places has both kinds of paths in one file."""
    rows = [ScoreRow("real/a.mp4", 0.1), ScoreRow("/scratch/set/fake/b.mp4", 0.2)]
    assert [one.row.score for one in join(SAMPLES, rows, ROOT)] == [0.1, 0.2, None]
    nested = [Sample("m1/v/000.mp4", 1), Sample("v/000.mp4", 0)]
    rows = [ScoreRow("m1/v/000.mp4", 0.9)]  # ends as the other's path does
    assert [one.row.score for one in join(nested, rows, ROOT)] == [0.9, None]


def test_a_file_scored_under_both_its_paths_is_refused() -> None:
    rows = [ScoreRow("real/a.mp4", 0.1), ScoreRow("/data/real/a.mp4", 0.9)]
    with pytest.raises(DataError, match=r"fits real/a\.mp4 and /data/real/a\.mp4"):
        join(SAMPLES, rows, ROOT)


def test_a_name_that_fits_two_files_is_refused() -> None:
    samples = [Sample("m1/000.mp4", 1), Sample("m2/000.mp4", 1)]
    with pytest.raises(DataError, match=r"'000\.mp4' fits m1/000\.mp4 and m2/000\.mp4"):
        join(samples, [ScoreRow("000.mp4", 0.5)], ROOT)
    with pytest.raises(DataError, match="fits x/1 and y/1"):
        join([Sample("z/1", 1)], [ScoreRow("x/1", 0.5), ScoreRow("y/1", 0.5)], ROOT)


def test_nothing_in_common_is_refused() -> None:
    with pytest.raises(DataError, match="none of the 1 files with a score is among the 3"):
        join(SAMPLES, [ScoreRow("other.mp4", 0.5)], ROOT)


def test_by_the_end_of_paths_of_an_index_that_was_joined_since() -> None:
    samples = [Sample("ff/m1/000.mp4", 1), Sample("ff/m2/000.mp4", 1), Sample("df/m/000.mp4", 1)]
    rows = [ScoreRow("m1/000.mp4", 0.1), ScoreRow("m2/000.mp4", 0.2)]
    assert [one.row.score for one in join(samples, rows, ROOT)] == [0.1, 0.2, None]
    samples.append(Sample("other/m1/000.mp4", 0))
    with pytest.raises(DataError, match=r"'m1/000\.mp4' fits ff/m1/000\.mp4 and other/m1/000"):
        join(samples, rows, ROOT)


def test_rows_of_frames_are_told_how_to_be_written() -> None:
    samples = [Sample("c23/frames/000", 0, kind="frames-folder"), Sample("x/000_003", 1)]
    rows = [ScoreRow(f"/data/rgb/{place}/{at}.png", 0.5) for place in ("000", "000_003")
            for at in (0, 5)]  # fmt: skip
    with pytest.raises(DataError) as caught:
        join(samples, rows, ROOT)
    assert "a column 'frame'" in caught.value.hint
    with pytest.raises(DataError) as caught:
        join(samples, [*rows, ScoreRow("elsewhere/0.png", 0.5)], ROOT)
    assert "those of the index" in caught.value.hint


def test_scores_with_labels_turned_round_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "turned.csv"
    path.write_text("path,label,score\nreal/a.mp4,1,0.1\nfake/b.mp4,1,0.9\n")
    with pytest.raises(DataError, match=r"labels 1 of 2 files otherwise.*real/a\.mp4 first"):
        cases_of_file(path, SAMPLES, ROOT)


@pytest.mark.parametrize("pattern", ["./{}", "/data/{}", "else/{}"])
def test_labels_are_compared_however_files_are_matched(tmp_path: Path, pattern: str) -> None:
    path = tmp_path / "turned.csv"
    names = [pattern.format(name) for name in ("real/a.mp4", "fake/b.mp4")]
    path.write_text(f"path,label,score\n{names[0]},1,0.1\n{names[1]},0,0.9\n")
    with pytest.raises(DataError, match=r"labels 2 of 2 files otherwise.*real/a\.mp4 first"):
        cases_of_file(path, SAMPLES, ROOT)
    path.write_text(f"path,label,score\n{names[0]},0,0.1\n{names[1]},1,0.9\n")
    assert cases_of_file(path, SAMPLES, ROOT)[1].row.score == 0.9


def test_a_label_that_is_none_is_refused_and_none_at_all_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("path,label,score\nreal/a.mp4,2,0.1\n")
    with pytest.raises(DataError, match="line 2: '2' is no label"):
        cases_of_file(path, SAMPLES, ROOT)
    path.write_text("path,score\nreal/a.mp4,0.1\n")
    assert cases_of_file(path, SAMPLES, ROOT)[0].row.score == 0.1


def test_labelled_scores_are_their_own_index(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("path,score,label,method,group\na,0.1,real,,x\nb,0.9,1,swap,y\n")
    first, second = index_of_scores(path)
    assert (first.label, first.method, first.attributes["group"]) == (0, "", "x")
    assert (second.label, second.method) == (1, "swap")
    path.write_text("path,score\na,0.1\n")
    with pytest.raises(DataError, match="has no labels, and no index was named"):
        index_of_scores(path)
    path.write_text("path,frame,score,label\na,0,0.1,0\na,1,0.1,1\n")
    with pytest.raises(DataError, match="line 3: a has another label than before"):
        index_of_scores(path)


@pytest.mark.parametrize("apart", [";", "\t"])
def test_columns_that_no_comma_keeps_apart(tmp_path: Path, apart: str) -> None:
    path = tmp_path / "s.csv"
    path.write_text(apart.join(("path", "score", "label")) + "\n")
    with pytest.raises(DataError, match="has no column path, file,") as caught:
        index_of_scores(path)
    assert "commas keep columns apart" in caught.value.hint


def indexed(*splits: str) -> Index:
    samples = tuple(Sample(f"{at}.mp4", 0, split=split) for at, split in enumerate(splits))
    return Index(ROOT, "folders", samples)


def test_the_test_split_is_taken_where_there_is_one() -> None:
    index = indexed("train", "test", "val", "test")
    assert [one.path for one in select(index)[0]] == ["1.mp4", "3.mp4"]
    assert select(index)[1] == "test"
    assert len(select(index, "all")[0]) == 4
    assert select(indexed("", ""))[1] == ""
    with pytest.raises(DataError, match=r"no files in the split 'test', only in: train \(1\)"):
        select(indexed("train"))


def test_only_validation_files_calibrate() -> None:
    samples, split = for_calibration(indexed("train", "val", "test", ""), ROOT)
    assert ([one.path for one in samples], split) == (["1.mp4"], "val")
    assert for_calibration(indexed("", ""), ROOT)[1] == ""
    for splits in (["test"], ["test", "train"], ["test", ""]):
        with pytest.raises(DataError, match="no validation split to calibrate on"):
            for_calibration(indexed(*splits), ROOT)


def test_groups_are_the_first_thing_known_of_all_and_shared_by_some() -> None:
    cases = [case(at % 2, 0.5, name=str(at), source=f"s{at // 2}") for at in range(6)]
    found, by = grouped(cases)
    assert by == "source"
    assert [one.group for one in found] == ["s0", "s0", "s1", "s1", "s2", "s2"]
    each = [case(at % 2, 0.5, name=str(at), source=f"s{at}") for at in range(6)]
    assert grouped(each)[1] == "file"
    people = [case(at // 4, 0.5, name=str(at), identities=(f"p{at % 2}",)) for at in range(8)]
    assert grouped(people)[1] == "identity"
    partly = [*people, case(1, 0.5, name="x")]
    assert grouped(partly)[1] == "file"
    assert [one.group for one in grouped(partly, "identity")[0]][-1] == "file x"


def test_people_come_before_their_recordings() -> None:
    """Who is filmed often does not feign certainty: two recordings of one person are alike."""
    cases = [
        case(at % 2, 0.5, name=str(at), source=f"s{at // 2}", identities=(f"p{at // 8}",))
        for at in range(24)
    ]
    found, by = grouped(cases)
    assert by == "identity"
    assert len({one.group for one in found}) == 3
    alone = [case(at % 2, 0.5, name=f"x{at}", source=f"y{at // 2}") for at in range(4)]
    found, by = grouped([*cases, *alone])  # as of Celeb-DF, whose second half names nobody
    assert by == "identity"
    assert [one.group for one in found[-4:]] == ["recording y0"] * 2 + ["recording y1"] * 2
    one_each = [case(label, 0.5, name=f"{label}{at}", source=f"{label}{at // 2}",
                     identities=(f"p{label}",)) for label in (0, 1) for at in range(4)]  # fmt: skip
    assert grouped(one_each)[1] == "source"


def test_a_recording_stays_whole_whoever_its_fakes_name_first() -> None:
    real = case(0, 0.5, name="r", source="s", identities=("anna",))
    fake = case(1, 0.5, name="f", source="s", identities=("bob", "anna"))
    nameless = case(1, 0.5, name="n", source="s")
    bob = case(0, 0.5, name="b", source="t", identities=("bob",))
    found, _ = grouped([fake, nameless, bob, real], "identity")
    assert [one.group for one in found] == ["anna", "anna", "bob", "anna"]


def test_intervals_over_people_hold_what_those_over_recordings_miss() -> None:
    rng = np.random.default_rng(0)
    places = [(p, s, label) for p in range(24) for s in range(6) for label in (0, 1)]
    labels = np.array([label for _, _, label in places])
    cases = [case(label, 0.5, name=f"{p}{s}{label}", source=f"{p}/{s}", identities=(f"p{p}",))
             for p, s, label in places]  # fmt: skip
    groups = {by: [c.group for c in grouped(cases, by)[0]] for by in ("source", "auto")}
    hits = dict.fromkeys(groups, 0)
    for _ in range(60):
        looks = rng.normal(0, 1, (24, 2))  # how each person looks to the detector, real and fake
        scores = [looks[p, label] + 1.2 * label + rng.normal(0, 0.5) for p, _, label in places]
        ranking = Ranking.of(np.array(scores), labels)
        for by, names in groups.items():
            auc = Drawing(200).measure({"auc": partial(area, ranking)}, names, labels)["auc"]
            hits[by] += auc.low <= 0.7761 <= auc.high  # Φ(1.2 / √2.5)
    assert hits["auto"] >= 50
    assert hits["source"] < hits["auto"] - 10


def test_an_attribute_nobody_has_is_refused_by_name() -> None:
    cases = [case(0, 0.5, attributes={"race": "A"})]
    with pytest.raises(DataError, match="--groups gender: no file of the index has it") as caught:
        grouped(cases, "gender")
    assert "race" in caught.value.hint
    assert attribute(cases[0].sample, "race") == "A"


def test_what_there_is_instead_is_said_once_and_only_what_there_is() -> None:
    listed = {"method": "camera", "race": "A"}
    with pytest.raises(DataError) as caught:
        grouped([case(0, 0.5, attributes=listed), case(1, 0.5, method="swap")], "family")
    assert caught.value.hint == "there are: method, race, file"
