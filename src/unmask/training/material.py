"""The real faces a detector is fitted on: pictures with landmarks, and frames of clips."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from unmask.clips import align, crop_matrix
from unmask.core.errors import DataError
from unmask.datasets.lists import read_records
from unmask.synthesis import Face, box_side

_COLUMNS = (
    "file", "split", "person", "source", "licence",
    *(f"{axis}{point}" for point in range(5) for axis in "xy"),
)  # fmt: skip
_COARSE = 72  # pixels a side at which colours are compared
LOOSE = 1.25  # sides of the face box that are kept for crops of one: what these can show


@dataclass(frozen=True, slots=True)
class Slice:
    """Bytes that stay in a file until they are wanted."""

    path: Path
    offset: int
    size: int

    def read(self) -> bytes:
        """:class:`DataError` when the file has gone or become shorter."""
        try:
            with self.path.open("rb") as stream:
                stream.seek(self.offset)
                data = stream.read(self.size)
        except OSError as error:
            raise DataError(f"cannot read {self.path}: {error.strerror}") from error
        if len(data) != self.size:
            raise DataError(f"{self.path} was cut short while it was fitted on")
        return data


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """One face: JPEG or PNG bytes, five landmarks in its pixels (5×2), person and licence.

    Of what was coded, only ``part`` counts, if there is one: left, top and side of a square.
    ``look`` is a few numbers for tone and pose, by which a donor like it is found. ``renditions``
    are the same picture as drawn by each renderer, at the renderer's own side; ``moved`` what each
    animator drew, as records of :func:`unmask.training.animator.record`. ``read_as`` is the digest
    of the row it was read from, whatever was then kept of the picture.
    """

    data: bytes | Slice
    landmarks: NDArray[np.float32]
    person: str
    split: str
    licence: str
    origin: str
    look: NDArray[np.float32]
    part: tuple[int, int, int] | None = None
    renditions: tuple[NDArray[np.uint8], ...] = ()
    moved: tuple[NDArray[np.void], ...] = ()
    read_as: str = ""

    def digest(self) -> str:
        """Sixteen digits of the picture, its landmarks and its split.

        Bytes that stay in a shard are told apart by their place in it: to read them all takes long.
        """
        if self.read_as:
            return self.read_as
        data = self.data
        if isinstance(data, Slice):
            data = f"{data.path.name} {data.offset} {data.size}".encode()
        return _digest(data, self.landmarks, self.split)

    def picture(self) -> NDArray[np.uint8]:
        """Decode: H×W×3 RGB."""
        whole = decode(self.data)
        if self.part is None:
            return whole
        left, top, side = self.part
        return np.ascontiguousarray(whole[top : top + side, left : left + side])

    def face(self, rendition: int | None = None, *, softened: bool = False) -> Face:
        """Decode; with ``rendition``, the face comes with what one of its renderers drew, if any.

        That is enlarged and given the original's soft colours. ``softened`` brings the picture
        itself to the renderer's resolution, so that a loss of detail tells nothing.
        """
        picture = self.picture()
        frame = unit_frame(self.landmarks)
        if rendition is None or not self.renditions:
            return Face(picture, frame)
        small = self.renditions[rendition % len(self.renditions)]
        if softened:
            picture = _soften(picture, len(small))
        return Face(picture, frame, (_fit(small, picture),))


def decode(data: bytes | Slice) -> NDArray[np.uint8]:
    """JPEG or PNG bytes to H×W×3 RGB."""
    if isinstance(data, Slice):
        data = data.read()
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise DataError("a face picture of the training set cannot be decoded")
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def encode(picture: NDArray[np.uint8]) -> bytes:
    """H×W×3 RGB to PNG bytes: what was coded once is not coded again."""
    done, data = cv2.imencode(".png", np.ascontiguousarray(picture[:, :, ::-1]))
    if not done:
        raise DataError(f"cannot encode a face picture of shape {picture.shape}")
    return bytes(data)


def unit_frame(landmarks: NDArray[np.float32]) -> NDArray[np.float64]:
    """The 2×3 matrix from the face's unit box to the picture's pixels."""
    inverse = cv2.invertAffineTransform(crop_matrix(landmarks, size=1, margin=1.0))
    return np.asarray(inverse, dtype=np.float64)


def _soften(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Down to ``side`` and up again, as a rendition comes to be."""
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(large, dtype=np.uint8)


