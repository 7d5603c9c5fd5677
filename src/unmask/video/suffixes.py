"""Which files of a folder are worth trying."""

from __future__ import annotations

_PICTURES = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".heic", ".heif", ".hif", ".avif",
    ".bmp", ".dib", ".tif", ".tiff", ".gif",
)  # fmt: skip
_VIDEOS = (
    ".mp4", ".m4v", ".mov", ".qt", ".3gp", ".3g2", ".mkv", ".webm", ".avi", ".ts", ".m2ts", ".mts",
    ".mpg", ".mpeg", ".mpe", ".vob", ".m2v", ".m1v", ".wmv", ".asf", ".flv", ".f4v", ".ogv", ".ogg",
    ".mxf", ".dv", ".ivf", ".h264", ".264", ".h265", ".265", ".hevc", ".obu", ".y4m",
)  # fmt: skip
# Lower case, with the dot. Only for walking folders: a file that a person names is always tried,
# and its bytes decide what it is, never its name.
SUFFIXES = frozenset(_PICTURES + _VIDEOS)
