"""Every layout, with its traps."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import trees
from trees import by_path, grow, read, write, write_json

from unmask.core.errors import DataError
from unmask.datasets import Index


def labels(index: Index) -> dict[str, int]:
    return {sample.path: sample.label for sample in index}


def test_faceforensics_pairs_give_two_originals_and_two_fakes(tmp_path: Path) -> None:
    index = read(trees.faceforensics(tmp_path))
    assert index.layout == "faceforensics"
    counted = Counter((s.split, s.method, s.label, s.compression) for s in index)
    for split in ("train", "val", "test"):
        for level in ("c23", "c40"):
            assert counted[split, "", 0, level] == 2
            assert counted[split, "Deepfakes", 1, level] == 2
    assert len(index) == sum(counted.values()) == 36  # and the masks are no videos of the set
    fake = by_path(index)["manipulated_sequences/Deepfakes/c23/videos/071_054.mp4"]
    assert fake.identities == ("ff:071", "ff:054")
    assert fake.source == "ff:071"


def test_dfd_names_give_target_and_scene(tmp_path: Path) -> None:
    index = read(trees.dfd(tmp_path))
    assert index.layout == "dfd"
    fake = next(sample for sample in index if sample.label)
    real = next(sample for sample in index if sample.path.endswith("01__walking_outside.mp4"))
    assert fake.source == real.source == "dfd:01__walking_outside"
    assert fake.identities == ("dfd:01", "dfd:02")
    assert fake.attributes["real_faces_too"] == "yes"
    assert {sample.split for sample in index} == {""}


def test_dfd_inside_faceforensics_keeps_its_name(tmp_path: Path) -> None:
    trees.dfd(trees.faceforensics(tmp_path))
    counted = Counter(sample.dataset for sample in read(tmp_path))
    assert counted == {"faceforensics": 36, "dfd": 3}


def test_celebdf_lists_real_as_1(tmp_path: Path) -> None:
    index = read(trees.celebdf(tmp_path))
    assert index.layout == "celeb-df"
    assert labels(index) == {
        "Celeb-real/id0_0000.mp4": 0,
        "Celeb-real/id1_0003.mp4": 0,
        "YouTube-real/00170.mp4": 0,
        "Celeb-synthesis/id0_id1_0000.mp4": 1,
        "Celeb-synthesis/id1_id0_0003.mp4": 1,
    }
    assert {s.path for s in index if s.split == "test"} == {
        "Celeb-real/id1_0003.mp4",
        "YouTube-real/00170.mp4",
        "Celeb-synthesis/id1_id0_0003.mp4",
    }
    fake = by_path(index)["Celeb-synthesis/id0_id1_0000.mp4"]
    assert fake.source == by_path(index)["Celeb-real/id0_0000.mp4"].source
    assert fake.identities == ("celeb-df:id0", "celeb-df:id1")


def test_celebdf_copies_with_another_case_and_a_videos_folder(tmp_path: Path) -> None:
    grow(
        tmp_path,
        "Celeb-real/videos/id0_0000.mp4",
        "Youtube-real/videos/00170.mp4",
        "Celeb-synthesis/videos/id0_id1_0000.mp4",
    )
    write(tmp_path, "List_of_testing_videos.txt", "1 YouTube-real\\00170.mp4\n")
    assert [s.path for s in read(tmp_path) if s.split == "test"] == [
        "Youtube-real/videos/00170.mp4"
    ]


def test_celebdf_plus_methods(tmp_path: Path) -> None:
    fakes = ("FaceSwap/SimSwap/id0_id1_0000.mp4", "TalkingFace/SadTalker/id2_0001.mp4")
    grow(tmp_path, "Celeb-real/id0_0000.mp4", "YouTube-real/00000.mp4")
    grow(tmp_path, *(f"Celeb-synthesis/{fake}" for fake in fakes))
    write(tmp_path, "List_of_testing_videos.txt", f"0 Celeb-synthesis/{fakes[1]}")
    index = read(tmp_path)
    assert index.layout == "celeb-df++"
    talking = by_path(index)[f"Celeb-synthesis/{fakes[1]}"]
    assert (talking.method, talking.split) == ("SadTalker", "test")
    assert talking.attributes["category"] == "TalkingFace"
    assert by_path(index)[f"Celeb-synthesis/{fakes[0]}"].method == "SimSwap"


def test_dfdc_originals_and_polarities(tmp_path: Path) -> None:
    index = read(trees.dfdc(tmp_path))
    assert index.layout == "dfdc"
    samples = by_path(index)
    part = "dfdc_train_part_0"
    assert samples[f"{part}/fake1.mp4"].source == samples[f"{part}/real1.mp4"].source
    assert samples[f"{part}/fake1.mp4"].label == 1
    assert (samples["test/aaa.mp4"].label, samples["test/aaa.mp4"].split) == (1, "test")
    assert (samples["test/bbb.mp4"].label, samples["test/bbb.mp4"].split) == (0, "test")


def test_dfdc_videos_that_no_list_names_are_counted(tmp_path: Path) -> None:
    assert not read(trees.dfdc(tmp_path)).notes
    grow(tmp_path, "dfdc_train_part_0/z.mp4", "test/z.mp4", "elsewhere/z.mp4")
    (note,) = read(tmp_path).notes
    assert note.startswith("2 videos that no list names were left out, dfdc_train_part_0/z.mp4")


def test_one_compression_of_several(tmp_path: Path) -> None:
    root = trees.faceforensics(tmp_path)
    assert any("files are at c23 and c40" in note for note in read(root).notes)
    index = read(root, compression="c40")
    assert {sample.compression for sample in index} == {"c40"}
    assert len(index) == 18
    assert not index.notes
    with pytest.raises(DataError, match="holds nothing at the compression 'raw'"):
        read(root, compression="raw")


def test_dfdc_test_metadata_says_is_fake(tmp_path: Path) -> None:
    grow(tmp_path, "a.mp4", "b.mp4")
    stated = {"a.mp4": {"is_fake": 1, "split": "test"}, "b.mp4": {"is_fake": 0, "split": "test"}}
    write_json(tmp_path, "metadata.json", stated)
    assert labels(read(tmp_path)) == {"a.mp4": 1, "b.mp4": 0}


def test_dfdc_preview(tmp_path: Path) -> None:
    names = ("original_videos/10/10_A.mp4", "method_A/10/10_11.mp4", "method_B/12/x.mp4")
    grow(tmp_path, *names)
    real = {"label": "real", "set": "train"}
    fake = {"label": "fake", "set": "test", "target_id": 10, "swapped_id": 11}
    stated = {names[0]: real, names[1]: fake, names[2].replace("/", "\\"): fake}
    write_json(tmp_path, "dataset.json", stated)
    index = read(tmp_path)
    assert index.layout == "dfdc-preview"
    samples = by_path(index)
    assert samples[names[0]].identities == ("dfdcp:10",)
    assert samples[names[1]].identities == ("dfdcp:10", "dfdcp:11")
    assert (samples[names[2]].method, samples[names[2]].split) == ("method_B", "test")


def test_deeperforensics_real_class_is_elsewhere(tmp_path: Path) -> None:
    for variant in ("end_to_end", "end_to_end_level_1"):
        grow(tmp_path, f"manipulated_videos/{variant}/000_M101.mp4")
        grow(tmp_path, f"manipulated_videos/{variant}/001_W102.mp4")
    grow(tmp_path, "source_videos/M101/M101_neutral.mp4")
    for split, name in (("train", "000_M101.mp4"), ("val", "001_W102.mp4"), ("test", "")):
        write(tmp_path, f"lists/splits/{split}.txt", name)
    index = read(tmp_path)
    assert index.layout == "deeperforensics"
    assert {sample.label for sample in index} == {1}
    assert len(index) == 4
    assert any("source_videos" in note for note in index.notes)
    first = by_path(index)["manipulated_videos/end_to_end_level_1/000_M101.mp4"]
    assert (first.split, first.source) == ("train", "ff:000")
    assert first.attributes["variant"] == "end_to_end_level_1"


def test_uadfv_is_told_from_plain_folders(tmp_path: Path) -> None:
    index = read(grow(tmp_path, "real/0000.mp4", "fake/0000_fake.mp4"))
    assert index.layout == "uadfv"
    assert labels(index) == {"fake/0000_fake.mp4": 1, "real/0000.mp4": 0}
    assert len({sample.source for sample in index}) == 1


def test_wilddeepfake_shard_numbers_repeat(tmp_path: Path) -> None:
    index = read(trees.wilddeepfake(tmp_path))
    assert index.layout == "wilddeepfake"
    assert len(index) == len({sample.source for sample in index}) == 4
    fake = by_path(index)["fake test/1.tar.gz::1/fake/5"]
    assert (fake.label, fake.split, fake.kind) == (1, "test", "frames-folder")


def test_wilddeepfake_extracted_and_packed_side_by_side(tmp_path: Path) -> None:
    trees.wilddeepfake(tmp_path)
    grow(tmp_path, "real train/1/real/5/9.png", "real train/1/real/5/10.png")
    paths = {sample.path for sample in read(tmp_path)}
    assert "real train/1/real/5" in paths
    assert not any(path.startswith("real train/1.tar.gz") for path in paths)


def test_fakeavceleb_reads_the_tenth_column_and_minds_the_picture(tmp_path: Path) -> None:
    index = read(trees.fakeavceleb(tmp_path))
    assert index.layout == "fakeavceleb"
    kinds = {sample.path.split("/")[0]: sample for sample in index}
    assert {kind: sample.label for kind, sample in kinds.items()} == {
        "RealVideo-RealAudio": 0,
        "RealVideo-FakeAudio": 0,
        "FakeVideo-RealAudio": 1,
        "FakeVideo-FakeAudio": 1,
    }
    voice = kinds["RealVideo-FakeAudio"]
    assert (voice.method, voice.attributes["audio_method"]) == ("", "rtvc")
    both = kinds["FakeVideo-FakeAudio"]
    assert both.method == "faceswap-wav2lip"
    assert both.identities == ("voxceleb:id00076", "voxceleb:id00166")
    assert dict(both.attributes) == {"race": "African", "gender": "men", "audio": "fake"}
    assert len({sample.source for sample in index}) == 1
    assert "2 rows of meta_data.csv repeat another and were dropped" in index.notes


def test_df40_names_lead_to_the_sets_it_was_made_from(tmp_path: Path) -> None:
    grow(tmp_path, "simswap/ff/frames/000_003/0.png", "simswap/ff/masks/000_003/0.png")
    grow(tmp_path, "simswap/cdf/frames/id0_id1_0002/0.png")
    grow(tmp_path, "MidJourney/fake/a.png", "MidJourney/real/b.png", "heygen/real/x/1.png")
    index = read(tmp_path)
    assert index.layout == "df40"
    assert labels(index) == {
        "simswap/ff/frames/000_003": 1,
        "simswap/cdf/frames/id0_id1_0002": 1,
        "MidJourney/fake/a.png": 1,
        "MidJourney/real/b.png": 0,
        "heygen/real/x": 0,
    }
    samples = by_path(index)
    assert samples["simswap/ff/frames/000_003"].identities == ("ff:000", "ff:003")
    assert samples["simswap/cdf/frames/id0_id1_0002"].source == "celeb-df:id0_0002"
    assert samples["MidJourney/fake/a.png"].kind == "image"


def test_kodf_codes(tmp_path: Path) -> None:
    fakes = [f"synthesized/100_200_{code}_0001.mp4" for code in range(1, 6)]
    grow(tmp_path, *fakes, "original_videos/100/100_001.mp4")
    index = read(tmp_path)
    assert index.layout == "kodf"
    assert [by_path(index)[path].method for path in fakes] == [
        "dfl", "dffs", "fsgan", "fo", "audio",
    ]  # fmt: skip
    assert by_path(index)[fakes[0]].identities == ("kodf:100", "kodf:200")
    real = by_path(index)["original_videos/100/100_001.mp4"]
    assert (real.label, real.identities) == (0, ("kodf:100",))


def test_ffiw_source_is_real_and_target_fake(tmp_path: Path) -> None:
    for split in ("train", "val"):
        grow(tmp_path, *(f"{side}/{split}/7.mp4" for side in ("source", "target", "target_mask")))
    index = read(tmp_path)
    assert index.layout == "ffiw"
    assert labels(index) == {
        "source/train/7.mp4": 0,
        "source/val/7.mp4": 0,
        "target/train/7.mp4": 1,
        "target/val/7.mp4": 1,
    }
    samples = by_path(index)
    assert samples["target/val/7.mp4"].attributes["mask"] == "target_mask/val/7.mp4"
    assert samples["target/val/7.mp4"].source != samples["target/train/7.mp4"].source


def test_forgerynet_lists(tmp_path: Path) -> None:
    grow(tmp_path, "Training/image/a/1.jpg", "Training/image/b c/2.jpg")
    write(tmp_path, "Training/image_list.txt", "a/1.jpg 0 0 0\nb c/2.jpg 1 2 11\n")
    grow(tmp_path, "Validation/video/x.mp4", "Validation/video/y.mp4")
    lines = "2 x.mp4 0 30 0 30 12 1 1 1 1\n1 y.mp4 0 42 0 0 0 0\n"
    write(tmp_path, "Validation/video_list.txt", lines)
    index = read(tmp_path)
    assert index.layout == "forgerynet"
    samples = by_path(index)
    edited = samples["Training/image/b c/2.jpg"]
    assert (edited.label, edited.method, edited.split) == (1, "StyleGAN2", "train")
    assert edited.attributes["family"] == "identity-remained"
    swapped = samples["Validation/video/x.mp4"]
    assert (swapped.label, swapped.method, swapped.split) == (1, "FaceShifter", "val")
    assert swapped.attributes["segments"] == "[[0, 30, 0], [30, 12, 1]]"
    assert samples["Validation/video/y.mp4"].label == 0


def test_deepfakebench_keeps_four_fakes_of_one_name_apart(tmp_path: Path) -> None:
    index = read(trees.deepfakebench(tmp_path))
    assert index.layout == "deepfakebench"
    fakes = [sample for sample in index if sample.label]
    assert {sample.method for sample in fakes} == {
        "Deepfakes", "Face2Face", "FaceSwap", "NeuralTextures",
    }  # fmt: skip
    assert {sample.compression for sample in fakes} == {"c23"}
    assert fakes[0].attributes["frames"] == '["9.png", "10.png"]'


def test_deepfakebench_names_people_and_recordings_as_their_own_layouts_do(tmp_path: Path) -> None:
    """Else who was fitted on the videos could be tested on frames of them, and nobody told."""
    index = read(trees.deepfakebench(tmp_path))
    fake = next(sample for sample in index if sample.method == "Face2Face")
    assert (fake.identities, fake.source) == (("ff:000", "ff:003"), "ff:000")
    real = next(sample for sample in index if not sample.label)
    assert (real.identities, real.source) == (("celeb-df:id0",), "celeb-df:id0_0000")
    others = {
        ("DeepFakeDetection", "DFD_fake", "01_02__walk__ABCDEFGH"): ("dfd:01__walk", "dfd:02"),
        ("Celeb-DF-v1", "CelebDFv1_real", "YouTube-real/frames/00170"): (
            "celeb-df:YouTube-real/00170", ""),
        ("DFDC", "DFDC_Real", "000"): ("DFDC:000", ""),  # a number that says nothing of a person
    }  # fmt: skip
    for (dataset, label, folder), (source, person) in others.items():
        at = f"{dataset}/{folder}"
        grow(tmp_path / dataset, f"{at}/0.png")
        video = {folder.rsplit("/", 1)[-1]: {"label": label, "frames": [f"{at}/0.png"]}}
        inner = {"c23": video} if dataset == "DeepFakeDetection" else video
        document = {dataset: {label: {"train": {}, "val": {}, "test": inner}}}
        trees.write_json(tmp_path / dataset, f"{dataset}.json", document)
        (sample,) = read(tmp_path / dataset)
        assert (sample.source, "".join(sample.identities[1:])) == (source, person)


def test_deepfakebench_keeps_what_is_in_all_splits_for_the_test(tmp_path: Path) -> None:
    index = read(trees.deepfakebench(tmp_path))
    real = next(sample for sample in index if not sample.label)
    assert (real.split, real.dataset) == ("test", "Celeb-DF-v2")
    assert any("2 videos of Celeb-DF-v2 stand in several splits" in note for note in index.notes)


def test_plain_folders_in_any_case_with_splits(tmp_path: Path) -> None:
    names = ("train/Real/a.mp4", "train/FAKE/Wav2Lip/b.mp4", "Val/Real/c.jpg", "Val/FAKE/d.jpg")
    index = read(grow(tmp_path, *names))
    assert index.layout == "folders"
    samples = by_path(index)
    assert [samples[name].label for name in names] == [0, 1, 0, 1]
    assert [samples[name].split for name in names] == ["train", "train", "val", "val"]
    assert samples[names[1]].method == "Wav2Lip"
    assert samples[names[2]].kind == "image"


def test_a_method_whose_name_says_fake_is_one_beside_others(tmp_path: Path) -> None:
    fakes = [f"fake/{at}" for at in ("Deepfakes/c23/a.mp4", "FaceSwap/a.mp4")]
    fakes += [f"fake/train/{at}" for at in ("Deepfakes/b.mp4", "Face2Face/b.mp4")]
    samples = by_path(read(grow(tmp_path / "methods", "real/a.mp4", *fakes)))
    named = ["Deepfakes", "FaceSwap", "Deepfakes", "Face2Face"]
    assert [samples[name].method for name in fakes] == named
    inner = ("manipulated/fake/Wav2Lip/a.mp4", "manipulated/fake/SadTalker/b.mp4")
    samples = by_path(read(grow(tmp_path / "words", "authentic/real/a.mp4", *inner)))
    assert [samples[name].method for name in inner] == ["Wav2Lip", "SadTalker"]


def test_plain_folders_of_digits(tmp_path: Path) -> None:
    assert labels(read(grow(tmp_path, "0/a.mp4", "1/b.mp4"))) == {"0/a.mp4": 0, "1/b.mp4": 1}


def test_a_single_folder_1_is_a_number_and_no_label(tmp_path: Path) -> None:
    names = ("real/1/a.mp4", "real/2/b.mp4", "fake/1/c.mp4")
    assert [s.label for s in read(grow(tmp_path, *names))] == [1, 0, 0]
