import html
import io
import json
import re
import shutil
from contextlib import ExitStack
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import av
import numpy as np
import pytest
from PIL import Image
from sqlalchemy import delete
from tiny_model import write_tiny_model

from unmask.core.analysis import Analysis, Thresholds
from unmask.evidence.worth import worth
from unmask.runtime import shipped_packages
from unmask.runtime.package import Pooling
from unmask.store.schema import JobRow
from unmask.web.presenting import markdown


def test_the_page_shows_what_the_document_says(browser, services, analysed):
    analysis = services.history.get(analysed).analysis
    page = browser.get(f"/analyses/{analysed}").text
    assert analysis.media.sha256 in page
    assert "What it does not mean" in page
    assert "No Content Credentials found." in page
    assert "It is never part of the score." in page
    assert page.count('class="crop"') == 10
    scene = scene_of(page)
    (drawn,) = scene["faces"]
    for box, frame in zip(drawn["boxes"], analysis.faces[0].frames, strict=True):
        assert (box[0], box[5]) == (frame.time_s, frame.score)
        assert box[1:5] == pytest.approx(frame.box, abs=0.051)
    pictures = services.desk.pictures(analysed).faces[0]
    for (time, heat, place), crop in zip(drawn["heats"], pictures, strict=True):
        assert (time, heat.rsplit("/", 1)[1]) == (crop.time_s, crop.heat)
        assert tuple(place) == crop.place
    assert scene["times"] == sorted({f.time_s for face in analysis.faces for f in face.frames})
    assert scene["knots"][0] == [0.0, 0.0]
    assert "style=" not in page
    assert "Asked for" in page  # which is not always what there was


def test_a_face_has_one_number_on_pages_in_reports_and_in_documents(
    browser, services, upload, work, portrait
):
    path = upload((portraits(portrait), "two.png"), max_faces="2").headers["Location"]
    work()
    document = json.loads(browser.get(f"{path}/result.json").data)
    ids = [face["id"] for face in document["faces"]]
    assert ids == [0, 1]
    again = browser.post(f"{path}/again").headers["Location"]
    work()
    both = f"/compare?one={path.rsplit('/', 1)[1]}&other={again.rsplit('/', 1)[1]}"
    for page in (path, f"{path}/report.html"):
        headings = re.findall(r"<h3[^>]*>(?:<svg.*?</svg>)?Face (\d+)</h3>", browser.get(page).text)
        assert headings == [str(id) for id in ids], page
    pair = browser.get(both).text
    assert re.findall(r"</svg> Face (\d+) ", pair) == ["0", "1"] * 2
    assert re.findall(r"<h2[^>]*>(Analysis \d)</h2>", pair) == ["Analysis 1", "Analysis 2"]
    strips = re.findall(r'aria-label="Sampled frames of face (\d+)"', browser.get(path).text)
    assert strips == ["0", "1"]


def portraits(portrait):
    """Two of them side by side."""
    one, both = Image.open(io.BytesIO(portrait)), Image.new("RGB", (512, 256))
    both.paste(one, (0, 0))
    both.paste(one, (256, 0))
    file = io.BytesIO()
    both.save(file, "PNG")
    return file.getvalue()


def scene_of(page):
    return json.loads(re.search(r'id="scene">(.*?)</script>', page, re.S)[1])


def altered(services, id, **verdict):
    """The same analysis with another verdict on its face, and its pictures; the new one's id."""
    analysis = services.history.get(id).analysis
    face = analysis.faces[0]
    frames = tuple(one.model_copy(update={"score": 0.9999}) for one in face.frames)
    judged = face.verdict.model_copy(update=verdict)
    face = face.model_copy(update={"verdict": judged, "frames": frames})
    analysis = analysis.model_copy(update={"faces": (face,), "verdict": judged})
    other = services.history.record(analysis, fingerprint="f" * 64).id
    folder = services.desk.picture_folder(other)
    shutil.copytree(services.desk.picture_folder(id), folder)
    index = json.loads((folder / "pictures.json").read_text())
    for crop in index["faces"]["0"]:
        crop["score"] = 0.9999
    (folder / "pictures.json").write_text(json.dumps(index))
    return other


def test_no_score_of_a_face_that_was_not_judged_is_shown_as_if_it_counted(
    browser, services, analysed
):
    poor = {"label": "inconclusive", "probability": None, "reasons": ("face-too-small",)}
    page = browser.get(f"/analyses/{altered(services, analysed, **poor)}").text
    assert {box[5] for box in scene_of(page)["faces"][0]["boxes"]} == {None}
    assert scene_of(page)["faces"][0]["heats"] == []
    assert 'id="timeline"' in page  # by which the frames can be stepped through
    assert 'class="curve"' not in page
    assert "-heat.png" not in page
    assert 'id="show-heat"' not in page
    assert "0.99" not in page
    frames = len(services.history.get(analysed).analysis.faces[0].frames)
    assert page.count("<td>not counted</td>") == frames
    assert "the scores of its frames are not counted" in page
    assert "Faces that could not be judged have no points." in page
    assert 'class="sightings"' in page  # but when they are seen is drawn
    assert "speaks most for manipulation" not in page
    assert "could not be judged" not in browser.get(f"/analyses/{analysed}").text


