"""One file's way through the stages. The only place that names their order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from unmask.clips import plan_windows, with_spares
from unmask.core.analysis import Analysis, AnalysisOptions, Face, MediaInfo, ModelRef, Verdict
from unmask.core.deadline import Deadline
from unmask.core.errors import Damaged, NotInFile
from unmask.core.frames import Sighting, WindowPlan
from unmask.core.version import JUDGING, __version__
from unmask.evidence import EvidenceSink, ScoredCrop
from unmask.pipeline.choosing import Choice, choose_faces, sightings
from unmask.pipeline.engine import Engine
from unmask.pipeline.judging import (
    face_evidence,
    face_record,
    frame_score,
    rounded,
    score_faces,
    seconds,
)
from unmask.pipeline.looking import Alter, Looker, Seen
from unmask.pipeline.notices import notices
from unmask.pipeline.progress import Progress
from unmask.pipeline.queueing import Scored
from unmask.pipeline.timing import StageClock
from unmask.runtime.package import Manifest
from unmask.verdict import judge_face, judge_file
from unmask.video import Begun, DamageCount, FileFacts, begin

_MUCH_LARGER = 1.5  # times as many pixels


@dataclass(frozen=True, slots=True)
class Run:
    """The analysis of one file."""

    source: Path
    clock: StageClock
    deadline: Deadline
    progress: Progress
    evidence: EvidenceSink | None
    alter: Alter | None = None

    def open(self, facts: FileFacts) -> tuple[MediaInfo, Begun]:
        """Probe the file, of which the hash may still be to come. Raises :class:`InputError`."""
        with self.clock.stage("open"):
            self.progress("open", 0, 1)
            opened = begin(self.source, deadline=self.deadline, facts=facts)
            self.progress("open", 1, 1)
        return opened

    def delayed(self, seconds: float) -> Run:
        """The same, ``seconds`` of waiting for other files not counted."""
        return replace(self, deadline=self.deadline.later(seconds))

    def analyse(
        self,
        info: MediaInfo,
        engine: Engine,
        model: ModelRef,
        options: AnalysisOptions,
        sha256: Callable[[Deadline], str],
        begun: Begun,
    ) -> Analysis:
        """Look at the file, choose faces, judge them. ``sha256`` is asked for after the looking."""
        manifest = engine.scorer.package.manifest
        plans = plan_windows(
            info.duration_s,
            clips=options.clips,
            frames=options.frames_per_clip,
            step_s=manifest.clip.step_s,
            part=_part(info, options),
        )
        if not plans:
            raise NotInFile(
                f"{self.source}: ends after {info.duration_s:.1f} s, before the part to look at",
                hint="name a part that lies within it",
            )
        looker = self._look(info, engine, options, plans, begun)
        if (larger := _grown(info, looker.damage.shown)) is not None:
            info = larger
            looker = self._look(info, engine, options, plans, begun)
        if options.from_s:
            self._check_part(looker.seen, plans)
        known_by_now = {
            "sha256": sha256(self.deadline),
            "frames_decoded": looker.damage.decoded,
            "frames_damaged": looker.damage.damaged,
        }
        info = info.model_copy(update=known_by_now)
        with self.clock.stage("choose"):
            choice = choose_faces(
                looker.tracks,
                looker.scored,
                max_faces=options.max_faces,
                frames=looker.seen.frames,
            )
        faces, verdict = self._judge(info, engine, options, choice, looker)
        if self.evidence is not None:
            _hand_over(self.evidence, choice, looker.scored, manifest)
        return Analysis(
            unmask=__version__,
            judging=JUDGING,
            media=info,
            model=model,
            options=options,
            verdict=verdict,
            faces=faces,
            warnings=tuple(notices(info, looker.seen, looker.damage, choice)),
            stretches=_stretches(info, looker.seen),
            timings_s=self.clock.timings(),
        )

    def _look(
        self,
        info: MediaInfo,
        engine: Engine,
        options: AnalysisOptions,
        plans: Sequence[WindowPlan],
        begun: Begun,
    ) -> Looker:
        looker = Looker(
            engine.detector,
            engine.scorer,
            max_faces=options.max_faces,
            keep_pictures=self.evidence is not None,
            clock=self.clock,
            deadline=self.deadline,
            alter=self.alter,
        )
        looker.look(self.source, info, list(with_spares(plans)), self.progress, begun)
        return looker

    def _check_part(self, seen: Seen, plans: Sequence[WindowPlan]) -> None:
        """Where nothing decodes in any plan, the film's beginning is read: no answer for a part."""
        if plans[0].start > seen.stretches[0][0]:
            raise Damaged(
                f"{self.source}: nothing can be decoded in the part to look at",
                hint="it seems cut short or overwritten; copy or download it again",
            )

    def _judge(
        self,
        info: MediaInfo,
        engine: Engine,
        options: AnalysisOptions,
        choice: Choice,
        looker: Looker,
    ) -> tuple[tuple[Face, ...], Verdict]:
        manifest, scored = engine.scorer.package.manifest, looker.scored
        with self.clock.stage("temporal"):
            clips = score_faces(choice.faces, scored, engine.scorer, self.deadline)
        with self.clock.stage("verdict"):
            evidence = [
                face_evidence(face, scored, own, looker.turned, looker.covered, looker.miniatures)
                for face, own in zip(choice.faces, clips, strict=True)
            ]
            verdicts = [
                judge_face(
                    one,
                    manifest.calibration,
                    options.thresholds,
                    kind=info.kind,
                    pooling=manifest.pooling,
                )
                for one in evidence
            ]
            whole = judge_file(
                verdicts,
                [one.prominence for one in evidence],
                options.thresholds,
                further_films=_further_films(info, looker.damage),
                viewers_differ=looker.damage.shown_otherwise,
            )
            faces = tuple(
                face_record(number, face, scored, own, manifest, one, verdict)
                for number, (face, own, one, verdict) in enumerate(
                    zip(choice.faces, clips, evidence, verdicts, strict=True)
                )
            )
            return faces, rounded(whole)


