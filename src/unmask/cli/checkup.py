"""What ``unmask doctor`` finds: each section a mapping from a name to a short text."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from unmask.cli.extras import extras
from unmask.core.errors import RuntimeUnavailable, StoreError, UnmaskError
from unmask.core.files import is_there
from unmask.core.paths import cache_folder, data_folder
from unmask.core.version import JUDGING, __version__
from unmask.evidence.outdated import version_of
from unmask.runtime import SessionOptions, installed_runtimes, resolve, shipped_packages
from unmask.runtime.cuda import cuda_devices
from unmask.store import History, JobBook
from unmask.store.engine import locate, place_of, sqlite_file
from unmask.store.migrate import need_known
from unmask.store.schema import HEAD

Section = Mapping[str, str]

_PACKAGES = ("numpy", "av", "pillow", "pillow-heif", "opencv-python-headless", "sqlalchemy")
_DECODERS = (
    "h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mpeg2video", "mjpeg", "prores", "theora",
    "wmv3",
)  # fmt: skip
_TOLD = ("queued", "running", "failed")
_CPU_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8", "asimd")


@dataclass(frozen=True, slots=True)
class Findings:
    """``problems`` are what keeps Unmask from scanning."""

    sections: dict[str, Section]
    problems: list[UnmaskError]


def examine() -> Findings:
    """Look at everything. What is not made yet stays so."""
    problems: list[UnmaskError] = []
    sections = {
        "Versions": _versions(),
        "Machine": _machine(),
        "Runtimes": _runtimes(problems),
        "Video": _video(),
        "Pictures": _pictures(),
        "Models": _models(problems),
        "Extras": extras(),
        "Folders": {"data": _folder(data_folder), "cache": _folder(cache_folder)},
        "History": _history(problems),
    }
    return Findings(sections, problems)


def _versions() -> Section:
    return {
        "unmask": __version__,
        "way of judging": str(JUDGING),
        "python": f"{platform.python_version()} ({sys.executable})",
        **{name: _version(name) for name in _PACKAGES},
    }


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _machine() -> Section:
    model, flags = _cpu()
    gpus = cuda_devices()
    return {
        "system": platform.platform(),
        "cpu": f"{model}, {os.cpu_count()} cores",
        "cpu flags": " ".join(flag for flag in _CPU_FLAGS if flag in flags) or "unknown",
        "gpu": f"{gpus} offered by NVIDIA's driver" if gpus else "none (no NVIDIA driver found)",
    }


def _cpu() -> tuple[str, frozenset[str]]:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine(), frozenset()
    facts = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    known = {name.strip(): value.strip() for name, value in facts.items()}
    flags = known.get("flags") or known.get("Features") or ""
    return known.get("model name", platform.machine()), frozenset(flags.split())


def _runtimes(problems: list[UnmaskError]) -> Section:
    installed = installed_runtimes()
    lines = {
        name: _version(name) if name in installed else "not installed"
        for name in ("openvino", "onnxruntime")
    }
    try:
        found = resolve(SessionOptions())
    except UnmaskError as error:
        problems.append(error)
        return lines | {"in use": "none"}
    return lines | {"in use": f"{found.runtime} on {found.device} with {found.precision}"}


def _video() -> Section:
    import av
    from av.codec.codec import UnknownCodecError

    def decodes(name: str) -> bool:
        try:
            av.Codec(name, "r")
        except UnknownCodecError:
            return False
        return True

    able = {name: decodes(name) for name in _DECODERS}
    lines = {
        "ffmpeg": ".".join(map(str, av.library_versions["libavcodec"])) + " (libavcodec)",
        "decodes": " ".join(name for name, yes in able.items() if yes),
    }
    missing = " ".join(name for name, yes in able.items() if not yes)
    return lines | ({"does not decode": missing} if missing else {})


def _pictures() -> Section:
    from PIL import features
    from pillow_heif import libheif_version

    able = {name: features.check(name) for name in ("jpg", "zlib", "webp", "avif", "libtiff")}
    spelled = {"jpg": "jpeg", "zlib": "png", "libtiff": "tiff"}
    yes = [spelled.get(name, name) for name, there in able.items() if there]
    no = [spelled.get(name, name) for name, there in able.items() if not there]
    lines = {"decodes": " ".join([*yes, "gif", "bmp"]), "heic": f"libheif {libheif_version()}"}
    return lines | ({"does not decode": " ".join(no)} if no else {})


def _models(problems: list[UnmaskError]) -> Section:
    lines: dict[str, str] = {}
    try:
        for package in shipped_packages():
            name = f"{package.manifest.name} {package.manifest.version}"
            lines[name] = "altered"
            package.verify()
            lines[name] = "as published"
    except UnmaskError as error:
        problems.append(error)
    if not lines:
        problems.append(
            RuntimeUnavailable(
                "this installation ships no model package", hint="name one with --model DIR"
            )
        )
    return lines or {"shipped": "none"}


def _folder(find: Callable[[], Path]) -> str:
    """The nearest folder that exists decides whether it could be made."""
    try:
        folder = find()
    except StoreError as error:
        return f"none: {error.message}; {error.hint}"
    here = next(place for place in (folder, *folder.parents) if is_there(place))
    able = "" if os.access(here, os.W_OK | os.X_OK) else ", NOT WRITABLE"
    return f"{folder}{'' if is_there(folder) else ' (not made yet)'}{able}"


def _history(problems: list[UnmaskError]) -> Section:
    try:
        url = locate(None)
    except StoreError as error:
        return {"state": f"cannot be used: {error.message}"}
    lines = {"database": place_of(url)}
    path = sqlite_file(url)
    if path is not None and not is_there(path):
        return lines | {"state": "not made yet"}
    try:
        with History(upgrade=False) as past:  # whoever wants to know may want to copy it first
            return lines | _state_of(past)
    except UnmaskError as error:
        problems.append(error)
        return lines | {"state": "cannot be used"}


def _state_of(past: History) -> dict[str, str]:
    found = past.revision()
    if found is None:
        return {"state": "nothing in it yet"}
    lines = {"state": f"{past.count()} analyses"}
    if found != HEAD:
        need_known(past.database.place, found)
        return lines | {
            "revision": f"{found}, of an earlier version: the next command that uses it makes it "
            f"{HEAD}, which cannot be taken back ('unmask history backup FILE' copies it as it is)"
        }
    lines["revision"] = f"{found}, this version's"
    newest = past.list(limit=1)
    stored = past.get(newest[0].id) if newest else None
    if stored is not None:
        made_by = version_of(stored.analysis)
        lines["newest"] = f"{stored.entry.created_at:%Y-%m-%d %H:%M} UTC, by Unmask {made_by}"
    jobs = JobBook(past).counts()
    told = [f"{jobs[state]} {state}" for state in _TOLD if state in jobs]
    return lines | ({"jobs": ", ".join(told)} if told else {})
