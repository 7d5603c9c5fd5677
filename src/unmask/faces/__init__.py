"""Faces in frames: the MTCNN cascade, and tracks through and across windows."""

from unmask.faces.detector import MIN_FACE, FaceDetector

__all__ = ["MIN_FACE", "FaceDetector"]