def test_where_no_face_was_found_no_boxes_are_spoken_of(browser, services, upload, work, portrait):
    """A blind reader was told of a box around each face, and a saved frame of boxes in it."""
    id = upload((portrait, "a.png")).headers["Location"].rsplit("/", 1)[1]
    work()
    analysis = services.history.get(id).analysis
    none = analysis.verdict.model_copy(
        update={"label": "no-face", "probability": None, "reasons": ("no-face-found",)}
    )
    bare = analysis.model_copy(update={"faces": (), "verdict": none})
    other = services.history.record(bare, fingerprint="f" * 64).id
    shutil.copytree(services.desk.picture_folder(id), services.desk.picture_folder(other))
    before, page = (browser.get(f"/analyses/{one}").text for one in (id, other))
    for words in ("with a box around each face", 'id="show-boxes"'):
        assert words in before
        assert words not in page
    assert 'alt="The picture"' in page


def test_what_was_found_can_be_taken_away_before_all_evidence_is_read(browser, analysed):
    """On a phone it lay under every face, six screens down."""
    page = browser.get(f"/analyses/{analysed}").text
    assert page.index("/report.pdf") < page.index('class="viewer"')
    assert page.count("/report.pdf") == 1
    assert "It identifies nobody." in page.partition("What can make this wrong</h2>")[2]


def test_pictures_of_faces_are_on_paper_and_on_pictures_of_the_page(browser, analysed):
    """Lazy ones below the edge of the screen are blank there."""
    page = browser.get(f"/analyses/{analysed}").text
    shown = [tag for tag in re.findall(r"<img[^>]*>", page) if 'class="heat"' not in tag]
    assert len(shown) > 10
    assert not [tag for tag in shown if "lazy" in tag]


def test_the_frame_that_speaks_most_can_be_shown(browser, services, analysed):
    face = services.history.get(analysed).analysis.faces[0]
    page = browser.get(f"/analyses/{analysed}").text
    time = re.search(r'data-time="([^"]+)">Show the frame that speaks most .* face 0 at', page)[1]
    best = max(face.frames, key=lambda frame: frame.score or 0.0)
    assert float(time) == best.time_s
    assert scene_of(page)["start"] == face.frames[0].time_s  # as the poster


@pytest.mark.parametrize(
    ("verdict", "advice"),
    [
        ({"label": "manipulated", "probability": 0.98}, "Do not decide by this alone."),
        ({"label": "no-manipulation-found", "probability": 0.1}, "Leave the question open"),
        ({"label": "inconclusive", "probability": 0.6}, "again with more stretches"),
        ({"label": "inconclusive", "probability": 0.1, "reasons": ("too-noisy",)}, "better copy,"),
        ({"label": "inconclusive", "probability": 0.1, "reasons": ("no-colour",)}, "in colour."),
        ({"label": "inconclusive", "probability": 0.1, "reasons": ("tones-lost",)}, "into a GIF"),
        (
            {"label": "inconclusive", "probability": 0.1, "reasons": ("see-through",)},
            "without transparency",
        ),
        (
            {"label": "inconclusive", "probability": 0.1, "reasons": ("screen-pattern",)},
            "that this was made of",
        ),
        (
            {"label": "inconclusive", "probability": 0.1, "reasons": ("too-compressed",)},
            "less compressed",
        ),
        (
            {"label": "inconclusive", "probability": 0.1, "reasons": ("part-covered",)},
            "without what was laid over it",
        ),
        ({"label": "inconclusive", "probability": None}, "best the original"),
        (
            {"label": "inconclusive", "probability": None, "reasons": ("face-turned",)},
            "Turn the file upright",
        ),
        (
            {"label": "inconclusive", "probability": None, "reasons": ("written-over",)},
            "before somebody edited it",
        ),
        ({"label": "no-face", "probability": None}, "the part or the detail that shows it"),
    ],
)
def test_every_verdict_says_what_to_do_next(browser, services, analysed, verdict, advice):
    page = browser.get(f"/analyses/{altered(services, analysed, **verdict)}").text
    assert advice in page.partition("What to do next</h2>")[2].partition("</p>")[0]


