"""Labelled files listed in a CSV."""

from __future__ import annotations

from pathlib import Path

import pytest
from faces_on_disk import picture

from unmask.cli import main
from unmask.core.errors import DataError
from unmask.datasets import LoadOptions, write_index
from unmask.datasets.listing import index_list
from unmask.datasets.reaching import open_index


def listed(folder: Path, text: str, *files: str, inside: str = "dev") -> Path:
    for name in files:
        place = folder / inside / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"x")
    path = folder / "dev.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_columns_become_what_they_say(tmp_path: Path) -> None:
    text = (
        "\ufefffile,label,kind,method,family,source,identity,split,licence\n"
        "b.mp4,1,video,Wav2Lip,lipsync,s1,p1;p2,test,CC0\n"
        "sub\\a.png,real,image,Camera,none,s1,,Test,\n"
    )
    index = index_list(listed(tmp_path, text, "b.mp4", "sub/a.png"))
    fake, real = index.samples
    assert (index.layout, index.root) == ("list", (tmp_path / "dev").resolve())
    assert (fake.path, fake.label, fake.method, fake.split) == ("b.mp4", 1, "Wav2Lip", "test")
    assert (fake.source, fake.identities, fake.kind) == ("s1", ("p1", "p2"), "video")
    assert fake.attributes == {"method": "Wav2Lip", "family": "lipsync", "licence": "CC0"}
    assert (real.path, real.label, real.method, real.split) == ("sub/a.png", 0, "", "test")
    assert (real.kind, real.attributes["method"]) == ("image", "Camera")


def test_files_may_lie_beside_the_list_or_elsewhere(tmp_path: Path) -> None:
    path = listed(tmp_path, "path,label\na.mp4,0\n", "a.mp4", inside=".")
    assert index_list(path).root == tmp_path.resolve()
    (tmp_path / "moved").mkdir()
    (tmp_path / "a.mp4").rename(tmp_path / "moved" / "a.mp4")
    assert index_list(path, root=tmp_path / "moved").samples[0].path == "a.mp4"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no columns file and label"),
        ("name,label\na,1\n", "no columns file and label"),
        ("file,label\na.mp4,2\n", "line 2: '2' is no label"),
        ("file,label\na.mp4\n", "line 2: 1 cells where the head has 2"),
        ("file,label,split\na.mp4,1,tset\n", "line 2: 'tset' is no split"),
        ("file,label\na.mp4,1\na.mp4,0\n", "is 'real' by line 3 .* and 'manipulated' by line 2"),
        ("file,label,method\na.mp4,1,x\n./a.mp4,1,y\n", "line 3: a.mp4 has another method"),
        ("file,label,source\na.mp4,1,s\na.mp4,1,t\n", "line 3: a.mp4 has another source"),
        ("file,label\na.mp4,1\ngone.mp4,0\n", "lacks 1 of the 2 files that dev.csv lists, gone"),
        ("file,label\n", "dev.csv names no files"),
        ("file,cls\na.mp4,1\n", "no columns file and label: file, cls"),
        ("file,label,Label\na.mp4,1,0\n", "two columns Label in its first line"),
    ],
)
def test_bad_lists_are_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        index_list(listed(tmp_path, text, "a.mp4"))


def test_a_line_repeated_with_less_or_with_other_attributes_is_one_file(tmp_path: Path) -> None:
    text = "file,label,method,split,note\na.mp4,1,x,,first\na.mp4,1,x,test,second\n"
    (sample,) = index_list(listed(tmp_path, text, "a.mp4"))
    assert (sample.method, sample.split) == ("x", "test")


def test_other_separators_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no columns file and label: file;label") as caught:
        index_list(listed(tmp_path, "file;label\na.mp4;1\n", "a.mp4"))
    assert "commas keep columns apart" in caught.value.hint


def test_columns_without_a_name_say_nothing(tmp_path: Path) -> None:
    """Spreadsheets leave some at the end."""
    index = index_list(listed(tmp_path, "file,label,,\na.mp4,1,,\n", "a.mp4"))
    assert [(one.path, one.label) for one in index] == [("a.mp4", 1)]


def test_what_a_person_saved_is_not_to_be_downloaded_again(tmp_path: Path) -> None:
    path = listed(tmp_path, "file,label\na.mp4,1\ngone.mp4,0\n", "a.mp4")
    with pytest.raises(DataError) as caught:
        index_list(path)
    assert "--root" in caught.value.hint
    path.write_text("file,label\nä.mp4,1\n", encoding="latin-1")
    with pytest.raises(DataError, match="not UTF-8") as caught:
        index_list(path)
    assert "save it as UTF-8" in caught.value.hint


