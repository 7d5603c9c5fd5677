"""Where key frames lie, as far as the container's index tells."""

from __future__ import annotations

from fractions import Fraction

from av.container import InputContainer
from av.video.stream import VideoStream

from unmask.video.clock import Clock
from unmask.video.container import INDEXED

_FAR_S = 10**6


class KeyIndex:
    """Key frames by time. MP4's index goes by decoding time, which runs ``lag`` ahead."""

    def __init__(self, stream: VideoStream, lag: int) -> None:
        self._entries, self._lag = stream.index_entries, lag

    @classmethod
    def of(cls, container: InputContainer, stream: VideoStream) -> KeyIndex | None:
        """The index of a container that has a full one, else None. Leaves it at the start.

        Matroska reads its cues, or in want of them every cluster's head, when first asked to
        seek; hence the seek to the far end. Raises FFmpeg's error where seeking fails.
        """
        if container.format.name not in INDEXED or stream.time_base is None:
            return None
        begin = stream.start_time or 0
        if container.format.name == "matroska,webm":
            container.seek(begin + int(_FAR_S / stream.time_base), stream=stream)
        lag = _lag(container, stream) if container.format.name.startswith("mov") else 0
        container.seek(begin, stream=stream)
        return cls(stream, lag)

    def between(
        self, start: Fraction, latest: Fraction, clock: Clock
    ) -> tuple[Fraction, int] | None:
        """Time and timestamp of the first key frame in [start, latest], or the last before."""
        wanted = clock.stamp(start) - self._lag
        after = self._entries.search_timestamp(wanted, backward=False)
        if after >= 0 and (key := self._key(after, clock))[0] <= latest:
            return key
        before = self._entries.search_timestamp(wanted, backward=True)
        return self._key(before, clock) if before >= 0 else None

    def _key(self, index: int, clock: Clock) -> tuple[Fraction, int]:
        stamp = self._entries[index].timestamp + self._lag
        return clock.seconds(stamp), stamp


def _lag(container: InputContainer, stream: VideoStream) -> int:
    """How much later the first key frame is shown than decoded, in the stream's time base."""
    for packet in container.demux(stream):
        if packet.pts is not None and packet.dts is not None:
            return max(0, packet.pts - packet.dts)
        break
    return 0
