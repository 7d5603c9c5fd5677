"""One file: its progress while it is analysed, its result when it is done."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Conflict

from unmask.core.analysis import Analysis, AnalysisOptions, Face, FaceFrame, Pixels
from unmask.core.errors import (
    Damaged,
    InputEmpty,
    NoPicture,
    NotMedia,
    TooLarge,
    UsageError,
)
from unmask.evidence import Provenance, Reference, face_colour, face_ink
from unmask.evidence.worth import Worth, worth
from unmask.jobs import EvidenceIndex, JobOptions
from unmask.jobs.pictures import CropPicture, read_provenance_file
from unmask.jobs.previewing import playable
from unmask.pipeline import RANGES
from unmask.store import Entry, Event, Filters, Job, Stored
from unmask.web import problems
from unmask.web.security import owner
from unmask.web.services import services
from unmask.web.timeline import Timeline, timeline_of
from unmask.web.views.progress import describe, in_words
from unmask.web.views.upload import NUMBERS, PART, options_from

analyses = Blueprint("analyses", __name__)
STRIP = 10
_OF_THE_FILE = {one.code for one in (Damaged, InputEmpty, NoPicture, NotMedia, TooLarge)}
"""With which a file fails however often it is tried: another one is needed."""


@dataclass(frozen=True, slots=True)
class Other:
    """Another analysis of the same bytes, and how it looked at them."""

    entry: Entry
    options: AnalysisOptions


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that the result page shows. ``needed_by``: other jobs for which a file is kept."""

    entry: Entry
    analysis: Analysis
    index: EvidenceIndex
    timeline: Timeline | None
    reference: Reference
    worth: Worth | None
    provenance: Provenance | None
    custody: list[Event]
    kept: bool
    plays: bool
    preview: bool
    others: list[Other]
    needed_by: int

    def crops(self, face: Face) -> list[CropPicture]:
        """An even choice of the face's crops, by time."""
        crops = self.index.faces.get(face.id, ())
        if len(crops) <= STRIP:
            return list(crops)
        return [crops[round(n * (len(crops) - 1) / (STRIP - 1))] for n in range(STRIP)]

    @property
    def player(self) -> bool:
        """Whether there is a film to play, in which a moment can be shown."""
        return self.plays or self.preview

    @property
    def start_s(self) -> float:
        """Where the player opens: at the frame that the poster shows, or a late face is missed."""
        faces = [face for face in self.analysis.faces if face.frames]
        return faces[0].frames[0].time_s if faces else 0.0

    @property
    def strongest(self) -> tuple[Face, FaceFrame] | None:
        """The frame that speaks most for manipulation, whatever the verdict; None if none does."""
        scored = [
            (frame.score, face, frame)
            for face in self.analysis.faces
            if face.judged
            for frame in face.frames
            if frame.score is not None
        ]
        best = max(scored, key=lambda one: one[0], default=None)
        return None if best is None else best[1:]

    @property
    def heat(self) -> bool:
        """Whether there are heat maps: those of a face that was not judged would be no evidence."""
        return any(face.judged and self.index.faces.get(face.id) for face in self.analysis.faces)

    def on_poster(self) -> list[tuple[Face, Pixels, CropPicture | None]]:
        """The faces of the frame that the poster shows, with box and crop: where the first was
        seen first.
        """
        faces = [face for face in self.analysis.faces if face.frames]
        found: list[tuple[Face, Pixels, CropPicture | None]] = []
        for face in faces:
            frame = next((f for f in face.frames if f.time_s == faces[0].frames[0].time_s), None)
            if frame is not None:
                crops = self.index.faces.get(face.id, ())
                same = [
                    one for one in crops if face.judged and one.place and one.time_s == frame.time_s
                ]
                found.append((face, frame.box, same[0] if same else None))
        return found

    def scene(self) -> dict[str, Any]:
        """What the script draws: boxes at their times, heat layers and where they lie."""
        media = self.analysis.media
        return {
            "width": media.width,
            "height": media.height,
            "video": media.kind == "video",
            "start": self.start_s,
            "knots": self.timeline.knots if self.timeline else [],
            "times": self.timeline.times if self.timeline else [],
            "faces": [self._face(face) for face in self.analysis.faces],
        }

    def _face(self, face: Face) -> dict[str, Any]:
        boxes = [
            [
                frame.time_s,
                *(round(side, 1) for side in frame.box),
                frame.score if face.judged else None,
            ]
            for frame in face.frames
        ]
        heats = [
            [crop.time_s, self._picture(crop.heat), crop.place]
            for crop in self.index.faces.get(face.id, ())
            if face.judged and crop.place is not None
        ]
        look = {"colour": face_colour(face.id), "ink": face_ink(face.id)}
        return {"id": face.id, "boxes": boxes, "heats": heats} | look

    def _picture(self, name: str) -> str:
        return url_for("media.picture", id=self.entry.id, name=name)


