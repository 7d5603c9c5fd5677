"""How coarsely a frame was coded, on one scale: H.264's mean quantiser.

0 is finest, 51 coarsest, each 6 are twice as coarse.
"""

from __future__ import annotations

from collections.abc import Sequence

import av
import numpy as np
from av.sidedata.encparams import VideoEncParams, VideoEncParamsType
from numpy.typing import NDArray

from unmask.video.side_data import side_data

EXPORT = {"export_side_data": "venc_params"}
"""What a decoder is opened with, so that it says it."""

_WIDTH, _HEIGHT, _CHANGE = 2, 3, 4  # places, among a block's integers; its step from the frame's
_INTEGER = np.dtype(np.int32).itemsize
_TWICE = 6  # steps that make it twice as coarse; H.264 begins so much lower for each further bit

# VP9 and AV1 say where in a table the quantiser stands (VP9's bitstream specification, 8.6.1;
# AV1's, 7.12.2). It is made of straight pieces, further up of ever shorter ones: between these
# places it is never further from a straight line than 1 in 100. Ten bits have it four times
# as large, on samples that are.
_PLACES = (1, 95, 120, 137, 150, 160, 169, 182, 193, 202, 212, 222, 233, 244, 255)
_STEPS = (8, 102, 152, 203, 255, 305, 359, 456, 560, 663, 801, 969, 1196, 1479, 1828)
_ONE_STEP, _ONE_STEP_IS = 8, 4.0  # what the table calls a step of one, and H.264 does

# What predicts better has less left to code, and may do it more coarsely: where H.264 has 33,
# these have so much more and their pictures are as close to what was coded (docs/decisions.md).
# Of HEVC and AV1 part of it is that slices and frames say what most blocks are then finer than.
_VP8_MORE, _VP9_MORE, _HEVC_MORE, _AV1_MORE = 5.0, 5.0, 6.0, 8.0
# Stills have no other frame to be predicted from: HEVC's have H.264's error at the same number, and
# these so much more (benchmarks/coarseness.py).
_JPEG_MORE, _VP8_STILL_MORE, _AV1_STILL_MORE = 2.0, 1.0, 7.0

# VP8's table (RFC 6386, 14.1), as the one above within 1 in 200. It calls a step of one two.
_VP8_PLACES, _VP8_STEPS, _VP8_ONE_STEP = (0, 54, 83, 102, 116, 127), (4, 58, 116, 173, 229, 284), 2

# JPEG has a step for each of 64 frequencies. Of five kinds of tables, from even to steep, the mean
# of the first 21 logarithms, those of six diagonals, is next to what H.264 of the same error has.
_FIRST = [8 * down + across for down in range(8) for across in range(8) if down + across < 6]


def quantiser(frame: av.VideoFrame) -> float | None:
    """The mean one of a frame's luma. None where its decoder does not say, and for other codecs."""
    said = side_data(frame, "VIDEO_ENC_PARAMS")
    if not isinstance(said, VideoEncParams):
        return None
    changes, areas = _blocks(said)
    if said.codec_type == VideoEncParamsType.VP9:
        coded = float(np.average(_by_table(said.qp + changes), weights=areas))
        return max(0.0, coded - _VP9_MORE)
    if said.codec_type == VideoEncParamsType.H264:
        depth = frame.format.components[0].bits
        return said.qp + float(changes.mean()) - _TWICE * (depth - 8)
    return None


def of_hevc(said: int | None, *, still: bool = False) -> float | None:
    """For what an HEVC slice says: ``SliceQpY``, 0…51. A still leans on no other frame."""
    return None if said is None else max(0.0, said - (0.0 if still else _HEVC_MORE))


def of_av1(said: int | None, *, still: bool = False) -> float | None:
    """For what an AV1 frame says: ``base_q_idx``, 0…255. A still leans on no other frame."""
    if said is None:
        return None
    more = _AV1_STILL_MORE if still else _AV1_MORE
    return max(0.0, float(_by_table(np.array([said], np.int32))[0]) - more)


def of_vp8(said: Sequence[tuple[int, float]] | None, *, still: bool = False) -> float | None:
    """For what a VP8 frame says: where in its table segments stand, 0…127, and their shares."""
    if said is None:
        return None
    places, shares = zip(*said, strict=True)
    steps = np.interp(places, _VP8_PLACES, _VP8_STEPS) / _VP8_ONE_STEP
    coded = float(np.average(_of_steps(steps), weights=shares))
    return max(0.0, coded - (_VP8_STILL_MORE if still else _VP8_MORE))


def of_jpeg(table: Sequence[int] | None) -> float | None:
    """For a JPEG's table of quantisers: 64 steps, row by row."""
    return None if table is None else of_steps([table[place] for place in _FIRST])


def of_steps(steps: Sequence[float]) -> float:
    """For a JPEG's steps of low frequencies."""
    held = np.maximum(np.asarray(steps, np.float64), 1)
    return max(0.0, float(_of_steps(held).mean()) - _JPEG_MORE)


def _by_table(places: NDArray[np.int32]) -> NDArray[np.float64]:
    return _of_steps(np.interp(places, _PLACES, _STEPS) / _ONE_STEP)


def _of_steps(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    return _ONE_STEP_IS + _TWICE * np.log2(steps)


def _blocks(said: VideoEncParams) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """How far each block is from what the frame says for all, and its area.

    One block that is none where it says nothing of blocks: VP9's has only those of segments.
    ``VideoEncParams.qp_map`` makes an object of every block, which takes a millisecond a frame.
    """
    count, width = said.nb_blocks, said.block_size // _INTEGER
    if not count:
        return np.zeros(1, np.int32), np.ones(1, np.int32)
    whole = np.frombuffer(said, np.uint8)[said.blocks_offset :]  # type: ignore[call-overload]
    blocks = whole[: count * said.block_size].view(np.int32).reshape(count, width)
    return blocks[:, _CHANGE], blocks[:, _WIDTH] * blocks[:, _HEIGHT]
