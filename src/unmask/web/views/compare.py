"""Two analyses of the same file side by side."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from unmask.core.analysis import Analysis
from unmask.web.presenting import number, part, version_of
from unmask.web.services import services
from unmask.web.views.analyses import page_of
from unmask.web.words import _

compare = Blueprint("compare", __name__)


@compare.get("/compare")
def show() -> ResponseReturnValue:
    """The analyses ``one`` and ``other``, which must be of the same bytes."""
    stored = [services().history.get(request.args.get(name, "")) for name in ("one", "other")]
    found = [one for one in stored if one is not None]
    if len(found) < 2:
        abort(404, "One of the two analyses is not there. It may have been deleted.")
    if found[0].entry.sha256 != found[1].entry.sha256:
        abort(400, "These analyses are of different files: there is nothing to compare.")
    pages = [page_of(one) for one in found]
    rows = differences(*(page.analysis for page in pages))
    return render_template("compare.html", pages=pages, rows=rows)


def differences(one: Analysis, other: Analysis) -> list[tuple[str, str, str, bool]]:
    """What shaped the results: its name, both values, and whether they differ."""
    rows = zip(_facts(one), _facts(other), strict=True)
    return [(name, left, right, left != right) for (name, left), (_name, right) in rows]


def _facts(analysis: Analysis) -> list[tuple[str, str]]:
    options, model = analysis.options, analysis.model
    sampling = [
        (_("Stretches sampled"), str(options.clips)),
        (_("Frames in each"), str(options.frames_per_clip)),
        (_("Part of the film"), part(options) or _("all of it")),
    ]
    return [
        (_("Model"), f"{model.name} {model.version} ({model.sha256[:12]})"),
        ("Unmask", version_of(analysis)),
        *(sampling if analysis.media.kind == "video" else ()),
        (_("Smallest face, pixels"), str(options.min_face_px)),
        (_("Most faces"), str(options.max_faces)),
        (_("Thresholds"), f"{number(options.thresholds.low)} / {number(options.thresholds.high)}"),
        (_("Computed by"), f"{options.runtime}, {options.device}, {options.precision}"),
        (_("Faces"), str(len(analysis.faces))),
    ]