@pytest.mark.parametrize(
    ("verdict", "gist"),
    [
        ({"label": "manipulated", "probability": 0.98}, "a hint, and no proof."),
        ({"label": "no-manipulation-found", "probability": 0.1}, "not show that the file is"),
        ({"label": "inconclusive", "probability": 0.1}, "neither that it was manipulated nor"),
        ({"label": "no-face", "probability": None}, "Nothing was judged."),
    ],
)
def test_what_is_not_to_be_concluded_stands_right_under_the_verdict(
    browser, services, analysed, verdict, gist
):
    page = browser.get(f"/analyses/{altered(services, analysed, **verdict)}").text
    assert gist in page.partition("</h1>")[2].partition('class="figure"')[0].partition("<h2>")[0]


def test_an_inconclusive_page_does_not_say_what_would_clear_the_file(browser, services, analysed):
    verdict = {"label": "inconclusive", "probability": 0.05, "reasons": ("frames-disagree",)}
    page = browser.get(f"/analyses/{altered(services, analysed, **verdict)}").text
    assert "taken together this speaks for neither" in page
    assert "support for no manipulation" not in page


def test_lists_of_verdicts_say_what_they_do_not_mean(browser, analysed):
    for page in ("/history", "/"):
        assert "P(manipulated)" in browser.get(page).text
    assert "” does not mean genuine" in browser.get("/history").text


def test_the_scale_says_where_the_thresholds_lie(browser, services, analysed):
    analysis = services.history.get(analysed).analysis
    thresholds = Thresholds(low=0.44, high=0.933)  # 0.93 is inconclusive, and must not look above
    options = analysis.options.model_copy(update={"thresholds": thresholds})
    verdict = analysis.verdict.model_copy(update={"label": "inconclusive", "probability": 0.9312})
    near = analysis.model_copy(update={"options": options, "verdict": verdict})
    page = browser.get(f"/analyses/{services.history.record(near, fingerprint='f' * 64).id}").text
    assert "below 0.44: none found" in page
    assert "from 0.933: manipulated" in page
    assert "thresholds 0.44 and 0.933" in page


def test_a_frames_score_is_written_as_everywhere(browser, services, analysed):
    page = browser.get(f"/analyses/{altered(services, analysed, probability=0.98)}").text
    frames = len(services.history.get(analysed).analysis.faces[0].frames)
    written = page.count("&gt; 0.99")
    sentence = page.count("by itself (&gt; 0.99 to &gt; 0.99)")
    # captions, their labels, the table, and that the face's own lies below them all
    assert written == 2 * page.count('class="crop"') + frames + 2 * sentence


def test_faces_are_told_apart_by_colour_and_dashes(browser, services, analysed):
    analysis = services.history.get(analysed).analysis
    crowd = tuple(analysis.faces[0].model_copy(update={"id": number}) for number in range(8))
    crowd_of = analysis.model_copy(update={"faces": crowd})
    id = services.history.record(crowd_of, fingerprint="f" * 64).id
    page = browser.get(f"/analyses/{id}").text
    curves = re.findall(r'class="curve" stroke="(#\w+)" stroke-dasharray="([^"]+)"', page)
    assert len({colour for colour, _ in curves}) == 8
    assert len({dash for _, dash in curves}) == 4
    assert page.count('class="points is-square"') == 4
    marks = re.findall(r'class="face-mark".*?stroke="(#\w+)".*?stroke-dasharray="([^"]+)"', page)
    assert marks == curves  # the cards say which is whose
    looks = [(face["colour"], face["ink"]) for face in scene_of(page)["faces"]]
    assert [colour for colour, _ in looks] == [colour for colour, _ in curves]
    assert {ink for _, ink in looks} == {"#000000", "#ffffff"}
    live = browser.get("/live").text
    assert f'data-colours="{" ".join(colour for colour, _ in looks)}"' in live
    assert f'data-inks="{" ".join(ink for _, ink in looks)}"' in live


def test_a_picture_has_boxes_without_a_timeline(upload, browser, work, portrait):
    path = upload((portrait, "me.png")).headers["Location"]
    work()
    page = browser.get(path).text
    assert re.search(r"<text [^>]*>0</text>", page)
    assert 'class="crop"' in page
    assert '<button class="crop"' not in page  # there is no moment to show
    assert "0:00." not in page
    assert "Asked for" not in page
    assert 'name="clips"' not in page
    assert '<svg class="boxes"' in page
    assert 'id="timeline"' not in page
    assert "<video" not in page


def test_a_film_that_browsers_do_not_play_is_shown_by_a_small_copy(
    upload, browser, work, services, clip
):
    path = upload((as_mpeg(clip), "old.mpg")).headers["Location"]
    work()
    page = browser.get(path).text
    assert "this is a small copy of it without sound" in page
    assert f'src="{path}/preview"' in page
    assert browser.get(path + "/media").status_code == 404
    copy = browser.get(path + "/preview", headers={"Range": "bytes=4-7"})
    assert (copy.status_code, copy.mimetype, copy.data) == (206, "video/mp4", b"ftyp")
    assert "sandbox" in copy.headers["Content-Security-Policy"]
    assert browser.post(path + "/delete").status_code == 303
    assert list(services.config.folders.uploads.rglob("*")) == []


