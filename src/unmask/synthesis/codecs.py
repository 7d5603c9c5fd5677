"""Real compression: pictures through JPEG and through video codecs, as files go through apps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
VideoCodec = Literal["libx264", "mpeg4", "mpeg2video"]
_DECODER: dict[VideoCodec, Literal["h264", "mpeg4", "mpeg2video"]] = {
    "libx264": "h264",
    "mpeg4": "mpeg4",
    "mpeg2video": "mpeg2video",
}


def jpeg(picture: Image, quality: int) -> Image:
    """Through JPEG at ``quality`` 1…100."""
    flipped = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".jpg", flipped, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"cannot encode a picture of shape {picture.shape}")
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return np.asarray(cv2.cvtColor(np.asarray(decoded), cv2.COLOR_BGR2RGB), dtype=np.uint8)


def video(frames: Sequence[Image], codec: VideoCodec, quality: int) -> list[Image]:
    """Through a video codec and back, all frames of one even size.

    ``quality`` is the CRF for libx264 (18 fine … 40 coarse), the quantiser (2 … 20) elsewhere.
    """
    return [as_picture(frame) for frame in coded(frames, codec, quality)]


def coded(
    frames: Sequence[Image],
    codec: VideoCodec,
    quality: int,
    options: Mapping[str, str] = MappingProxyType({}),
) -> list[av.VideoFrame]:
    """As :func:`video` makes them, as the decoder gives them, opened with FFmpeg's ``options``."""
    height, width = frames[0].shape[:2]
    encoder = av.CodecContext.create(codec, "w")
    if not isinstance(encoder, av.VideoCodecContext):
        raise TypeError(f"{codec} is not a video codec")
    encoder.width, encoder.height = width, height
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, 25)
    encoder.thread_count = 1
    if codec == "libx264":
        encoder.options = {"crf": str(quality), "preset": "superfast"}
    else:
        encoder.qmin = encoder.qmax = quality
    decoder = av.CodecContext.create(_DECODER[codec], "r")
    decoder.thread_count = 1
    decoder.options = dict(options)
    packets = [
        packet
        for index, picture in enumerate(frames)
        for packet in encoder.encode(_as_frame(picture, index))
    ] + encoder.encode(None)
    if encoder.extradata:
        decoder.extradata = encoder.extradata
    decoded = [frame for packet in packets for frame in decoder.decode(packet)]
    return decoded + decoder.decode(None)


def _as_frame(picture: Image, index: int) -> av.VideoFrame:
    # OpenCV converts in a tenth of the time that setting up a scaler for each frame takes.
    planes = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2YUV_I420)
    frame = av.VideoFrame.from_ndarray(np.asarray(planes, dtype=np.uint8), format="yuv420p")
    frame.pts = index
    return frame


def as_picture(frame: av.VideoFrame) -> Image:
    """H×W×3 uint8, RGB, of a frame that :func:`coded` made."""
    planes = frame.to_ndarray(format="yuv420p")
    return np.asarray(cv2.cvtColor(planes, cv2.COLOR_YUV2RGB_I420), dtype=np.uint8)