def test_a_list_in_part_is_allowed_when_asked_for(tmp_path: Path) -> None:
    path = listed(tmp_path, "file,label\na.mp4,1\ngone.mp4,0\n", "a.mp4")
    index = index_list(path, options=LoadOptions(partial=True))
    assert len(index) == 1
    assert "gone.mp4" in index.notes[0]


def test_an_index_a_list_and_a_folder_are_opened_alike(tmp_path: Path) -> None:
    picture(tmp_path / "set" / "real" / "a.png")
    picture(tmp_path / "set" / "fake" / "b.png")
    folder = open_index(tmp_path / "set")
    write_index(folder, tmp_path / "index.parquet")
    (tmp_path / "set.csv").write_text("file,label\nreal/a.png,0\nfake/b.png,1\n")
    parquet, listing = open_index(tmp_path / "index.parquet"), open_index(tmp_path / "set.csv")
    labels = [(one.path, one.label) for one in folder]
    assert labels == [(one.path, one.label) for one in parquet]
    assert labels == [(one.path, one.label) for one in listing]
    with pytest.raises(DataError, match="--root has no meaning"):
        open_index(tmp_path / "set", root=tmp_path)
    with pytest.raises(DataError, match=r"no index at .*absent\.parquet"):
        open_index(tmp_path / "absent.parquet")


def test_a_folder_that_needs_options_is_to_be_indexed_first(tmp_path: Path) -> None:
    for kind in ("real", "fake"):
        for at in range(3):
            picture(tmp_path / kind / "m" / f"{at}.png")
    with pytest.raises(DataError, match="Two readings are possible") as caught:
        open_index(tmp_path)
    assert "'unmask data index'" in caught.value.hint
    assert "--pictures" in caught.value.hint


def test_whole_paths_are_those_of_files_in_the_folder(tmp_path: Path) -> None:
    places = [tmp_path / "dev" / "a.mp4", tmp_path / "dev" / "sub" / "b.mp4"]
    text = f"file,label\n{places[0]},1\n{places[1]},0\n"
    path = listed(tmp_path, text, "a.mp4", "sub/b.mp4")
    assert [sample.path for sample in index_list(path)] == ["a.mp4", "sub/b.mp4"]
    (tmp_path / "else").mkdir()
    with pytest.raises(DataError, match=r"line 2: .*a\.mp4 does not lie in .*else") as caught:
        index_list(path, root=tmp_path / "else")
    assert "--root" in caught.value.hint
    assert len(index_list(path, root=Path("/"))) == 2


def test_numbers_as_tables_write_them_are_labels_and_the_rest_is_to_be_corrected(
    tmp_path: Path,
) -> None:
    path = listed(tmp_path, "file,label\na.mp4,1.0\nb.mp4,0.0\n", "a.mp4", "b.mp4")
    assert [sample.label for sample in index_list(path)] == [1, 0]
    path.write_text("file,label\na.mp4,True\n")
    with pytest.raises(DataError, match="'True' is no label: 1 is manipulated") as caught:
        index_list(path)
    assert caught.value.hint == "correct that line"


def test_the_command_is_told_where_the_files_of_a_list_lie(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = listed(tmp_path, "file,label\na.mp4,1\nb.mp4,0\n", "a.mp4", "b.mp4", inside="far")
    command = ["data", "index", str(path), "--out", str(tmp_path / "i.parquet"), "--root"]
    assert main([*command, str(tmp_path / "far")]) == 0
    assert main(["data", "index", str(tmp_path / "far"), *command[3:], str(tmp_path)]) == 2
    assert "is no list, so --root has no meaning" in capsys.readouterr().err


def test_who_has_no_option_for_a_part_is_told_where_it_is(tmp_path: Path) -> None:
    path = listed(tmp_path, "file,label\na.mp4,1\nb.mp4,0\n", "a.mp4")
    with pytest.raises(DataError) as caught:
        open_index(path)
    assert "or index what is there with 'unmask data index --partial' and name" in caught.value.hint


def test_the_command_indexes_a_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = listed(tmp_path, "file,label,method\na.mp4,1,swap\nb.mp4,0,\n", "a.mp4", "b.mp4")
    assert main(["data", "index", str(path), "--out", str(tmp_path / "i.parquet")]) == 0
    assert "swap" in capsys.readouterr().out
    assert open_index(tmp_path / "i.parquet").layout == "list"