def test_a_film_without_a_copy_is_shown_by_a_frame_until_one_is_asked_for(
    upload, browser, work, services, clip, monkeypatch
):
    monkeypatch.setattr("unmask.jobs.previewing.LONGEST_S", 1.0)
    path = upload((as_mpeg(clip), "old.mpg")).headers["Location"]
    work()
    page = browser.get(path).text
    assert "this is one of its frames" in page
    assert "<video" not in page
    assert page.count("<rect x=") == 1
    assert 'class="heat" href=' in page
    assert browser.get(path + "/preview").status_code == 404
    assert f'action="{path}/preview"' in page
    assert browser.post(path + "/preview").headers["Location"] == path
    assert f'src="{path}/preview"' in browser.get(path).text


def test_on_a_frame_that_stands_for_the_film_are_the_boxes_of_its_moment_alone(
    browser, services, analysed
):
    """A box of another moment, or its heat, would accuse whoever stands there in this one."""
    analysis = services.history.get(analysed).analysis
    first = analysis.faces[0]
    moved = tuple(
        frame.model_copy(update={"box": (1.0 + at, 2.0, 41.0 + at, 52.0)})
        for at, frame in enumerate(first.frames)
    )
    beside = first.model_copy(update={"id": 1, "frames": moved[:3]})
    later = first.model_copy(update={"id": 2, "frames": moved[3:]})
    media = analysis.media.model_copy(update={"codec": "mpeg2video"})  # no browser plays it
    whole = {"media": media, "faces": (first, beside, later)}
    other = services.history.record(analysis.model_copy(update=whole), fingerprint="f" * 64).id
    folder = services.desk.picture_folder(other)
    shutil.copytree(services.desk.picture_folder(analysed), folder)
    index = json.loads((folder / "pictures.json").read_text())
    index["faces"]["1"] = index["faces"]["0"][2:3]  # of face 1 only one of another moment
    (folder / "pictures.json").write_text(json.dumps(index))
    page = browser.get(f"/analyses/{other}").text.partition('<svg class="boxes"')[2]
    page = page.partition("</svg>")[0]
    boxes = re.findall(r'<rect x="([^"]+)" y="([^"]+)" width="([^"]+)" height="([^"]+)"', page)
    x0, y0, x1, y1 = first.frames[0].box
    drawn = [tuple(map(float, box)) for box in boxes]
    assert drawn == [pytest.approx((x0, y0, x1 - x0, y1 - y0)), (1.0, 2.0, 40.0, 50.0)]
    heats = re.findall(r'class="heat" href="[^"]*/([^"/]+)"', page)
    assert heats == [index["faces"]["0"][0]["heat"]]


def as_mpeg(film):
    """The film's frames as MPEG-2."""
    target = io.BytesIO()
    with av.open(io.BytesIO(film)) as source, av.open(target, "w", format="mpeg") as made:
        stream = made.add_stream("mpeg2video", rate=25)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        stream.bit_rate = 800_000
        for frame in source.decode(video=0):
            pixels = frame.to_ndarray(format="yuv420p")
            made.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="yuv420p")))
        made.mux(stream.encode(None))
    return target.getvalue()


def test_the_player_gets_pieces_of_the_file(browser, analysed, clip):
    path = f"/analyses/{analysed}/media"
    whole = browser.get(path)
    assert (whole.data, whole.mimetype) == (clip, "video/mp4")
    assert "sandbox" in whole.headers["Content-Security-Policy"]
    for odd in ("items=0-1", "bytes=0-1,4-5", "bytes=x"):  # which a server may ignore
        all_of_it = browser.get(path, headers={"Range": odd})
        assert (all_of_it.status_code, all_of_it.data) == (200, whole.data)
    assert browser.get(path, headers={"Range": "bytes=99999999-"}).status_code == 416
    part = browser.get(path, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, clip[10:20])


def test_pictures_are_served_and_nothing_else(browser, analysed):
    poster = browser.get(f"/analyses/{analysed}/pictures/poster.webp")
    assert (poster.status_code, poster.mimetype) == (200, "image/webp")
    # What is deleted here must not lie on in the folder of somebody's browser.
    assert poster.headers["Cache-Control"] == "no-store"
    assert browser.get(f"/analyses/{analysed}/pictures/face-0-00-heat.png").status_code == 200
    for name in ("pictures.json", "..%2f..%2fweb.key", "face-9-99.webp", "provenance.json"):
        assert browser.get(f"/analyses/{analysed}/pictures/{name}").status_code == 404
    assert browser.get("/analyses/..%2f..%2f/pictures/poster.webp").status_code == 404