@analyses.get("/analyses/<id>")
def show(id: str) -> ResponseReturnValue:
    """The result, or how far it is, or why there is none."""
    desk = services().desk
    job, stored = desk.book.get(id), desk.history.get(id)  # in this order: a job may just end
    if stored is None and job is not None and job.active:
        state = describe(job, desk)
        return render_template("progress.html", job=job, state=state, words=in_words(state))
    return _ended(job, stored)


def _ended(job: Job | None, stored: Stored | None, problem: UsageError | None = None) -> str:
    """The page of what has ended; with ``problem``, what was sent stands in its form again."""
    refused = {"problem": problem, "given": None if problem is None else request.form}
    if stored is not None:
        page = page_of(stored)
        scene = json.dumps(page.scene())
        return render_template("result.html", page=page, scene=scene, **refused)
    if job is None or job.state == "done":
        abort(404, "There is no analysis with this number. It may have been deleted.")
    return render_template(
        "failed.html",
        job=job,
        kept=services().desk.vault.find(job.sha256) is not None,
        hopeless=job.error is not None and job.error.code in _OF_THE_FILE,
        ranges=RANGES,
        **refused,
    )


@analyses.post("/analyses/<id>/delete")
def delete(id: str) -> ResponseReturnValue:
    """Delete the result, its pictures and, unless another job needs it, the file."""
    if not services().desk.delete(id):
        abort(404)
    return redirect(url_for("history.search", deleted=1), 303)


@analyses.post("/analyses/<id>/again")
def again(id: str) -> ResponseReturnValue:
    """Analyse the same file once more, with other options or another model."""
    own = services()
    job, stored = own.desk.book.get(id), own.history.get(id)
    try:
        options = again_options(job, stored)
        done = own.desk.again(id, options, webhook=own.webhook(None), owner=owner("web"))
    except UsageError as error:
        return _ended(job, stored, error), problems.status_of(error)
    if done is None:
        raise Conflict("The file itself is not kept here. Upload it again.")
    return redirect(url_for("analyses.show", id=done.id), 303)


def again_options(job: Job | None, stored: Stored | None) -> JobOptions:
    """Those of the form; what it leaves open is as it was.

    But thresholds are those of the settings now, and a model that is not installed any more gives
    way to the default.
    """
    sent = options_from(request.form)
    before = JobOptions.model_validate(job.options) if job else _recorded(stored)
    asked = {name: getattr(sent, name) for name in NUMBERS if name in sent.model_fields_set}
    asked |= {name: getattr(sent, name) for name in PART if name in request.form}
    installed = {str(package.folder) for package in services().packages()}
    if request.form.get("model") or before.model not in installed:
        asked["model"] = sent.model
    return before.model_copy(update=asked | {"thresholds": sent.thresholds})


def _recorded(stored: Stored | None) -> JobOptions:
    """Of an analysis that was not handed in here."""
    if stored is None:
        return JobOptions()
    options, package = stored.analysis.options, services().package_of(stored.entry.model_sha256)
    return JobOptions(
        model=None if package is None else str(package.folder),
        clips=options.clips,
        frames_per_clip=options.frames_per_clip,
        min_face=options.min_face_px,
        max_faces=options.max_faces,
        from_s=options.from_s,
        to_s=options.to_s,
    )


def page_of(stored: Stored) -> Page:
    """Gather what belongs to an analysis."""
    desk = services().desk
    entry, analysis = stored.entry, stored.analysis
    package = services().package_of(entry.model_sha256)
    kept = desk.vault.find(entry.sha256) is not None
    plays = kept and playable(analysis.media) is not None
    return Page(
        entry=entry,
        analysis=analysis,
        index=desk.pictures(entry.id),
        timeline=timeline_of(analysis),
        reference=Reference.of(None if package is None else package.manifest),
        worth=None if package is None else worth(package.manifest),
        provenance=read_provenance_file(desk.picture_folder(entry.id)),
        custody=desk.log.of(entry.id),
        kept=kept,
        plays=plays,
        preview=kept and not plays and desk.vault.find_preview(entry.sha256) is not None,
        others=others_of(entry),
        needed_by=desk.book.uses(entry.sha256) - (desk.book.get(entry.id) is not None),
    )


def others_of(entry: Entry) -> list[Other]:
    """Other analyses of the same bytes, the newest first."""
    history = services().history
    same = history.list(Filters(text=entry.sha256), limit=20)
    ids = [one.id for one in same if one.id != entry.id and one.sha256 == entry.sha256]
    found = [stored for id in ids if (stored := history.get(id)) is not None]
    return [
        Other(stored.entry, analysis.options)
        for stored in found
        if (analysis := stored.readable) is not None
    ]
