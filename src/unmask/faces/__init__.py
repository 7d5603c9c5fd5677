"""Faces in frames: the MTCNN cascade, and tracks through and across windows."""

from unmask.faces.covers import covering
from unmask.faces.detector import FaceDetector
from unmask.faces.following import Follower
from unmask.faces.linking import FaceTracker
from unmask.faces.reliability import doubtful_faces
from unmask.faces.stills import miniature, sameness

__all__ = [
    "FaceDetector",
    "FaceTracker",
    "Follower",
    "covering",
    "doubtful_faces",
    "miniature",
    "sameness",
]
