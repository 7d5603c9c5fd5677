"""Cameras that are being watched: a child for each, given back when nobody looks any more."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from unmask.core.errors import UnmaskError
from unmask.jobs.apart import apart
from unmask.jobs.limits import Limits
from unmask.jobs.options import JobOptions

MOST = 2
_IDLE_S = 20.0
_LOAD_S = 60.0
_FRAME_S = 10.0


class LiveFailed(UnmaskError):
    """The camera cannot be watched."""

    code = "live"


class Camera:
    """One child. Frames go in one after the other."""

    def __init__(self, options: JobOptions) -> None:
        asked, memory = options.model_dump_json(), str(Limits.from_environment().memory)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "unmask.jobs.live_child", asked, memory],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            **apart(),  # Ctrl-C is for the server; this ends with its standard input
        )
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._ready = False
        self._used = time.monotonic()
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    @property
    def idle_s(self) -> float:
        """For how long nobody has asked; 0 while somebody waits for an answer."""
        return 0.0 if self._lock.locked() else time.monotonic() - self._used

    def look(self, frame: bytes) -> dict[str, Any]:
        """The faces of a JPEG. Raises :class:`LiveFailed`."""
        with self._lock:
            if not self._ready:
                self._hear(_LOAD_S)
                self._ready = True
            assert self._process.stdin is not None
            try:
                self._process.stdin.write(len(frame).to_bytes(4, "big") + frame)
                self._process.stdin.flush()
            except OSError as error:
                raise LiveFailed("the process that watched the camera has ended") from error
            answer = self._hear(_FRAME_S)
            self._used = time.monotonic()
            return answer

    def close(self) -> None:
        """End the child."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()

    def _hear(self, seconds: float) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            raise LiveFailed("the machine is too busy to watch a camera") from None
        if line is None:
            raise LiveFailed("the process that watched the camera has ended")
        said: dict[str, Any] = json.loads(line)
        if "error" in said:
            raise LiveFailed(said["error"]["message"])
        return said

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)


class Cameras:
    """At most :data:`MOST` at a time; one that nobody asks about is closed."""

    def __init__(self) -> None:
        self._open: dict[str, Camera] = {}
        self._lock = threading.Lock()
        self._sweeper: threading.Timer | None = None

    def look(self, id: str, frame: bytes, options: Callable[[], JobOptions]) -> dict[str, Any]:
        """The faces of the latest frame of a camera. Raises :class:`LiveFailed`.

        ``options`` are asked for at its first frame.
        """
        camera = self._camera(id, options)
        try:
            return camera.look(frame)
        except LiveFailed:
            self.close(id)
            raise

    def close(self, id: str | None = None) -> None:
        """Close one camera, or all."""
        with self._lock:
            ids = list(self._open) if id is None else [id]
            closing = [self._open.pop(one) for one in ids if one in self._open]
            if self._sweeper is not None and not self._open:
                self._sweeper.cancel()
                self._sweeper = None
        for camera in closing:
            camera.close()

    def _camera(self, id: str, options: Callable[[], JobOptions]) -> Camera:
        with self._lock:
            closing = self._idle(but=id)
            if id not in self._open:
                if len(self._open) >= MOST:
                    raise LiveFailed("as many cameras are watched as this server can")
                self._open[id] = Camera(options())
            camera = self._open[id]
            self._sweep_later()
        for old in closing:
            old.close()
        return camera

    def _idle(self, but: str = "") -> list[Camera]:
        idle = [id for id, camera in self._open.items() if id != but and camera.idle_s > _IDLE_S]
        return [self._open.pop(id) for id in idle]

    def _sweep_later(self) -> None:
        """A browser that crashed, or lost its network, has not said that it is gone."""
        if self._sweeper is None and self._open:
            self._sweeper = threading.Timer(_IDLE_S, self._sweep)
            self._sweeper.daemon = True
            self._sweeper.start()

    def _sweep(self) -> None:
        with self._lock:
            self._sweeper = None
            closing = self._idle()
            self._sweep_later()
        for camera in closing:
            camera.close()
