"""How coarsely a frame was coded, as its decoder says."""

from __future__ import annotations

import av
import numpy as np
from av.sidedata.encparams import VideoEncParams, VideoEncParamsType
from av.sidedata.sidedata import SideDataContainer

EXPORT = {"export_side_data": "venc_params"}
"""What a decoder is opened with, so that it says it."""

_CHANGE = 4  # place, among a block's integers, of its step away from the frame's
_INTEGER = np.dtype(np.int32).itemsize
_STEPS_A_BIT = 6  # by which the scale begins lower for each bit of depth over eight


def quantiser(frame: av.VideoFrame) -> float | None:
    """The mean quantiser of an H.264 frame's luma: 0 finest, 51 coarsest, each 6 twice as coarse.

    None where the decoder does not say, and for other codecs, whose scales are others.
    """
    # Not frame.side_data: a frame keeps that, and it the frame, until Python sweeps.
    said = SideDataContainer(frame).get("VIDEO_ENC_PARAMS")  # type: ignore[call-arg]
    if not isinstance(said, VideoEncParams) or said.codec_type != VideoEncParamsType.H264:
        return None
    depth = frame.format.components[0].bits
    return said.qp + _mean_change(said) - _STEPS_A_BIT * (depth - 8)


def _mean_change(said: VideoEncParams) -> float:
    """Of the blocks from what the frame says for all; 0 where it says nothing of blocks.

    ``VideoEncParams.qp_map`` makes an object of every block, which takes a millisecond a frame.
    """
    count, width = said.nb_blocks, said.block_size // _INTEGER
    if not count:
        return 0.0
    whole = np.frombuffer(said, np.uint8)[said.blocks_offset :]  # type: ignore[call-overload]
    blocks = whole[: count * said.block_size].view(np.int32).reshape(count, width)
    return float(blocks[:, _CHANGE].mean())
