"""Decoded frames of one stream in order of presentation, and jumps forward to where they matter."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.codec.context import Flags
from av.packet import Packet
from av.video.stream import VideoStream

from unmask.core.deadline import Deadline
from unmask.core.frames import Frame
from unmask.video.clock import Clock
from unmask.video.container import (
    MATROSKA,
    can_jump,
    further_streams,
    opened,
    picture_stream,
)
from unmask.video.counts import DamageCount
from unmask.video.headers import Told
from unmask.video.joined import starts_anew
from unmask.video.keys import KeyIndex
from unmask.video.limits import MAX_PIXELS, check_size
from unmask.video.needless import needless
from unmask.video.packets import is_flush, read_packets
from unmask.video.quantiser import EXPORT, quantiser
from unmask.video.rgb import as_displayed, display_size

# Decoders whose non-reference frames can be left out without touching any other frame.
_CAN_SKIP = frozenset({"h264", "mpeg1video", "mpeg2video", "mpeg4", "vp8"})
# Without an index, so little to go is read through: a seek could land before here.
_READ_ON_S = Fraction(4)
# A film whose times start anew is read through. Of hours that takes too long: what a jump finds
# is looked at, and the result says so.
_SHORT_BYTES = 256 * 2**20
# How far before the wanted time a blind seek tries to land, for it may miss the key frame.
_STEPS_BACK_S = (0, 2, 8, 30)
# Sample entries of Dolby Vision that is no picture without it: where a film says nothing of its
# colours, they are Dolby's own (profile 5), which FFmpeg and browsers show in violet and green.
_DOLBY_ALONE, _UNSPECIFIED = frozenset({"dvh1", "dvhe", "dva1", "dvav", "dav1"}), 2
_THREADS, _THREADS_ABOVE_4K = 8, 2
# Width over height: half pictures have 2.67 (of 4:3) and more, the widest films 2.4.
_FIELDS_SHAPE = Fraction(5, 2)


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A frame as the decoder gave it, when it is shown, and what headers told of its quantiser."""

    time: Fraction
    frame: av.VideoFrame
    stream: VideoStream
    told: float | None = None

    @property
    def aspect(self) -> Fraction | None:
        """A pixel's width over its height, None where it is unsaid: square.

        HEVC stores half pictures of an interlaced film one by one, and FFmpeg gives them so: their
        lines lie twice as far apart. That is believed of frames so wide that nobody films so: of
        others a header that says it would draw faces to twice their height.
        """
        stated = self.stream.sample_aspect_ratio
        wide = self.frame.width * (stated or 1) >= _FIELDS_SHAPE * self.frame.height
        hevc = self.stream.codec_context.codec.canonical_name == "hevc"
        if hevc and wide and self.frame.interlaced_frame:
            return (stated or Fraction(1)) / 2
        return stated

    @property
    def quantiser(self) -> float | None:
        """How coarsely it was coded, where the decoder or its headers say."""
        return quantiser(self.frame) if self.told is None else self.told

    def shown(self, size: tuple[int, int]) -> Frame:
        """As it is displayed, of that ``size`` (width, height)."""
        transfer = self.stream.codec_context.color_trc
        frame = as_displayed(
            self.time,
            self.frame,
            size,
            aspect=self.aspect,
            transfer=transfer,
            quantiser=self.quantiser,
        )
        if self._has_unread_alpha:
            return replace(frame, opacity=np.zeros(frame.image.shape[:2], np.uint8))
        return frame

    @property
    def _has_unread_alpha(self) -> bool:
        """Whether the film is partly transparent and FFmpeg decodes its colours alone.

        WebM keeps the alpha of VP8 and VP9 beside them. Browsers apply it, most players do not.
        """
        tags = {name.lower(): value for name, value in self.stream.metadata.items()}
        return tags.get("alpha_mode") == "1"


