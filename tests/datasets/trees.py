"""Small copies of how data sets are released: names and lists, files of one byte."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

from unmask.datasets import Index, LoadOptions, Sample, index_folder


def grow(root: Path, *paths: str, content: bytes = b"x") -> Path:
    for path in paths:
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return root


def write(root: Path, path: str, text: str) -> None:
    grow(root, path, content=text.encode())


def write_json(root: Path, path: str, document: Any) -> None:
    write(root, path, json.dumps(document))


def read(root: Path, layout: str = "auto", **options: Any) -> Index:
    return index_folder(root, layout, LoadOptions(**options))


def by_path(index: Index) -> dict[str, Sample]:
    return {sample.path: sample for sample in index}


def faceforensics(root: Path) -> Path:
    """Two pairs to train on and one each to validate and test; two methods, two compressions."""
    pairs = {"train": [["071", "054"]], "val": [["720", "672"]], "test": [["953", "974"]]}
    for split, people in pairs.items():
        write_json(root, f"{split}.json", people)
        for level in ("c23", "c40"):
            for a, b in people:
                base = f"{level}/videos"
                grow(root, f"original_sequences/youtube/{base}/{a}.mp4")
                grow(root, f"original_sequences/youtube/{base}/{b}.mp4")
                for method in ("Deepfakes", "NeuralTextures"):
                    grow(root, f"manipulated_sequences/{method}/{base}/{a}_{b}.mp4")
                    grow(root, f"manipulated_sequences/{method}/{base}/{b}_{a}.mp4")
    return grow(root, "manipulated_sequences/Deepfakes/masks/videos/071_054.mp4")


def dfd(root: Path) -> Path:
    fakes = "manipulated_sequences/DeepFakeDetection/c23/videos"
    return grow(
        root,
        "original_sequences/actors/c23/videos/01__walking_outside.mp4",
        "original_sequences/actors/c23/videos/02__walking_outside.mp4",
        f"{fakes}/01_02__walking_outside__ABCDEFGH.mp4",
    )


def celebdf(root: Path) -> Path:
    grow(
        root,
        "Celeb-real/id0_0000.mp4",
        "Celeb-real/id1_0003.mp4",
        "YouTube-real/00170.mp4",
        "Celeb-synthesis/id0_id1_0000.mp4",
        "Celeb-synthesis/id1_id0_0003.mp4",
    )
    listed = (
        "1 YouTube-real/00170.mp4\n1 Celeb-real/id1_0003.mp4\n0 Celeb-synthesis/id1_id0_0003.mp4\n"
    )
    write(root, "List_of_testing_videos.txt", listed)
    return root


def dfdc(root: Path) -> Path:
    part = "dfdc_train_part_0"
    grow(root, f"{part}/real1.mp4", f"{part}/fake1.mp4", f"{part}/fake2.mp4")
    fake = {"label": "FAKE", "split": "train", "original": "real1.mp4"}
    real = {"label": "REAL", "split": "train"}
    listed = {"real1.mp4": real, "fake1.mp4": fake, "fake2.mp4": fake}
    write_json(root, f"{part}/metadata.json", listed)
    grow(root, "test/aaa.mp4", "test/bbb.mp4")
    write(root, "test/labels.csv", "filename,label\naaa.mp4,1\nbbb.mp4,0\n")
    return root


def fakeavceleb(root: Path) -> Path:
    rows = [
        ("id00076,-,-,real,A,RealVideo-RealAudio", "00109.mp4"),
        ("id00076,-,-,rtvc,B,RealVideo-FakeAudio", "00109_fake.mp4"),
        ("id00076,id00166,-,faceswap,C,FakeVideo-RealAudio", "00109_id00166_x.mp4"),
        ("id00076,id00166,-,faceswap-wav2lip,D,FakeVideo-FakeAudio", "00109_1_id00166_w.mp4"),
    ]
    header = "source,target1,target2,method,category,type,race,gender,path,"
    lines = [header]
    for start, name in rows:
        folder = f"{start.rsplit(',', 1)[1]}/African/men/id00076"
        lines.append(f"{start},African,men,{name},FakeAVCeleb/{folder}")
        grow(root, f"{folder}/{name}")
    write(root, "meta_data.csv", "\n".join([*lines, lines[-1], lines[-1]]))
    return root


def shard(path: Path, *names: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = 4
            archive.addfile(member, io.BytesIO(b"\x89PNG"))


def wilddeepfake(root: Path) -> Path:
    for quarter in ("real train", "real test", "fake train", "fake test"):
        kind = quarter.split()[0]
        shard(root / quarter / "1.tar.gz", f"1/{kind}/5/10.png", f"1/{kind}/5/9.png")
    return root


def deepfakebench(root: Path) -> Path:
    """Four fakes called 000_003, one of them with backslashes, and Celeb-DF with val = test."""
    fakes = {"FF-DF": "Deepfakes", "FF-F2F": "Face2Face", "FF-FS": "FaceSwap"}
    document: dict[str, Any] = {}
    for label, method in {**fakes, "FF-NT": "NeuralTextures"}.items():
        folder = f"FaceForensics++/manipulated_sequences/{method}/c23/frames/000_003"
        frames = [f"{folder}/{n}.png" for n in ("10", "9")]
        grow(root, *frames)
        if label == "FF-DF":
            frames = [frame.replace("/", "\\") for frame in frames]
        video = {"000_003": {"label": label, "frames": frames}}
        document[label] = {"train": {"c23": video}, "val": {}, "test": {}}
    write_json(root, "dataset_json/FaceForensics++.json", {"FaceForensics++": document})
    folder = "Celeb-DF-v2/Celeb-real/frames/id0_0000"
    grow(root, f"{folder}/0.png")
    video = {"id0_0000": {"label": "CelebDFv2_real", "frames": [f"{folder}/0.png"]}}
    splits = {"train": video, "val": video, "test": video}
    write_json(root, "dataset_json/Celeb-DF-v2.json", {"Celeb-DF-v2": {"CelebDFv2_real": splits}})
    return root
