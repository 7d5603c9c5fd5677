"""Opening what Keras saves: ``.h5`` of Keras 2 and 3, and the ``.keras`` zip. Data only, no code.

HDF5 is read with h5py, the configuration as JSON. Nothing in the file is imported, evaluated or
unpickled, links to other files are not followed, and sizes are checked before memory is taken.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from unmask.core.errors import ModelInvalid, ModelNotFound
from unmask.core.extras import needing

Layout = Literal["by-name", "by-place"]

_HDF5 = b"\x89HDF\r\n\x1a\n"
_ZIP = b"PK\x03\x04"
_PICKLE = b"\x80"
_CONFIG_BYTES = 64 << 20
_WEIGHTS_BYTES = 2 << 30  # an ONNX file cannot hold more
_BLOWN_UP = 100
_DAMAGE = (
    OSError,
    EOFError,
    RuntimeError,
    KeyError,
    ValueError,
    TypeError,
    zipfile.BadZipFile,
    zlib.error,
)
RESAVE = "load it in Keras and save it again: model.save('model.keras')"


@dataclass(frozen=True, slots=True, eq=False)
class Archive:
    """An open file. ``config`` is None where the file holds weights without a model.

    ``layout`` is how ``weights`` is arranged: the older one names layers and weights in HDF5
    attributes, the newer one puts both in the order of the configuration.
    """

    config: dict[str, Any] | None
    version: str
    layout: Layout
    weights: Any  # h5py.Group


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open ``path`` for reading.

    Its parts are read by :func:`names`, :func:`member` and :func:`array`. Raises
    :class:`ModelNotFound`, :class:`MissingExtra` without h5py, and :class:`ModelInvalid` for
    anything that is no whole file of Keras 2 or 3.
    """
    start = _first_bytes(path)
    with needing("train", "reading a Keras model"):
        import h5py
    if start.startswith(_ZIP):
        with _from_zip(path) as archive:
            yield archive
    else:
        with _opened(h5py.File, path) as file:
            yield _from_hdf5(file)


@contextmanager
def _whole() -> Iterator[None]:
    """For every touch of the file: h5py and zipfile raise many classes for bytes that are wrong."""
    try:
        yield
    except _DAMAGE as error:
        raise ModelInvalid(
            f"the file is damaged or cut short: {error}", hint="copy it again, or save it again"
        ) from error


@_whole()
def _opened(library: Any, source: Any) -> Any:
    return library(source, "r")


@_whole()
def _copy(archive: zipfile.ZipFile, part: zipfile.ZipInfo, target: Any) -> None:
    with archive.open(part) as stream:
        shutil.copyfileobj(stream, target)


def _first_bytes(path: Path) -> bytes:
    if path.is_dir():
        kind = "a TensorFlow SavedModel" if (path / "saved_model.pb").exists() else "a folder"
        raise ModelInvalid(f"{path} is {kind}, not a file that Keras saved", hint=RESAVE)
    try:
        with path.open("rb") as stream:
            start = stream.read(8)
    except OSError as error:
        raise ModelNotFound(f"no model at {path}: {error.strerror}") from error
    if start.startswith(_PICKLE):
        raise ModelInvalid(f"{path} is a pickle, which would run code if it were read", hint=RESAVE)
    if not start.startswith((_HDF5, _ZIP)):
        raise ModelInvalid(f"{path} is neither HDF5 nor a .keras archive", hint=RESAVE)
    return start


@contextmanager
def _from_zip(path: Path) -> Iterator[Archive]:
    import h5py

    with _opened(zipfile.ZipFile, path) as archive, tempfile.TemporaryFile() as copy:
        config = _json(_member(archive, "config.json"))
        metadata = _json(_member(archive, "metadata.json"))
        _copy(archive, _information(archive, "model.weights.h5", _WEIGHTS_BYTES), copy)
        with _opened(h5py.File, copy) as file:
            yield Archive(config, str(metadata.get("keras_version", "")), "by-place", file)


def _information(archive: zipfile.ZipFile, name: str, limit: int) -> zipfile.ZipInfo:
    try:
        information = archive.getinfo(name)
    except KeyError as error:
        raise ModelInvalid(f"the archive has no {name}: it is not Keras's", hint=RESAVE) from error
    if information.file_size > limit:
        raise ModelInvalid(f"{name} says it is {information.file_size:,} bytes: too large")
    return information


@_whole()
def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    return archive.read(_information(archive, name, _CONFIG_BYTES))


@_whole()
def _from_hdf5(file: Any) -> Archive:
    text = file.attrs.get("model_config")
    weights = member(file, "model_weights") or file
    version = _text(file.attrs.get("keras_version", weights.attrs.get("keras_version", "")))
    return Archive(None if text is None else _json(_text(text)), version, "by-name", weights)


def _json(text: str | bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelInvalid(f"the model's configuration is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise ModelInvalid("the model's configuration is no JSON object")
    return value


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


@_whole()
def names(group: Any, attribute: str) -> list[str]:
    """A list of names kept in an attribute; a long one is split into ``attribute0``, ``…1``."""
    if attribute in group.attrs:
        return [_text(name) for name in group.attrs[attribute]]
    found: list[str] = []
    part = 0
    while f"{attribute}{part}" in group.attrs:
        found += [_text(name) for name in group.attrs[f"{attribute}{part}"]]
        part += 1
    return found


@_whole()
def member(group: Any, path: str) -> Any:
    """The group or data set at ``path`` below ``group``, None if absent. Follows no links."""
    import h5py

    for name in filter(None, path.split("/")):
        if not isinstance(group, h5py.Group) or name not in group:
            return None
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise ModelInvalid(f"{path} in the file is a link, which Keras never writes")
        group = group[name]
    return group


@_whole()
def array(group: Any, path: str) -> NDArray[np.float32]:
    """The numbers at ``path`` below ``group`` as float32, all of them finite."""
    import h5py

    data = member(group, path)
    if not isinstance(data, h5py.Dataset) or data.external or data.is_virtual:
        raise ModelInvalid(f"the file lacks the weight {path}")
    # A file of a few bytes can claim any size; what Keras writes is not even compressed.
    most = min(_WEIGHTS_BYTES // 2, _BLOWN_UP * data.id.get_storage_size())
    if data.dtype.kind != "f" or data.nbytes > most:
        raise ModelInvalid(f"the weight {path} is {data.dtype} {data.shape}, which is no weight")
    values = np.asarray(data[()], dtype=np.float32)
    if not np.isfinite(values).all():
        raise ModelInvalid(f"the weight {path} holds values that are no numbers")
    return values