def _fit(small: NDArray[np.uint8], picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Enlarge a rendition to the picture and give it the picture's low frequencies.

    A small autoencoder's colours drift; a tool's do not. What is to be learnt is its detail.
    """
    height, width = picture.shape[:2]
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    coarse = [
        cv2.resize(x, (_COARSE, _COARSE), interpolation=cv2.INTER_AREA).astype(np.float32)
        for x in (picture, large)
    ]
    drift = cv2.GaussianBlur(coarse[0] - coarse[1], (0, 0), _COARSE / 24)
    drift = cv2.resize(drift, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(large.astype(np.float32) + drift + 0.5, 0, 255), dtype=np.uint8)


def read_portraits(root: Path, loose: float = LOOSE) -> list[Portrait]:
    """``faces.csv`` and ``faces-*.tar`` under ``root/faces``; every row must have its picture.

    Of a picture ``loose`` sides of the face box are kept, or what there is.
    """
    folder = root / "faces"
    pictures: dict[str, bytes] = {}
    for archive in sorted(folder.glob("faces-*.tar")):
        pictures |= _pictures(archive)
    rows = read_records(folder / "faces.csv", _COLUMNS)
    missing = [row["file"] for row in rows if row["file"] not in pictures]
    if missing:
        raise DataError(
            f"{folder} lacks {len(missing)} of {len(rows)} pictures, {missing[0]} first",
            hint="a faces-*.tar is absent or cut short",
        )
    with ThreadPoolExecutor() as pool:  # decoding leaves the interpreter's lock alone
        return list(
            pool.map(lambda row: _portrait(row, pictures[row["file"]], folder, loose), rows)
        )


def _pictures(archive: Path) -> dict[str, bytes]:
    found = {}
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                stream = tar.extractfile(member)
                if stream is not None:
                    found[Path(member.name).name] = stream.read()
    except (OSError, tarfile.TarError) as error:
        raise DataError(f"{archive} is cut short or damaged: {error}") from error
    return found


def _portrait(row: dict[str, str], data: bytes, folder: Path, loose: float) -> Portrait:
    try:
        points = [[float(row[f"x{i}"]), float(row[f"y{i}"])] for i in range(5)]
    except ValueError as error:
        raise DataError(
            f"{folder / 'faces.csv'}: the landmarks of {row['file']} are not five points: {error}"
        ) from error
    landmarks = np.array(points, dtype=np.float32)
    picture = decode(data)
    part = _trim(picture.shape, landmarks, loose)
    return Portrait(
        data=data,
        landmarks=landmarks - np.array(part[:2], np.float32),
        person=row["person"],
        split=row["split"],
        licence=row["licence"],
        origin=row["source"].split("@")[0],
        look=describe_look(picture, landmarks),
        part=part,
        read_as=_digest(data, landmarks, row["split"]),
    )


def _digest(data: bytes, landmarks: NDArray[np.float32], split: str) -> str:
    found = hashlib.sha256(data)
    found.update(landmarks.tobytes() + split.encode())
    return found.hexdigest()[:16]


def _trim(
    shape: tuple[int, ...], landmarks: NDArray[np.float32], loose: float
) -> tuple[int, int, int]:
    """Left, top and side of the square round the face that crops can show; all work goes by area.

    Where the picture ends sooner, the square is as large as the picture lets it be.
    """
    frame = unit_frame(landmarks)
    centre = frame[:, :2] @ [0.5, 0.5] + frame[:, 2]
    side = min(round(loose * box_side(frame)), *shape[:2])
    left, top = (
        int(np.clip(round(float(middle - side / 2)), 0, room - side))
        for middle, room in zip(centre, (shape[1], shape[0]), strict=True)
    )
    return left, top, side


def describe_look(
    picture: NDArray[np.uint8], landmarks: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Mean colour of the face and where its nose lies between eyes and mouth, about unit scale."""
    crop = align(picture, landmarks, size=32, margin=1.0).image[8:24, 8:24]
    matrix = crop_matrix(landmarks, size=1, margin=1.0)
    nose = matrix[:, :2] @ landmarks[2] + matrix[:, 2]
    return np.concatenate([crop.mean(axis=(0, 1)) / 40.0, nose / 0.05]).astype(np.float32)


def split(portraits: Sequence[Portrait], name: str) -> list[Portrait]:
    """Those of one split; an error if nobody is in it or a person is in both."""
    chosen = [p for p in portraits if p.split == name]
    others = {p.person for p in portraits if p.split != name}
    if not chosen:
        raise DataError(f"no picture is in the split {name!r}")
    shared = others & {p.person for p in chosen}
    if shared:
        raise DataError(
            f"{len(shared)} people are in {name!r} and in another split, {min(shared)} among them",
            hint="a person must be in one split only: correct faces.csv",
        )
    return chosen
