"""Decoding: facts about a media file, and frames sampled from it at their true times.

Videos are read by PyAV (FFmpeg); pictures and animated GIF, PNG and WebP by Pillow. All come out as
a viewer shows them: upright, pixels square, of ordinary range, pictures in sRGB, transparency over
white.
"""

from unmask.video.beginnings import begins_as_media
from unmask.video.begun import Begun
from unmask.video.counts import DamageCount
from unmask.video.files import FileFacts, changed_while_read, glance, read_facts
from unmask.video.limits import frames_that_fit
from unmask.video.probe import begin, probe
from unmask.video.suffixes import SUFFIXES
from unmask.video.tags import FileTags, read_tags
from unmask.video.windows import read_windows

__all__ = [
    "SUFFIXES",
    "Begun",
    "DamageCount",
    "FileFacts",
    "FileTags",
    "begin",
    "begins_as_media",
    "changed_while_read",
    "frames_that_fit",
    "glance",
    "probe",
    "read_facts",
    "read_tags",
    "read_windows",
]
