"""Faces in frames: the MTCNN cascade, and tracks through and across windows."""

from unmask.faces.detector import MIN_FACE, FaceDetector
from unmask.faces.following import Follower
from unmask.faces.linking import FaceTracker
from unmask.faces.reliability import doubtful_faces

__all__ = ["MIN_FACE", "FaceDetector", "FaceTracker", "Follower", "doubtful_faces"]
