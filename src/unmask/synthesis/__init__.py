"""Pseudo-fakes and augmentation. Everything random takes an explicit numpy generator."""

from unmask.synthesis.animation import (
    Animation,
    bend,
    flow_animation,
    plate_animation,
    present_clip,
)
from unmask.synthesis.degrade import Degradation, Recoding, draw_degradation
from unmask.synthesis.forge import KINDS, Face, Forgery, Kind, forge
from unmask.synthesis.masks import Matrix, box_side
from unmask.synthesis.overlays import Overlay, draw_overlay
from unmask.synthesis.poses import draw_path, draw_pose, posed, posed_frame
from unmask.synthesis.strangers import draw_stranger
from unmask.synthesis.temporal import CLIP_KINDS, ClipKind, drift, forge_clip
from unmask.synthesis.warps import apply_field, thin_plate_field

__all__ = [
    "CLIP_KINDS",
    "KINDS",
    "Animation",
    "ClipKind",
    "Degradation",
    "Face",
    "Forgery",
    "Kind",
    "Matrix",
    "Overlay",
    "Recoding",
    "apply_field",
    "bend",
    "box_side",
    "draw_degradation",
    "draw_overlay",
    "draw_path",
    "draw_pose",
    "draw_stranger",
    "drift",
    "flow_animation",
    "forge",
    "forge_clip",
    "plate_animation",
    "posed",
    "posed_frame",
    "present_clip",
    "thin_plate_field",
]
