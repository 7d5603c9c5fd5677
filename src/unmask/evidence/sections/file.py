"""The file, and what of it was looked at."""

from __future__ import annotations

from unmask.core.analysis import Analysis, MediaInfo
from unmask.core.language import _, ngettext
from unmask.evidence.custody import document_sha256
from unmask.evidence.document import Block, Facts, Paragraph, Section
from unmask.evidence.format import clock, rate, size, whole
from unmask.evidence.looked import part
from unmask.evidence.report import Report
from unmask.evidence.text import named


def file_section(report: Report) -> Section:
    """Hash and media facts."""
    media = report.analysis.media
    rows = [(_("Name"), media.name)]
    points = _("Name in code points")
    if not media.name.isascii():
        rows.append((points, spelled(media.name)))
    rows += [("SHA-256", media.sha256), (_("Size"), size(media.bytes)), *_picture(media)]
    return Section(_("File"), (Facts(tuple(rows), frozenset({"SHA-256", points})),))


def spelled(name: str) -> str:
    """A name in ASCII, every other character by its code point: it can be retyped anywhere."""
    return "".join(char if char.isascii() else named(char) for char in name)


def _picture(media: MediaInfo) -> list[tuple[str, str]]:
    pixels = _("%(width)s × %(height)s pixels", width=media.width, height=media.height)
    turned = _(", shown turned by %(n)s°", n=media.rotation) if media.rotation else ""
    rows = [
        (_("Kind"), _("video") if media.kind == "video" else _("picture")),
        (_("Format"), f"{media.container}, {media.codec}"),
        (_("Picture size"), pixels + turned),
    ]
    if media.kind == "video":
        unknown = _("unknown")
        rows += [
            (_("Length"), unknown if media.duration_s is None else clock(media.duration_s)),
            (_("Frame rate"), unknown if media.frame_rate is None else rate(media.frame_rate)),
            (_("Sound"), _("present, not examined") if media.has_audio else _("absent")),
        ]
    return rows


def sampling_section(report: Report) -> Section:
    """How the file was sampled, what failed, which faces came of it, with what options."""
    analysis = report.analysis
    media, options = analysis.media, analysis.options
    seen = [frame for face in analysis.faces for frame in face.frames]
    times = {frame.time_s for frame in seen}
    scored = sum(frame.score is not None for frame in seen)
    document, id = _("Analysis document, SHA-256"), _("Analysis number")
    rows = [
        (_("Asked for"), _asked(analysis)),
        (_("Frames decoded"), whole(media.frames_decoded)),
        (_("Frames that failed"), _damaged(media)),
        (_("Frames with a face"), whole(len(times))),
        (
            _("Views of faces"),
            _("%(seen)s, of which %(scored)s scored", seen=whole(len(seen)), scored=whole(scored)),
        ),
        (
            _("Faces"),
            _(
                "%(seen)s looked at (at most %(most)s), %(judged)s judged",
                seen=whole(len(analysis.faces)),
                most=whole(options.max_faces),
                judged=whole(sum(face.judged for face in analysis.faces)),
            ),
        ),
        (_("Smallest face looked for"), _("%(n)s pixels", n=options.min_face_px)),
        (
            _("Run by"),
            _(
                "%(runtime)s on %(device)s, %(precision)s",
                runtime=options.runtime,
                device=options.device,
                precision=options.precision,
            ),
        ),
        (document, document_sha256(analysis)),
    ]
    if report.id:
        rows.append((id, report.id))
    blocks: list[Block] = [Facts(tuple(rows), frozenset({document, id}))]
    if media.kind == "video":
        blocks.append(
            Paragraph(
                _(
                    "Decoded frames include those that had to be read on the way to a sampled one. "
                    "What lies between the sampled stretches was not looked at."
                ),
                style="small",
            )
        )
    return Section(_("What was examined"), tuple(blocks))


def _damaged(media: MediaInfo) -> str:
    if not media.frames_damaged:
        return _("none")
    return _(
        "%(n)s packets or frames could not be decoded",
        n=whole(media.frames_damaged),
    )


def _asked(analysis: Analysis) -> str:
    options = analysis.options
    if analysis.media.kind == "image":
        return _("the whole picture")
    stretches = ngettext(
        "%(num)s stretch spread over the file",
        "%(num)s stretches spread over the file",
        options.clips,
    )
    frames = ngettext("%(num)s frame each", "%(num)s frames each", options.frames_per_clip)
    return ". ".join(filter(None, (f"{stretches}, {frames}", part(options))))