class TestWhatLasts:
    """Of a model whose frames' maps are laid over each other."""

    @pytest.fixture
    def tiny_model(self, tmp_path):
        return write_tiny_model(tmp_path / "pooled", pooling=Pooling(share=0.7, sharpness=2.0))

    def test_it_is_shown(self, upload, browser, work, clip):
        path = upload((clip, "clip.mp4")).headers["Location"]
        work()
        page = browser.get(path).text
        assert page.count('<figure class="lasting">') == 1
        assert "What lasts through the frames" in page
        picture = browser.get(f"{path}/pictures/face-0-lasting.webp")
        assert (picture.status_code, picture.mimetype) == (200, "image/webp")
        document = Analysis.from_json(browser.get(f"{path}/result.json").data)
        assert np.shape(document.faces[0].traces) == (4, 4)

    def test_a_picture_has_one_frame_and_nothing_that_lasts(self, upload, browser, work, portrait):
        path = upload((portrait, "me.png")).headers["Location"]
        work()
        assert "lasting" not in browser.get(path).text
        assert browser.get(f"{path}/pictures/face-0-lasting.webp").status_code == 404


def test_without_maps_of_cells_nothing_lasts(browser, analysed):
    assert "lasting" not in browser.get(f"/analyses/{analysed}").text


def test_an_image_is_never_sent_as_it_came(upload, browser, work, portrait):
    path = upload((portrait, "me.png")).headers["Location"]
    work()
    assert browser.get(path + "/media").status_code == 404


def test_downloads(browser, services, analysed):
    document = browser.get(f"/analyses/{analysed}/result.json")
    assert document.data.decode() == services.history.get(analysed).document
    Analysis.from_json(document.data)
    assert 'filename="unmask-clip.json"' in document.headers["Content-Disposition"]
    rows = browser.get(f"/analyses/{analysed}/frames.csv").text.splitlines()
    assert len(rows) == 1 + len(services.history.get(analysed).analysis.faces[0].frames)
    exported = [event.detail for event in services.desk.log.of(analysed)][-2:]
    assert exported == ["document as JSON", "frames as CSV"]


def test_a_download_is_called_after_its_file_whatever_that_is_called(browser, services, analysed):
    analysis = services.history.get(analysed).analysis
    media = analysis.media.model_copy(update={"name": 'a"; filename="run.exe\u202e\n.mp4'})
    odd = analysis.model_copy(update={"media": media})
    id = services.history.record(odd, fingerprint="f" * 64).id
    told = browser.get(f"/analyses/{id}/result.json").headers["Content-Disposition"]
    assert told.startswith('attachment; filename="unmask-a-filename-run.exe.json"; filename*=UTF-8')
    assert told.count('"') == 2
    assert "%22" in told


def test_the_html_report(browser, services, analysed):
    report = browser.get(f"/analyses/{analysed}/report.html")
    assert report.status_code == 200
    assert services.history.get(analysed).analysis.media.sha256 in report.text
    assert "script" not in report.headers["Content-Security-Policy"]
    assert [event.event for event in services.desk.log.of(analysed)][-1] == "exported"


def test_a_report_for_which_too_many_wait_is_refused(browser, services, analysed):
    with ExitStack() as waiting:
        for _ in range(8):
            waiting.enter_context(services.desk.errand())
        refused = browser.get(f"/analyses/{analysed}/report.html")
        assert refused.status_code == 503
        assert "try again in a minute" in refused.text
    assert browser.get(f"/analyses/{analysed}/report.html").status_code == 200


def test_the_pdf_report(browser, analysed):
    pytest.importorskip("typst", reason="the extra 'report' is not installed")
    report = browser.get(f"/analyses/{analysed}/report.pdf")
    assert report.status_code == 200
    assert report.data.startswith(b"%PDF-")


def test_the_same_file_once_more(browser, work, services, analysed):
    other = browser.post(f"/analyses/{analysed}/again", {"clips": "1"}).headers["Location"]
    work()
    page = browser.get(other).text
    assert f"/analyses/{analysed}" in page
    assert services.history.count() == 2
    assert services.history.list()[0].id == other.rsplit("/", 1)[1]


def test_once_more_keeps_every_option_that_the_form_has_no_field_for(
    browser, services, upload, work, clip
):
    asked = {"clips": "2", "frames_per_clip": "4", "min_face": "50", "max_faces": "3"}
    path = upload((clip, "clip.mp4"), **asked).headers["Location"]
    work()
    sent = {"clips": "1", "min_face": "50"}  # what the page of a result sends
    other = browser.post(f"{path}/again", sent).headers["Location"].rsplit("/", 1)[1]
    options = services.desk.book.get(other).options
    wanted = {"clips": 1, "frames_per_clip": 4, "min_face": 50, "max_faces": 3}
    assert {name: options[name] for name in wanted} == wanted
    with services.history.database.writer.begin() as connection:  # as 'unmask scan' has none
        job = JobRow.id == path.rsplit("/", 1)[1]
        connection.execute(delete(JobRow).where(job))
    other = browser.post(f"{path}/again", sent).headers["Location"].rsplit("/", 1)[1]
    options = services.desk.book.get(other).options
    assert {name: options[name] for name in wanted} == wanted
    assert browser.post(f"{path}/again", {"clips": "x"}).status_code == 422