def _further_films(info: MediaInfo, damage: DamageCount) -> bool:
    """Whether a player may show another film than what was looked at."""
    return damage.plays or (info.kind == "video" and damage.further > 0)


def _grown(info: MediaInfo, shown: Collection[tuple[int, int]]) -> MediaInfo | None:
    """The same with the largest size that frames are shown in, where the first is much smaller.

    A call over a slow line begins small, and a film may do so to have its faces shrunk.
    """
    width, height = max(shown, key=lambda size: size[0] * size[1], default=(0, 0))
    if width * height < _MUCH_LARGER * info.width * info.height:
        return None
    return info.model_copy(update={"width": width, "height": height})


def _part(info: MediaInfo, options: AnalysisOptions) -> tuple[float | None, float | None]:
    """Where to look: of a film not before its first picture."""
    if info.kind == "image":
        return None, None
    return max(options.from_s or 0.0, info.starts_s), options.to_s


def _stretches(info: MediaInfo, seen: Seen) -> tuple[tuple[float, float], ...] | None:
    if info.kind == "image":
        return None
    return tuple((seconds(first), seconds(last)) for first, last in seen.stretches)


def _hand_over(
    sink: EvidenceSink, choice: Choice, scored: Mapping[Sighting, Scored], manifest: Manifest
) -> None:
    for number, face in enumerate(choice.faces):
        for seen in sightings(face):
            one = scored.get(seen)
            if one is None or one.image is None or one.map is None:
                continue
            sink.add(
                ScoredCrop(
                    face=number,
                    time=seen.time,
                    image=one.image,
                    map=one.map * np.float32(manifest.calibration.frame_scale),
                    score=frame_score(one, manifest),
                )
            )