class FrameReader:
    """The picture stream of a file; a context manager. Moves only forward, but for rewinding.

    ``begins`` is when its first frame is shown.
    """

    def __init__(
        self,
        path: Path,
        deadline: Deadline,
        damage: DamageCount,
        *,
        jumps: bool,
        begins: Fraction = Fraction(0),
    ) -> None:
        self._path, self._deadline, self._damage = path, deadline, damage
        self._begins = begins
        self._doing = f"decoding {path.name}"
        self._stack = ExitStack()
        self._here = begins
        self._open(jumps=jumps)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _open(self, *, jumps: bool) -> None:
        """Stand at the first packet. Without ``jumps`` the file is read in order, come what may."""
        self._stack.close()
        with ExitStack() as stack:
            self.container = stack.enter_context(opened(self._path, self._deadline))
            self.stream = picture_stream(self.container, self._path)
            self._damage.further = max(0, further_streams(self.container))
            self._prepare_decoder()
            self._stack = stack.pop_all()
        self._jumps = jumps and can_jump(self.container, self.stream)
        try:
            self._keys = KeyIndex.of(self.container, self.stream) if self._jumps else None
            anew = self._jumps and starts_anew(
                self.container, self.stream, self._path, self._deadline
            )
            # No player makes a Matroska film like that: somebody may mean to lead us astray.
            through = anew and (
                self.container.size <= _SHORT_BYTES or self.container.format.name == MATROSKA
            )
            self._damage.unsure_of_times |= anew and not through
        except av.error.FFmpegError:  # stands who knows where, and cannot seek back
            through = True
        if through:
            self._open(jumps=False)
            return
        name = self.container.format.name
        self._clock = Clock(self.stream, name, self._begins)
        self._skip_before = self._floor = Fraction(0)
        self._ready: deque[Decoded] = deque()
        self._begin()

    def _prepare_decoder(self) -> None:
        context = self.stream.codec_context
        check_size(self._path.name, context.width, context.height)
        huge = context.width * context.height > 4096 * 2304
        context.thread_type = "AUTO"
        # Of H.264's frames that are decoded side by side FFmpeg says what they were coded with
        # before it knows, and where their slices are, it does not say which are damaged.
        alone = context.codec.canonical_name == "h264"
        most = 1 if alone else _THREADS_ABOVE_4K if huge else _THREADS
        context.thread_count = min(os.cpu_count() or 1, most)
        # Or what is cropped on the left stays in the picture, up to a fast processor's alignment.
        context.flags |= Flags.unaligned
        context.options = {"max_pixels": str(MAX_PIXELS), **EXPORT}
        self._damage.shown_otherwise = (
            context.codec_tag in _DOLBY_ALONE and context.color_trc == _UNSPECIFIED
        )
        self._told = Told(context)
        self._needless = needless(context)
        self._skips = context.codec.canonical_name in _CAN_SKIP

    def next(self) -> Decoded | None:
        """The next whole frame, or None at the end."""
        while not self._ready:
            packet = next(self._packets, None)
            if packet is None:
                return None
            self._ready.extend(self._decode(packet))
        shot = self._ready.popleft()
        self._here = max(self._here, shot.time)
        return shot

    def peek(self) -> Decoded | None:
        """The next whole frame, which stays the next one."""
        shot = self.next()
        if shot is not None:
            self._ready.appendleft(shot)
        return shot

    def rewind(self) -> None:
        """Back to the first packet, of a stream that jumps and of which nothing was decoded."""
        try:
            self.container.seek(self.stream.start_time or 0, stream=self.stream)
        except av.error.FFmpegError:
            self._open(jumps=False)
            return
        self._begin()

    def resume(self, deadline: Deadline) -> None:
        """Go on within another deadline."""
        self._deadline = deadline
        if not self._flushed:
            self._packets = self._read()

    @property
    def jumps(self) -> bool:
        """Whether :meth:`enter` seeks."""
        return self._jumps

    def close(self) -> None:
        """Let go of the file and of the decoder."""
        self._stack.close()

    def enter(self, start: Fraction, latest: Fraction) -> None:
        """Move so that the next frames from ``start`` on are cheap to reach.

        Lands on a key frame between ``start`` and ``latest`` where the index shows one, else on
        the last one before ``start``, else stays: frames before ``start`` are then still to come.
        """
        self._skip_before = start
        if not self._jumps or start <= self._here:
            return
        if self._clock.needs_first_frame:
            self.peek()
        if self._keys is not None:
            key = self._keys.between(start, latest, self._clock)
            if key is not None and key[0] > self._here:
                self._seek(key[1])
        elif start - self._here > _READ_ON_S:
            self._enter_blindly(start, latest)

    def _enter_blindly(self, start: Fraction, latest: Fraction) -> None:
        for back in _STEPS_BACK_S:
            landed = self._seek(self._clock.stamp(max(start - back, Fraction(0))))
            if landed is not None and landed <= latest:
                return
        self._open(jumps=False)
        self._skip_before = start

    def _seek(self, stamp: int) -> Fraction | None:
        """The time of the key frame where decoding goes on, None if there is none."""
        try:
            self.container.seek(stamp, stream=self.stream)
        except av.error.FFmpegError:
            return None
        self._ready.clear()
        return self._begin(key_only=True)

    def _begin(self, *, key_only: bool = False) -> Fraction | None:
        """Take packets from where the container stands, after a seek from a key frame on.

        Frames shown before that key frame lean on ones that were not decoded: they are dropped.
        """
        packets, self._flushed = self._read(), False
        first = next((p for p in packets if p.is_keyframe or not key_only), None)
        self._packets = packets if first is None else _put_back(first, packets)
        if first is None:
            return None
        self._clock.restart(first)
        stamp = self._clock.shown(first)
        if not key_only or stamp is None:
            self._jumps = self._jumps and stamp is not None
            return None
        self._floor = self._clock.seconds(stamp)
        return self._floor

    def _read(self) -> Iterator[Packet[VideoStream]]:
        return read_packets(self.container, self.stream, self._damage, self._deadline, self._doing)

    def _decode(self, packet: Packet[VideoStream]) -> list[Decoded]:
        self._flushed |= is_flush(packet)
        self._told.hear(packet)
        early = self._is_early(packet)
        if early and self._needless is not None and self._needless(packet):
            return []
        if self._skips:
            self.stream.codec_context.skip_frame = "NONREF" if early else "DEFAULT"
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            self._damage.damaged += 1
            return []
        return [shot for frame in frames if (shot := self._accept(frame)) is not None]

    def _is_early(self, packet: Packet[VideoStream]) -> bool:
        """Whether it is on the way to a window: frames that no other needs are not decoded."""
        if packet.pts is None or is_flush(packet) or self._clock.origin is None:
            return False
        then = self._clock.coming(packet.pts)
        return then is not None and then < self._skip_before

    def _accept(self, frame: av.VideoFrame) -> Decoded | None:
        check_size(self._path.name, frame.width, frame.height)
        time, told = self._clock.time(frame), self._told.of(frame)
        if frame.is_corrupt:
            self._damage.damaged += 1
            return None
        self._damage.decoded += 1
        if time is None:
            self._damage.late += 1
            return None
        shot = Decoded(time, frame, self.stream, told)
        self._note_size(shot)
        return shot if time >= self._floor else None

    def _note_size(self, shot: Decoded) -> None:
        stored = shot.frame.width, shot.frame.height
        if stored not in self._damage.sizes:
            self._damage.sizes.add(stored)
            self._damage.shown.add(display_size(shot.frame, shot.aspect))


def _put_back(
    first: Packet[VideoStream], rest: Iterator[Packet[VideoStream]]
) -> Iterator[Packet[VideoStream]]:
    yield first
    yield from rest
