"""What a reader counts while it decodes."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class DamageCount:
    """Owned by the caller of :func:`unmask.video.read_windows`, which only adds to it.

    ``decoded`` counts every frame the decoder delivered whole, sampled or not; ``damaged`` the
    packets it could not read and the frames it marked as broken, none of which is delivered.
    ``sizes`` are the different ones, width and height, that frames were stored in, ``shown`` those
    that they are displayed in.
    ``unsure_of_times`` tells that they start anew midway, in a film too long to be read through.
    ``late`` are decoded frames that no player shows, for their time has passed when they come.
    ``further`` are the pictures of a picture's file, or the picture streams of a film, that nobody
    looks at, ``film_beside`` that a short film lies behind the picture, ``plays`` that players show
    that film in its place.
    ``shown_otherwise`` tells that many programs show something else than browsers do.
    ``rows_missing`` are the last ones of a picture whose file breaks off before its end, None where
    it does not.
    """

    decoded: int = 0
    damaged: int = 0
    sizes: set[tuple[int, int]] = field(default_factory=set)
    shown: set[tuple[int, int]] = field(default_factory=set)
    unsure_of_times: bool = False
    late: int = 0
    further: int = 0
    film_beside: bool = False
    plays: bool = False
    shown_otherwise: bool = False
    rows_missing: int | None = None
