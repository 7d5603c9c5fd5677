"""Opening graphs: which runtime, which device, and what is said when there is none."""

from __future__ import annotations

import errno
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unmask.core import paths
from unmask.core.errors import MissingExtra, ModelInvalid, RuntimeUnavailable, UsageError
from unmask.runtime import (
    SessionOptions,
    compiled_cache,
    cpu,
    installed_runtimes,
    open_session,
    resolve,
)
from unmask.runtime import session as sessions
from unmask.runtime.offline_openvino import ov, properties

CROPS = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), dtype=np.uint8)

Hide = Callable[..., None]


@pytest.fixture
def hide(monkeypatch: pytest.MonkeyPatch) -> Hide:
    """Make packages look as if they were not installed."""
    real = importlib.util.find_spec

    def hidden(*names: str) -> None:
        monkeypatch.setattr(
            importlib.util,
            "find_spec",
            lambda name, package=None: None if name in names else real(name, package),
        )

    return hidden


def test_openvino_keeps_its_converter_for_the_program_around() -> None:
    """It is left out of our import, for it calls home; whoever asks for it has it."""
    code = """
import sys, types
import unmask.runtime.openvino_session
import openvino
assert "openvino.tools.ovc" not in sys.modules
sys.modules["openvino.tools.ovc"] = types.SimpleNamespace(convert_model=lambda: "converted")
assert openvino.convert_model() == "converted" and not hasattr(openvino, "convert")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_cpu_gets_openvino_first() -> None:
    resolved = resolve(SessionOptions(device="cpu"))
    assert (resolved.device, resolved.runtime) == ("cpu", installed_runtimes()[0])
    assert installed_runtimes()[0] == "openvino"


def test_without_openvino_the_portable_runtime_serves(hide: Hide, tiny_model: Path) -> None:
    hide("openvino")
    session = open_session(tiny_model / "backbone.onnx", SessionOptions(device="cpu"))
    assert (session.runtime, session.precision) == ("onnxruntime", "f32")
    assert session.run({"crops": CROPS})["logits"].shape == (3,)


def test_a_missing_extra_is_named_with_its_command(hide: Hide) -> None:
    hide("onnxruntime")
    with pytest.raises(MissingExtra, match="the extra 'onnxruntime'") as caught:
        resolve(SessionOptions(runtime="onnxruntime", device="cpu"))
    assert caught.value.hint == 'pip install "unmask[onnxruntime]"'
    assert "\n" not in str(caught.value)


def test_missing_openvino_is_no_extra(hide: Hide) -> None:
    hide("openvino")
    with pytest.raises(RuntimeUnavailable) as caught:
        resolve(SessionOptions(runtime="openvino"))
    assert caught.value.hint == "pip install openvino"


def test_no_runtime_at_all(hide: Hide) -> None:
    hide("openvino", "onnxruntime")
    with pytest.raises(RuntimeUnavailable, match="neither"):
        resolve(SessionOptions())


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
def test_a_broken_runtime_is_an_error_of_ours(
    runtime: str, monkeypatch: pytest.MonkeyPatch, tiny_model: Path
) -> None:
    module = {"openvino": "openvino_session", "onnxruntime": "onnx_session"}[runtime]
    monkeypatch.setitem(sys.modules, f"unmask.runtime.{module}", None)
    options = SessionOptions(runtime=runtime, device="cpu")  # type: ignore[arg-type]
    with pytest.raises(RuntimeUnavailable, match=f"{runtime} is installed but does not start"):
        open_session(tiny_model / "backbone.onnx", options)


def test_cuda_without_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "cuda_devices", lambda: 0)
    with pytest.raises(RuntimeUnavailable, match="no CUDA device") as caught:
        resolve(SessionOptions(device="cuda"))
    assert "--device cpu" in caught.value.hint
    assert resolve(SessionOptions(device="auto")).device == "cpu"


def test_a_gpu_without_the_cuda_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    ort = pytest.importorskip("onnxruntime")
    monkeypatch.setattr(sessions, "cuda_devices", lambda: 1)
    monkeypatch.setattr(ort, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(RuntimeUnavailable):
        resolve(SessionOptions(device="cuda"))
    assert resolve(SessionOptions()).device == "cpu"


def test_a_gpu_with_it_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    ort = pytest.importorskip("onnxruntime")
    monkeypatch.setattr(sessions, "cuda_devices", lambda: 1)
    providers = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(ort, "get_available_providers", lambda: providers)
    resolved = resolve(SessionOptions())
    assert (resolved.device, resolved.runtime) == ("cuda", "onnxruntime")
    assert resolve(SessionOptions(device="cpu")).runtime == "openvino"


def test_openvino_on_cuda_is_a_contradiction() -> None:
    with pytest.raises(UsageError):
        resolve(SessionOptions(device="cuda", runtime="openvino"))


def test_bf16_is_not_pretended() -> None:
    with pytest.raises(RuntimeUnavailable, match="bf16"):
        resolve(SessionOptions(device="cpu", runtime="onnxruntime", precision="bf16"))


@pytest.mark.parametrize(
    ("vendor", "flags", "fast"),
    [
        ("GenuineIntel", "avx512_bf16 amx_tile amx_bf16", True),
        ("GenuineIntel", "avx512f avx512_bf16 amx_int8", False),
        ("AuthenticAMD", "avx512f avx512_bf16", True),
        ("AuthenticAMD", "avx2 avx512f", False),
    ],
)
def test_bf16_by_itself_only_where_it_is_faster(
    vendor: str, flags: str, fast: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    facts = tmp_path / "cpuinfo"
    facts.write_text(f"processor\t: 0\nvendor_id\t: {vendor}\nflags\t\t: fpu {flags}\n\n")
    monkeypatch.setattr(cpu, "_FACTS", facts)
    faster = cpu.multiplies_bf16_faster.__wrapped__
    assert faster() is fast
    monkeypatch.setattr(sessions, "multiplies_bf16_faster", faster)
    monkeypatch.setattr(sessions, "_has_bf16", lambda runtime: True)
    assert resolve(SessionOptions(device="cpu")).precision == ("bf16" if fast else "f32")
    assert resolve(SessionOptions(device="cpu", precision="bf16")).precision == "bf16"
    assert resolve(SessionOptions(device="cpu", precision="f32")).precision == "f32"


def test_without_a_list_of_flags_f32_serves(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cpu, "_FACTS", tmp_path / "absent")
    assert not cpu.multiplies_bf16_faster.__wrapped__()


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("content", [b"", b"not a graph at all"])
def test_what_is_no_graph(runtime: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "graph.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelInvalid, match=r"graph\.onnx"):
        open_session(path, SessionOptions(runtime=runtime, device="cpu"))  # type: ignore[arg-type]


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
def test_an_absent_graph(runtime: str, tmp_path: Path) -> None:
    with pytest.raises(ModelInvalid, match=r"absent\.onnx"):
        open_session(
            tmp_path / "absent.onnx",
            SessionOptions(runtime=runtime, device="cpu"),  # type: ignore[arg-type]
        )


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
def test_threads_share_a_session(runtime: str, tiny_model: Path) -> None:
    options = SessionOptions(runtime=runtime, device="cpu", precision="f32", streams=2)  # type: ignore[arg-type]
    session = open_session(tiny_model / "backbone.onnx", options)
    expected = [session.run({"crops": CROPS[i : i + 1]})["features"] for i in range(3)]
    wrong: list[int] = []

    def work(i: int) -> None:
        for _ in range(20):
            if not np.array_equal(
                session.run({"crops": CROPS[i : i + 1]})["features"], expected[i]
            ):
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("shape", [(1, 48, 48, 3), (1, 64, 64)])
def test_crops_of_another_size_than_the_graph_takes(
    runtime: str, shape: tuple[int, ...], tiny_model: Path
) -> None:
    """As where somebody has changed the size in ``model.json``."""
    options = SessionOptions(runtime=runtime, device="cpu")  # type: ignore[arg-type]
    session = open_session(tiny_model / "backbone.onnx", options)
    with pytest.raises(ModelInvalid, match="N×64×64×3, not of 1×") as caught:
        session.run({"crops": np.zeros(shape, np.uint8)})
    assert "model.json" in caught.value.hint


def test_a_request_that_another_thread_takes_is_made_anew(tiny_model: Path) -> None:
    class Contended(list[Any]):
        """Empty by the time that somebody takes what was there when they looked."""

        def __bool__(self) -> bool:
            return True

    session = open_session(tiny_model / "backbone.onnx", SessionOptions(device="cpu"))
    session._idle = Contended()  # type: ignore[attr-defined]
    assert session.run({"crops": CROPS[:1]})["features"].shape[0] == 1


def test_answers_belong_to_the_caller(tiny_model: Path) -> None:
    session = open_session(tiny_model / "backbone.onnx", SessionOptions(device="cpu"))
    first = session.run({"crops": CROPS[:1]})["features"]
    kept = first.copy()
    session.run({"crops": CROPS[1:2]})
    assert np.array_equal(first, kept)
    assert first.flags.owndata
    assert first.flags.writeable


Config = dict[Any, Any]
Compile = Callable[[str, str, Config], object]


def compile_by(
    compiling: Callable[[Compile, str, str, Config], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let ``compiling``, given OpenVINO's own function, stand for it."""
    own = ov.Core.compile_model

    def compile_model(core: ov.Core, graph: str, device: str, config: Config) -> object:
        return compiling(partial(own, core), graph, device, config)

    monkeypatch.setattr(ov.Core, "compile_model", compile_model)