def test_a_part_of_a_film_is_looked_at_alone(browser, services, upload, work, clip):
    path = upload((clip, "clip.mp4"), from_s="0:00,2", to_s="1:00").headers["Location"]
    work()
    id = path.rsplit("/", 1)[1]
    analysis = services.history.get(id).analysis
    assert (analysis.options.from_s, analysis.options.to_s) == (0.2, 60.0)
    assert analysis.stretches[0][0] >= 0.2
    page = browser.get(path).text
    assert "Only the part from 0.2 s to 1:00 was asked for." in page
    assert 'name="from_s" maxlength="20" placeholder="0:00" value="0:00.2"' in page
    assert re.search(r'name="to_s"[^>]*value="1:00"', page)
    again = browser.post(f"{path}/again", {"from_s": "", "to_s": ""}).headers["Location"]
    work()
    whole = services.history.get(again.rsplit("/", 1)[1]).analysis
    assert (whole.options.from_s, whole.options.to_s) == (None, None)
    pair = browser.get(f"/compare?one={id}&other={again.rsplit('/', 1)[1]}").text
    assert "Part of the film" in pair
    refused = browser.post(f"{path}/again", {"from_s": "soon", "to_s": "1:00", "clips": "3"})
    assert refused.status_code == 422
    form = refused.text.split('id="again"')[1]  # as it was sent, below what is wrong with it
    assert "a time must be given in seconds" in form.split("<form")[0]
    assert re.search(r'name="from_s"[^>]*value="soon"[^>]*aria-describedby="options-problem"', form)
    assert re.search(r'name="to_s"[^>]*value="1:00"', form)
    assert re.search(r'name="clips"[^>]*value="3"', form)
    assert browser.post(f"{path}/again", {"from_s": "9", "to_s": "3"}).status_code == 422


def test_the_page_says_what_was_looked_at(browser, services, analysed):
    analysis = services.history.get(analysed).analysis
    far = analysis.model_copy(
        update={"media": analysis.media.model_copy(update={"duration_s": 1200.0})}
    )
    id = services.history.record(far, fingerprint="e" * 64).id
    said = browser.get(f"/analyses/{id}").text.partition("What was looked at</h2>")[2]
    assert re.match(r"<p>\d short stretch(es)? (was|were) looked at, \d\.\d s of 20:00", said)
    assert re.search(r"seen in (\d) of \1 stretch", said)
    german = browser.get(f"/analyses/{id}", headers={"Accept-Language": "de"}).text
    assert "Was angesehen wurde" in german


def test_a_file_that_came_to_other_verdicts_says_so(browser, services, analysed):
    analysis = services.history.get(analysed).analysis
    same = services.history.record(analysis, fingerprint="d" * 64).id
    assert "other verdicts" not in browser.get(f"/analyses/{analysed}").text
    part = analysis.options.model_copy(update={"from_s": 667.0, "to_s": 670.0})
    clear = analysis.verdict.model_copy(
        update={"label": "no-manipulation-found", "probability": 0.05}
    )
    other = analysis.model_copy(update={"options": part, "verdict": clear})
    id = services.history.record(other, fingerprint="e" * 64).id
    page = browser.get(f"/analyses/{analysed}").text
    note = page.partition("came to other verdicts:")[2].partition("</p>")[0]
    assert f'href="/analyses/{id}">No manipulation found 0.05</a>. Whoever' in note
    assert same not in note
    listed = page.partition("Other analyses of this file")[2]
    assert "Only the part from 11:07 to 11:10 was asked for." in listed


def test_once_more_is_judged_by_the_thresholds_of_today(browser, services, analysed):
    browser.post("/settings", {"low": "0.1", "high": "0.2"})
    other = browser.post(f"/analyses/{analysed}/again").headers["Location"].rsplit("/", 1)[1]
    assert services.desk.book.get(other).options["thresholds"] == {"low": 0.1, "high": 0.2}


