"""The file, and what of it was looked at."""

from __future__ import annotations

from unmask.core.analysis import Analysis, MediaInfo
from unmask.evidence.custody import document_sha256
from unmask.evidence.document import Block, Facts, Paragraph, Section
from unmask.evidence.report import Report
from unmask.evidence.sections.format import clock, plural, rate, size
from unmask.evidence.text import named


def file_section(report: Report) -> Section:
    """Hash and media facts."""
    media = report.analysis.media
    rows = [("Name", media.name)]
    if not media.name.isascii():
        rows.append(("Name in code points", spelled(media.name)))
    rows += [("SHA-256", media.sha256), ("Size", size(media.bytes)), *_picture(media)]
    return Section("File", (Facts(tuple(rows), frozenset({"SHA-256", "Name in code points"})),))


def spelled(name: str) -> str:
    """A name in ASCII, every other character by its code point: it can be retyped anywhere."""
    return "".join(char if char.isascii() else named(char) for char in name)


def _picture(media: MediaInfo) -> list[tuple[str, str]]:
    turned = f", shown turned by {media.rotation}°" if media.rotation else ""
    rows = [
        ("Kind", "video" if media.kind == "video" else "picture"),
        ("Format", f"{media.container}, {media.codec}"),
        ("Picture size", f"{media.width} × {media.height} pixels{turned}"),
    ]
    if media.kind == "video":
        length = "unknown" if media.duration_s is None else clock(media.duration_s)
        rows.append(("Length", length))
        rows.append(
            ("Frame rate", "unknown" if media.frame_rate is None else rate(media.frame_rate))
        )
        rows.append(("Sound", "present, not examined" if media.has_audio else "none"))
    return rows


def sampling_section(report: Report) -> Section:
    """How the file was sampled, what failed, which faces came of it, with what options."""
    analysis = report.analysis
    media, options = analysis.media, analysis.options
    seen = [frame for face in analysis.faces for frame in face.frames]
    times = {frame.time_s for frame in seen}
    scored = sum(frame.score is not None for frame in seen)
    rows = [
        ("Asked for", _asked(analysis)),
        ("Frames decoded", f"{media.frames_decoded:,}"),
        (
            "Frames that failed",
            f"{media.frames_damaged:,} packets or frames could not be decoded"
            if media.frames_damaged
            else "none",
        ),
        ("Frames with a face", f"{len(times):,}"),
        ("Views of faces", f"{len(seen):,}, of which {scored:,} scored"),
        (
            "Faces",
            f"{len(analysis.faces):,} looked at (at most {options.max_faces}), "
            f"{sum(face.judged for face in analysis.faces):,} judged",
        ),
        ("Smallest face looked for", f"{options.min_face_px} pixels"),
        ("Run by", f"{options.runtime} on {options.device}, {options.precision}"),
        ("Analysis document, SHA-256", document_sha256(analysis)),
    ]
    if report.id:
        rows.append(("Analysis number", report.id))
    exact = frozenset({"Analysis document, SHA-256", "Analysis number"})
    blocks: list[Block] = [Facts(tuple(rows), exact)]
    if media.kind == "video":
        blocks.append(
            Paragraph(
                "Decoded frames include those that had to be read on the way to a sampled one. "
                "What lies between the sampled stretches was not looked at.",
                style="small",
            )
        )
    return Section("What was examined", tuple(blocks))


def _asked(analysis: Analysis) -> str:
    options = analysis.options
    if analysis.media.kind == "image":
        return "the whole picture"
    return (
        f"{plural(options.clips, 'stretch', 'stretches')} spread over the file, "
        f"{plural(options.frames_per_clip, 'frame')} each"
    )