class TestCache:
    """Compiled graphs are kept, and nothing depends on whether they can be."""

    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("UNMASK_CACHE", str(tmp_path / "cache"))
        return paths.cache_folder()

    def score(self, graph: Path, **options: bool) -> list[float]:
        session = open_session(graph, SessionOptions(device="cpu", precision="f32", **options))
        return session.run({"crops": CROPS})["logits"].tolist()

    def test_a_compiled_graph_is_kept_and_used(self, folder: Path, tiny_model: Path) -> None:
        first = self.score(tiny_model / "backbone.onnx")
        (blob,) = folder.rglob("*.blob")
        written = blob.stat().st_mtime_ns
        assert self.score(tiny_model / "backbone.onnx") == first
        assert blob.stat().st_mtime_ns == written

    def test_it_can_be_left_out(self, folder: Path, tiny_model: Path) -> None:
        self.score(tiny_model / "backbone.onnx", cache=False)
        assert not folder.exists()

    @pytest.mark.parametrize("length", [0, 100, 5000])
    def test_a_cut_off_blob_is_made_again(
        self, folder: Path, tiny_model: Path, length: int
    ) -> None:
        expected = self.score(tiny_model / "backbone.onnx")
        (blob,) = folder.rglob("*.blob")
        blob.chmod(0o600)
        os.truncate(blob, length)
        cut = blob.stat().st_mtime_ns
        assert self.score(tiny_model / "backbone.onnx") == expected
        made = blob.stat()
        assert made.st_mtime_ns > cut
        assert made.st_size > length
        # Its size may differ by a few bytes each time. Whole is what the next one starts from.
        assert self.score(tiny_model / "backbone.onnx") == expected
        assert blob.stat().st_mtime_ns == made.st_mtime_ns

    def test_what_could_not_be_removed_goes_with_a_later_use(
        self, folder: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Windows lets nobody remove a file that is mapped: each run left a folder for ever."""

        def in_use(path: str, **_: object) -> None:
            raise PermissionError(errno.EACCES, "is being used by another process", path)

        expected = self.score(tiny_model / "backbone.onnx")
        with monkeypatch.context() as windows:
            windows.setattr(os, "unlink", in_use)
            assert self.score(tiny_model / "backbone.onnx") == expected
        (left,) = folder.rglob("own-*")
        assert self.score(tiny_model / "backbone.onnx") == expected
        assert left.exists()  # it may be in use
        os.utime(left, (0, 0))
        assert self.score(tiny_model / "backbone.onnx") == expected
        assert not list(folder.rglob("own-*"))

    def test_a_folder_that_cannot_be_made(self, folder: Path, tiny_model: Path) -> None:
        folder.write_text("a file where the folder should be")
        assert len(self.score(tiny_model / "backbone.onnx")) == 3

    def test_a_folder_that_cannot_be_written(
        self, folder: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object, **__: object) -> str:  # root may write anywhere
            raise PermissionError

        monkeypatch.setattr(tempfile, "mkdtemp", refuse)
        assert len(self.score(tiny_model / "backbone.onnx")) == 3
        assert not list(folder.rglob("*.blob"))

    def test_a_file_system_that_cannot_keep_it(
        self, folder: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def compiling(compile_model: Compile, graph: str, device: str, config: Config) -> object:
            if properties.cache_dir in config:
                raise RuntimeError("filesystem error: cannot set permissions")
            return compile_model(graph, device, config)

        compile_by(compiling, monkeypatch)
        assert len(self.score(tiny_model / "backbone.onnx")) == 3
        assert not list(folder.rglob("*.blob"))

    def test_those_that_start_together_write_and_read_no_file_at_once(
        self, folder: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """OpenVINO's own folder for all was a SIGBUS or an error in one of forty first runs."""
        together = threading.Barrier(2, timeout=20)
        used: list[Path] = []

        def compiling(compile_model: Compile, graph: str, device: str, config: Config) -> object:
            used.append(Path(str(config[properties.cache_dir])))
            together.wait()
            made = compile_model(graph, device, config)
            assert {path.parent for path in folder.rglob("*.blob")} <= set(used)
            together.wait()
            return made

        compile_by(compiling, monkeypatch)
        with ThreadPoolExecutor(2) as pool:
            scores = list(pool.map(self.score, [tiny_model / "backbone.onnx"] * 2))
        assert scores[0] == scores[1]
        assert used[0] != used[1]
        (blob,) = folder.rglob("*.blob")
        assert not any(path.exists() for path in used)

        written = blob.stat().st_mtime_ns
        monkeypatch.undo()
        monkeypatch.setenv("UNMASK_CACHE", str(folder))
        assert self.score(tiny_model / "backbone.onnx") == scores[0]
        assert blob.stat().st_mtime_ns == written

    def test_those_unused_for_longest_go(
        self, folder: Path, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        graphs = [tmp_path / f"{number}.onnx" for number in range(4)]
        for number, graph in enumerate(graphs):
            graph.write_bytes((tiny_model / "backbone.onnx").read_bytes())
            os.utime(graph, ns=(number, number))  # each a state of its own
        first, second, third, fourth = graphs

        def kept() -> set[str]:
            return {blob.parent.name.split("-")[1] for blob in folder.rglob("*.blob")}

        for graph in (first, second):
            self.score(graph)
        size = max(blob.stat().st_size for blob in folder.rglob("*.blob"))
        monkeypatch.setattr(compiled_cache, "BOUND", 3 * size + 999)
        self.score(third)
        self.score(first)  # used last, though made first
        assert kept() == {"0", "1", "2"}
        self.score(fourth)
        assert kept() == {"0", "2", "3"}

        monkeypatch.setattr(compiled_cache, "BOUND", 1)
        self.score(second)
        assert kept() == {"1"}

    def test_a_replaced_graph_is_not_answered_from_the_old_one(
        self, folder: Path, tiny_model: Path, tmp_path: Path
    ) -> None:
        graph = tmp_path / "graph.onnx"
        graph.write_bytes((tiny_model / "backbone.onnx").read_bytes())
        before = self.score(graph)
        content = graph.read_bytes()
        # The bias 0.1 becomes 0.3: same path, same length, and the same second.
        changed = content.replace(np.float32(0.1).tobytes(), np.float32(0.3).tobytes())
        assert changed != content
        graph.write_bytes(changed)
        assert self.score(graph) == pytest.approx([value + 0.2 for value in before], abs=1e-5)


def test_nothing_reports_home() -> None:
    """OpenVINO's converter and its telemetry stay out of the process."""
    code = (
        "import json, sys\n"
        "from unmask.runtime import SessionOptions, resolve\n"
        "resolve(SessionOptions(device='cpu', runtime='openvino'))\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    modules = json.loads(answer.stdout)
    assert "openvino" in modules
    reporting = ("openvino_telemetry", "openvino.tools", "urllib.request", "http", "torch")
    assert [name for name in modules if name.startswith(reporting)] == []
