"""When a decoded frame is shown, in seconds, as a Fraction."""

from __future__ import annotations

from fractions import Fraction

import av
from av.packet import Packet
from av.video.stream import VideoStream

from unmask.video.container import MATROSKA, MP4

_USUAL_RATE = Fraction(25)
# A step back longer than this is a new time line (files joined end to end), not jitter.
JITTER_S = Fraction(1)


class Clock:
    """Presentation times, strictly rising between restarts.

    The decoder's own timestamps, less the stream's start, which is at ``begins``. AVI stores none,
    and what FFmpeg makes up for B-frames there is out of order; its decoding times are true, late
    by the reordering delay. Raw streams store no times at all: frames are counted at the stream's
    rate.

    ``starts_anew``: times may, midway. In MP4 and Matroska they may not, and what comes when its
    time has passed is not shown.
    """

    def __init__(
        self,
        stream: VideoStream,
        container: str,
        begins: Fraction = Fraction(0),
    ) -> None:
        self._begins = begins
        self.unit = stream.time_base or Fraction(1, 90_000)
        self.origin = stream.start_time
        self.step = 1 / rate(stream)
        self._by_dts = container == "avi"
        self.starts_anew = container not in (MP4, MATROSKA)
        self._first_dts: int | None = None
        self._delay: int | None = None
        self._shift = Fraction(0)
        self._last: Fraction | None = None

    def seconds(self, stamp: int) -> Fraction:
        """A timestamp of the stream in seconds."""
        if self.origin is None:
            self.origin = stamp
        return self._begins + (stamp - self.origin) * self.unit

    def stamp(self, seconds: Fraction) -> int:
        """The inverse of :meth:`seconds`, rounded down."""
        return int((seconds - self._begins) // self.unit) + (self.origin or 0)

    def shown(self, packet: Packet[VideoStream]) -> int | None:
        """The timestamp a packet's frame is shown at, as far as the container tells."""
        return packet.dts if self._by_dts or packet.pts is None else packet.pts

    def restart(self, key: Packet[VideoStream]) -> None:
        """Decoding begins at this packet, which starts a group of pictures."""
        if self._first_dts is None:
            self._first_dts = key.dts
        self._shift, self._last = Fraction(0), None

    def time(self, frame: av.VideoFrame) -> Fraction | None:
        """When ``frame``, the next out of the decoder, is shown; None if never."""
        stamp = self._dts(frame) if self._by_dts else frame.pts
        now = None if stamp is None else self.seconds(stamp) + self._shift
        if self._last is not None and (now is None or now <= self._last):
            if now is not None and not self.starts_anew:
                return None
            expected = self._last + self.step
            if now is not None and self._last - now > JITTER_S:
                self._shift += expected - now
            now = expected
        self._last = self._begins if now is None else now
        return self._last

    def coming(self, stamp: int) -> Fraction | None:
        """When a packet's frame will be shown. None where times step back: they may start anew
        there, which the next frame alone tells.
        """
        then = self.seconds(stamp) + self._shift
        return None if self._last is not None and self._last - then > JITTER_S else then

    @property
    def needs_first_frame(self) -> bool:
        """Whether times can be told only after the stream's first frame has been seen."""
        return self._by_dts and self._delay is None

    def _dts(self, frame: av.VideoFrame) -> int | None:
        if frame.dts is None or self._first_dts is None:
            return None
        if self._delay is None:
            self._delay = frame.dts - self._first_dts
        return frame.dts - self._delay


def rate(stream: VideoStream) -> Fraction:
    """Frames a second, for want of better: FFmpeg's guess, or 25."""
    guesses = (plausible(stream.guessed_rate), plausible(stream.average_rate))
    return next((guess for guess in guesses if guess is not None), _USUAL_RATE)


def plausible(guess: Fraction | None) -> Fraction | None:
    """A header's rate if it can be a camera's, up to 1,000 a second, else None."""
    return guess if guess is not None and 0 < guess <= 1000 else None