def test_a_file_that_another_analysis_needs_is_not_said_to_be_deleted(
    browser, services, work, analysed
):
    said = "The file, its result and its pictures are deleted for good."
    page = browser.get(f"/analyses/{analysed}").text
    assert said in page
    assert "The file itself stays" not in page
    other = browser.post(f"/analyses/{analysed}/again", {"clips": "1"}).headers["Location"]
    work()
    page = browser.get(f"/analyses/{analysed}").text
    assert said not in page
    assert "The file itself stays: 1 other analysis needs it." in page
    browser.post(f"/analyses/{analysed}/delete")
    assert said in browser.get(other).text  # and so it is
    sha256 = services.history.get(other.rsplit("/", 1)[1]).entry.sha256
    assert services.desk.vault.find(sha256) is not None
    services.desk.vault.delete(sha256)
    page = browser.get(other).text
    assert "The result and its pictures are deleted for good." in page
    assert "The file" not in page.split("deleted for good")[0].rsplit("<p>", 1)[1]
    assert "and the files that no other analysis needs" in browser.get("/history").text


def test_two_analyses_side_by_side(browser, work, analysed, upload, portrait):
    other = browser.post(f"/analyses/{analysed}/again", {"clips": "1"}).headers["Location"]
    work()
    other = other.rsplit("/", 1)[1]
    page = browser.get(f"/compare?one={analysed}&other={other}")
    assert page.status_code == 200
    assert page.text.count('class="differs"') == 1
    assert page.text.count("plot small") == 2
    assert browser.get(f"/compare?one={analysed}&other=none").status_code == 404
    different = upload((portrait, "a.png")).headers["Location"].rsplit("/", 1)[1]
    work()
    assert browser.get(f"/compare?one={analysed}&other={different}").status_code == 400


def test_history_finds_sorts_and_deletes(browser, services, analysed, upload, work, portrait):
    upload((portrait, "Ärger.png"))
    work()
    page = browser.get("/history").text
    assert page.count('class="row"') == 2
    assert browser.get("/history?q=ÄRGER").text.count('class="row"') == 1
    sha256 = services.history.get(analysed).entry.sha256
    assert browser.get(f"/history?q={sha256[:12]}").text.count('class="row"') == 1
    assert browser.get("/history?since=2999-01-01").text.count('class="row"') == 0
    assert browser.get("/history?label=nonsense&page=x&order=up").text.count('class="row"') == 2
    browser.post("/history/delete", {"id": analysed})
    assert browser.get("/history").text.count('class="row"') == 1
    assert browser.get(f"/analyses/{analysed}").status_code == 404


def test_days_of_history_are_those_of_the_reader(browser, services, analysed):
    analysis = services.history.get(analysed).analysis
    late = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)  # the 2nd in Vienna, the 1st in New York
    services.history.record(analysis, fingerprint="f" * 64, created_at=late)

    def found(**query):
        page = browser.get("/history", query_string=query).text
        assert page.count('class="row"') in (0, 1)
        return page.count('class="row"') == 1

    first, second = (dict.fromkeys(("since", "until"), f"2026-07-0{n}") for n in (1, 2))
    assert found(**first)
    assert not found(**second)
    assert found(**second, zone="Europe/Vienna")
    assert not found(**first, zone="Europe/Vienna")
    assert found(**first, zone="America/New_York")
    for unknown in ("Mars/Olympus", "../../etc/passwd", "Europe", "\0"):
        assert found(**first, zone=unknown)
    for end in ("0001-01-01", "9999-12-31"):
        browser.get("/history", query_string={"since": end, "until": end, "zone": "Asia/Tokyo"})
    assert browser.get("/history").text.count('<span class="no-script">(UTC)</span>') == 2


def test_deleting_what_is_ticked_stays_at_the_same_search_and_page(browser, services, analysed):
    analysis = services.history.get(analysed).analysis
    media = analysis.media.model_copy(update={"name": "same.mp4"})
    for _ in range(30):
        services.history.record(analysis.model_copy(update={"media": media}), fingerprint="f" * 64)
    page = browser.get("/history?q=same&order=oldest&page=2").text
    address = html.unescape(re.search(r'action="(/history/delete[^"]*)"', page)[1])
    ids = re.findall(r'name="id" value="(\w+)"', page)
    assert len(ids) == 6
    answer = browser.post(address, {"id": ids[0]})
    back = urlsplit(answer.headers["Location"])
    assert back.path == "/history"
    kept = {"q": ["same"], "order": ["oldest"], "page": ["2"]}
    assert parse_qs(back.query) == kept | {"deleted": ["1"]}
    page = browser.get(answer.headers["Location"]).text
    assert page.count('class="row"') == 5
    assert '<p class="note" role="status">Deleted for good.</p>' in page


def test_pages_of_history(browser, services, analysed):
    analysis = services.history.get(analysed).analysis
    for number in range(30):
        media = analysis.media.model_copy(update={"name": f"{number}.mp4"})
        services.history.record(analysis.model_copy(update={"media": media}), fingerprint="f" * 64)
    first, second = browser.get("/history").text, browser.get("/history?page=2").text
    names = [re.findall(r'row-name">([^<]+)<', page) for page in (first, second)]
    assert [len(one) for one in names] == [24, 7]
    assert not set(names[0]) & set(names[1])


