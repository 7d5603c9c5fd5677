"""How much of a video is looked at: options that several commands have alike."""

from __future__ import annotations

import click

clips = click.option(
    "--clips",
    type=int,
    default=4,
    show_default=True,
    metavar="N",
    help="Short stretches sampled from a video, 1 to 256. Up to one less are sampled between them "
    "where faces are small, coding is coarse or no face was seen.",
)
frames_per_clip = click.option(
    "--frames-per-clip",
    type=int,
    metavar="N",
    help="Frames looked at in each, 1 to 64.  [default: the model's number]",
)