def test_an_analysis_without_its_file_still_has_a_page(browser, services, analysed):
    analysis = services.history.get(analysed).analysis
    id = services.history.record(analysis, fingerprint="f" * 64).id
    services.desk.vault.delete(analysis.media.sha256)
    page = browser.get(f"/analyses/{id}").text
    assert "No pictures were kept" in page
    assert page.count('href="/?fresh=1"') == 2
    form = browser.get("/?fresh=1").text  # else the same answer would come again
    assert 'name="fresh" value="1" checked' in form
    assert 'name="fresh" value="1">' in browser.get("/").text
    assert browser.post(f"/analyses/{id}/again").status_code == 409


def test_how_good_the_model_is_stands_in_plain_words_first(browser, services, monkeypatch):
    shipped = shipped_packages()[-1]
    monkeypatch.setattr(type(services), "packages", lambda self: [shipped])
    monkeypatch.setattr(type(services), "package", lambda self, name=None: shipped)
    page = browser.get("/model").text
    known = worth(shipped.manifest)
    first = page.partition("in plain words</h2>")[2].partition("</section>")[0]
    assert f"called {known.caught} of {known.manipulated} manipulated ones manipulated" in first
    assert "AUC: of a real and a manipulated file picked at random" in first
    assert page.index("in plain words") < page.index("Reliability")


def test_the_model_page(browser):
    page = browser.get("/model").text
    assert "A toy for tests" in page
    assert browser.get("/model?name=/etc/passwd").status_code == 200
    assert "no model named" in browser.get("/model?name=/etc/passwd").text


def test_wide_tables_of_a_card_are_within_the_reach_of_the_keyboard(app):
    with app.test_request_context("/"):
        html = markdown("| a | b |\n|---|---|\n| 1 | 2 |\n")
        assert "<script" not in markdown("# A card\n\n<script>alert(1)</script> <b>of</b>\n")
    assert re.search(r'<div class="table-scroll" tabindex="0"[^>]*><table>', html)
    assert html.count("</table></div>") == 1


def test_without_a_model_pages_say_so(make_app, monkeypatch):
    monkeypatch.setattr("unmask.web.services.shipped_packages", tuple)
    client = make_app(models=()).test_client()
    assert "No model package is installed" in client.get("/").text
    assert client.get("/model").status_code == 200
    assert client.get("/healthz").status_code == 503


def test_settings_change_what_is_judged_by(browser, services, upload, work, clip):
    assert browser.post("/settings", {"low": "0.9", "high": "0.1"}).status_code == 422
    browser.post("/settings", {"low": "0.01", "high": "0.02", "retention_days": "9"})
    path = upload((clip, "a.mp4")).headers["Location"]
    work()
    assert "thresholds other than the model" in browser.get(path).text
    browser.post("/settings", {"low": "", "high": ""})
    assert services.settings.get("thresholds") is None


def test_a_threshold_may_have_a_decimal_comma(browser, services):
    assert browser.post("/settings", {"low": "0,2", "high": "0,875"}).status_code == 303
    assert services.settings.get("thresholds") == {"low": 0.2, "high": 0.875}
    assert 'name="high" inputmode="decimal" value="0.875"' in browser.get("/settings").text
    browser.post("/settings", {"low": "0", "high": "1"})
    assert 'name="low" inputmode="decimal" value="0.0"' in browser.get("/settings").text


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"low": "0,9", "high": "0,1"}, "lies above the high one"),
        ({"low": "much"}, "must be numbers from 0 to 1"),
        ({"retention_days": "0"}, "a whole number of days"),
        ({"webhook": "ftp://a.example/<b>"}, "the webhook cannot be used"),
    ],
)
def test_settings_that_make_no_sense_are_shown_again_with_what_is_wrong(
    browser, services, wrong, why
):
    sent = {"low": "0,3", "high": "0,7", "retention_days": "9", "webhook": ""} | wrong
    answer = browser.post("/settings", sent)
    assert answer.status_code == 422
    assert (
        why in re.search(r'<div class="note is-warning" role="alert">(.*?)</div>', answer.text)[1]
    )
    for name, text in sent.items():
        assert re.search(rf'name="{name}"[^>]* value="{html.escape(text)}"', answer.text), name
    assert services.settings.get("retention_days") is None


def test_a_token_is_shown_once(browser, services):
    page = browser.post("/settings/tokens", {"name": "desk"}).text
    secret = re.search(r'class="secret">([^<]+)<', page)[1]
    assert services.tokens.check(secret)
    assert secret not in browser.get("/settings").text
    browser.post(f"/settings/tokens/{services.tokens.list()[0].id}/delete")
    assert services.tokens.check(secret) is None
