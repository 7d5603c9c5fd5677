"""Further edits and ways of filming that fact-checkers meet, beside those of ``tools/editing.py``.

Light, lenses, tape and enhancers; what stands still or is slowed down; a film within another
picture. None is a manipulation of a face that anybody means, but for make-up that apps draw.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
from editing import (
    Edit,
    Image,
    Person,
    Scene,
    bytes_of,
    filtered,
    grey,
    laid_over,
    levels,
    matte,
    of_height,
    of_size,
    on_face,
    palette,
    repeated,
    resized,
    sharpened,
    through_codec,
)
from numpy.typing import NDArray
from PIL import ImageDraw, ImageFont

Floats = NDArray[np.generic]


# Light.


def _dark(image: Image, *, gain: float, noise: float) -> Floats:
    """Underexposed by ``gain``, with the noise of a sensor that sees little."""
    rng = np.random.default_rng(0)
    small = rng.normal(0, noise, image.shape).astype(np.float32)
    return image * gain + cv2.GaussianBlur(small, (0, 0), 0.7)


def _club(image: Image) -> Floats:
    """Red light from the left, blue from the right, and little of either."""
    share = np.linspace(0, 1, image.shape[1], dtype=np.float32)[None, :, None]
    light = np.float32([1.0, 0.2, 0.35]) * (1 - share) + np.float32([0.25, 0.3, 1.1]) * share
    return grey(image) * light * 0.8 + image * 0.1


def _strobe(scene: Scene) -> list[Image]:
    """Every other frame flashed, those between in the dark."""
    gains = [1.9 if at % 2 == 0 else 0.35 for at in range(len(scene.images))]
    return [bytes_of(image * gain) for image, gain in zip(scene.images, gains, strict=True)]


def _local_contrast(image: Image) -> Image:
    """What phones and apps call HDR: contrast evened out place by place, stronger colours."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(4.0, (8, 8)).apply(lab[..., 0])
    return cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)


def _retro(image: Image) -> Floats:
    """Sepia, faded blacks, a vignette and film grain."""
    height, width = image.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    dim = (1 - 0.35 * (x**2 + y**2))[..., None]
    grain = np.random.default_rng(0).normal(0, 7, (height, width, 1))
    warm = 0.6 * grey(image) * np.array([1.08, 0.95, 0.75]) + 0.4 * image
    return (warm * 0.82 + 30) * dim + grain


def _thermal(image: Image) -> Image:
    """A thermal camera's false colours."""
    soft = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (0, 0), 1.5)
    return cv2.cvtColor(cv2.applyColorMap(soft, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)


def _colourised(image: Image) -> Image:
    """Black and white, and coloured again: few and coarse colours over a luma that was kept."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    coarse = cv2.GaussianBlur(lab[..., 1:], (0, 0), max(2.0, image.shape[0] / 60)) - 128
    lab[..., 1:] = 128 + 0.75 * coarse
    return cv2.cvtColor(bytes_of(lab), cv2.COLOR_LAB2RGB)


# Cameras, tapes and what mends their pictures.


def _tape(image: Image) -> Floats:
    """An old tape: little detail across, colours that bleed, noise in lines, a torn edge below."""
    height, width = image.shape[:2]
    yuv = cv2.cvtColor(image, cv2.COLOR_RGB2YUV).astype(np.float32)
    luma = cv2.resize(cv2.resize(yuv[..., 0], (330, height)), (width, height))
    chroma = cv2.resize(yuv[..., 1:], (50, height // 2), interpolation=cv2.INTER_AREA)
    chroma = np.roll(cv2.resize(chroma, (width, height)), width // 160 + 1, axis=1)
    rng = np.random.default_rng(0)
    noise = cv2.GaussianBlur(rng.normal(0, 12, (height, width)), (0, 0), 2.0, sigmaY=0.4)
    luma = luma + 0.6 * (luma - cv2.GaussianBlur(luma, (0, 0), width / 200, sigmaY=0.1)) + noise
    made = bytes_of(np.dstack([luma, chroma]))
    torn = height - max(2, height // 40)
    made[torn:] = np.roll(made[torn:], width // 12, axis=1)
    return cv2.cvtColor(made, cv2.COLOR_YUV2RGB)


def _old_film(image: Image) -> Floats:
    """Scratches, dust and grain."""
    height, width = image.shape[:2]
    rng = np.random.default_rng(1)
    made = image.astype(np.float32) + rng.normal(0, 9, (height, width, 1))
    for x in rng.integers(0, width, 6):
        cv2.line(made, (int(x), 0), (int(x) + 3, height), (215, 215, 205), max(1, width // 500))
    for x, y in zip(rng.integers(0, width, 40), rng.integers(0, height, 40), strict=True):
        cv2.circle(made, (int(x), int(y)), max(1, width // 300), (20, 20, 20), -1)
    return made


def _guard_camera(scene: Scene) -> list[Image]:
    """A surveillance camera: 360 lines, noise, little colour, coded coarsely."""
    small = of_height(scene.images, min(360, scene.images[0].shape[0]))
    rng = np.random.default_rng(0)
    dull = [0.7 * grey(image) + 0.3 * image for image in small]
    worn = [bytes_of(image + rng.normal(0, 5, (*image.shape[:2], 1))) for image in dull]
    return through_codec(worn, 30)


def _enhanced(image: Image) -> Floats:
    """Made half as large, enlarged again by Lanczos, noise taken off, sharpened: an enhancer."""
    height, width = image.shape[:2]
    small = resized(image, (width // 2, height // 2))
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_LANCZOS4)
    return sharpened(cv2.bilateralFilter(large, 5, 12.0, 2.0), amount=1.2, radius=1.8)


def _phone(image: Image) -> Floats:
    """A phone by night: noise taken off until skin is wax, then sharpened."""
    calm = cv2.fastNlMeansDenoisingColored(image, None, 6, 8, 5, 11)
    return sharpened(calm, amount=1.5, radius=1.2)


def _fisheye(image: Image) -> Image:
    """A wide lens, held close."""
    height, width = image.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    bent = 0.82 + 0.18 * (x**2 + y**2)
    to_x, to_y = (x * bent + 1) / 2 * (width - 1), (y * bent + 1) / 2 * (height - 1)
    return cv2.remap(image, to_x, to_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def _stretched(image: Image, *, wide: float) -> Image:
    """Shown at another shape than it was filmed in."""
    return resized(image, (round(image.shape[1] * wide), image.shape[0]))


def _tilted(image: Image) -> Image:
    """A camera held askew by twelve degrees."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 12, 1.0)
    return cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_CUBIC)


def _wet_lens(scene: Scene) -> list[Image]:
    """Drops on the lens: small round places that show what lies about them, bent and soft."""
    height, width = scene.images[0].shape[:2]
    rng = np.random.default_rng(2)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    to_x, to_y, wet = x.copy(), y.copy(), np.zeros((height, width), np.float32)
    side = scene.shown.side if scene.shown else height / 3
    for cx, cy in zip(rng.uniform(0, width, 40), rng.uniform(0, height, 40), strict=True):
        r = side * rng.uniform(0.04, 0.12)
        inside = (x - cx) ** 2 + (y - cy) ** 2 < r**2
        to_x[inside] = cx - 2.5 * (x[inside] - cx)
        to_y[inside] = cy - 2.5 * (y[inside] - cy)
        wet[inside] = 1
    soft = cv2.GaussianBlur(wet, (0, 0), 1.5)[..., None]
    made = []
    for image in scene.images:
        bent = cv2.remap(image, to_x, to_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        made.append(bytes_of(image * (1 - soft) + cv2.GaussianBlur(bent, (0, 0), 1.5) * soft))
    return made


def _behind_glass(scene: Scene) -> list[Image]:
    """A pane that mirrors what lies behind the camera, soft and at a fifth."""
    others = of_size(repeated(scene.others, len(scene.images)), scene.images[0])
    made = []
    for image, other in zip(scene.images, others, strict=True):
        seen = cv2.GaussianBlur(np.fliplr(other), (0, 0), max(1.5, image.shape[0] / 150))
        made.append(bytes_of(image * 0.85 + seen * 0.25))
    return made


def _glitch(image: Image) -> Image:
    """Colours pulled apart, and stripes pushed aside."""
    made, by = image.copy(), max(2, image.shape[1] // 120)
    made[..., 0], made[..., 2] = np.roll(image[..., 0], by, 1), np.roll(image[..., 2], -by, 1)
    high = image.shape[0]
    for top in range(high // 9, high, high // 5 + 1):
        made[top : top + high // 40] = np.roll(made[top : top + high // 40], 4 * by, axis=1)
    return made


# What is drawn over it.


def _ring(draw: ImageDraw.ImageDraw, person: Person) -> None:
    """A fact-checker's red ring around the face."""
    corners = (*person.at(-0.12, -0.12), *person.at(1.12, 1.12))
    draw.ellipse(corners, outline=(230, 0, 0, 255), width=max(3, round(person.side / 22)))


def _stamp(draw: ImageDraw.ImageDraw, person: Person) -> None:
    """FALSE in large red letters, half transparent, across the picture."""
    font = ImageFont.load_default(max(10, round(person.side * 0.5)))
    draw.text(person.at(0.5, 0.5), "FALSE", font=font, anchor="mm", fill=(220, 0, 0, 140))


def _hearts(scene: Scene) -> list[Image]:
    """A live stream's hearts, rising, some of them across the face."""
    made = []
    for at, image in enumerate(scene.images):
        rise, drawn = at + 5 * scene.number, image.copy()
        side = scene.shown.side if scene.shown else image.shape[0] / 3
        rng = np.random.default_rng(3)
        for cx, cy in zip(rng.uniform(0.2, 0.9, 14), rng.uniform(0, 1, 14), strict=True):
            x, y = int(cx * image.shape[1]), int((cy - 0.07 * rise) % 1.0 * image.shape[0])
            r = max(3, int(side * 0.06))
            for dx in (-r, r):
                cv2.circle(drawn, (x + dx, y), r, (235, 40, 90), -1, cv2.LINE_AA)
            corners = np.array([[x - 2 * r, y + r // 3], [x + 2 * r, y + r // 3], [x, y + 3 * r]])
            cv2.fillPoly(drawn, [corners], (235, 40, 90), cv2.LINE_AA)
        made.append(drawn)
    return made


def _snow(scene: Scene) -> list[Image]:
    """Flakes that fall, elsewhere in each frame."""
    made = []
    for at, image in enumerate(scene.images):
        rng, drawn = np.random.default_rng(100 * scene.number + at), image.copy()
        side = scene.shown.side if scene.shown else image.shape[0] / 3
        for x, y, r in rng.uniform(0, 1, (120, 3)):
            centre = int(x * image.shape[1]), int(y * image.shape[0])
            reach = max(1, int(side * 0.02 * r))
            cv2.circle(drawn, centre, reach, (245, 245, 250), -1, cv2.LINE_AA)
        made.append(drawn)
    return made


def _made_up(image: Image, person: Person) -> Floats:
    """Make-up as apps draw it: lips, lids and cheeks tinted, skin a little lighter."""
    tint = np.zeros((*image.shape[:2], 4), np.float32)
    left, right = person.landmarks[3], person.landmarks[4]
    middle, half = (left + right) / 2, np.hypot(*(right - left)) / 2
    parts = [(middle, half * 1.05, half * 0.42, (190, 20, 60), 0.55)]
    lid = person.side * 0.13
    lids = [eye - (0, lid * 0.35) for eye in person.landmarks[:2]]
    parts += [(at, lid, lid * 0.5, (110, 60, 130), 0.45) for at in lids]
    cheeks = (person.at(0.2, 0.62), person.at(0.8, 0.62))
    parts += [(np.array(at), lid * 1.1, lid * 0.8, (235, 110, 120), 0.3) for at in cheeks]
    for centre, wide, high, colour, share in parts:
        one = np.zeros(image.shape[:2], np.float32)
        cv2.ellipse(one, (tuple(map(float, centre)), (2 * wide, 2 * high), 0.0), 1.0, -1)
        one = cv2.GaussianBlur(one, (0, 0), max(1.0, person.side / 60))[..., None] * share
        tint = tint * (1 - one) + np.float32([*colour, 255]) * one
    share = tint[..., 3:] / 255
    return image * (1 - share) * 1.03 + tint[..., :3]


def _halo(scene: Scene) -> list[Image]:
    """A video call's background: cut out at a quarter of the size, late by a frame, with a rim."""
    wall = of_size(repeated(scene.others, len(scene.images)), scene.images[0])
    made, before = [], None
    for image, person, behind in zip(scene.images, scene.people, wall, strict=True):
        if not person:
            made.append(image)
            continue
        own = cv2.GaussianBlur(matte(image, person), (0, 0), max(1.5, person.side / 40))[..., None]
        mask = own if before is None else 0.6 * own + 0.4 * before
        before = own
        soft = cv2.GaussianBlur(behind, (0, 0), max(1.0, image.shape[0] / 120))
        made.append(bytes_of(image * mask + soft * (1 - mask)))
    return made


# A film within another picture.


def _blurred_bars(scene: Scene) -> list[Image]:
    """Upright, between an enlarged and blurred copy of itself."""
    made = []
    for image in scene.images:
        height, width = image.shape[:2]
        tall = width * 16 // 9
        behind = of_size([image], np.empty((tall, width, 3), np.uint8))[0]
        whole = np.array(cv2.GaussianBlur(behind, (0, 0), width / 40))
        top = max(0, (tall - height) // 2)
        shown = image[: tall - top]
        whole[top : top + shown.shape[0]] = shown
        made.append(whole)
    return made


def _reaction(scene: Scene) -> list[Image]:
    """The face in a round window of half the height over another film."""
    behind = of_size(repeated(scene.others, len(scene.images)), scene.images[0])
    made = []
    for image, film in zip(scene.images, behind, strict=True):
        whole, small = film.copy(), of_height([image], image.shape[0] // 2)[0]
        side = min(small.shape[:2])
        left = (small.shape[1] - side) // 2
        small = small[:side, left : left + side]
        y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
        inside = (x**2 + y**2 <= 1)[..., None]
        whole[:side, :side] = np.where(inside, small, whole[:side, :side])
        made.append(whole)
    return made


def _screen_recording(scene: Scene) -> list[Image]:
    """A player in a browser: smaller, with bars, a cursor on the cheek, saved again."""
    made = []
    for image, person in zip(scene.images, scene.people, strict=True):
        small = resized(image, (image.shape[1] * 4 // 5, image.shape[0] * 4 // 5))
        if person:
            x, y = (int(0.8 * at) for at in person.at(0.75, 0.6))
            r = max(10, round(person.side * 0.1))
            arrow = np.array([[x, y], [x, y + r], [x + r * 3 // 4, y + r * 3 // 4]])
            small = small.copy()
            cv2.fillPoly(small, [arrow], (255, 255, 255), cv2.LINE_AA)
            cv2.polylines(small, [arrow], True, (0, 0, 0), 1, cv2.LINE_AA)
        bar = small.shape[0] // 12
        edges = (bar, 2 * bar, bar, 3 * bar)
        made.append(cv2.copyMakeBorder(small, *edges, cv2.BORDER_CONSTANT, value=(240, 240, 242)))
    return through_codec(made, 26)


def _held_photo(scene: Scene) -> list[Image]:
    """One frame, printed and held before a camera: moves in perspective, with a gloss."""
    still = scene.images[0]
    height, width = still.shape[:2]
    room = of_size(scene.others[:1], still)[0]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    made = []
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    for at in range(len(scene.images)):
        time = at * 0.1 + scene.number * 2.0
        sway = 0.012 * np.sin(time * np.array([[2.1, 1.7], [1.3, 2.9], [2.3, 1.1], [1.9, 2.7]]))
        seen = np.array([[0.1, 0.08], [0.92, 0.05], [0.9, 0.95], [0.08, 0.92]]) + sway
        matrix = cv2.getPerspectiveTransform(corners, np.float32(seen * (width, height)))
        print_ = cv2.warpPerspective(still, matrix, (width, height), flags=cv2.INTER_AREA)
        there = cv2.warpPerspective(np.ones((height, width), np.float32), matrix, (width, height))
        gloss = 30 * np.exp(-((x + y - 0.3 * np.sin(time)) ** 2) / 0.15)[..., None]
        lit = cv2.GaussianBlur(print_, (0, 0), 0.6) * 0.85 + 18 + gloss
        made.append(bytes_of(lit * there[..., None] + room * (1 - there[..., None])))
    return made


# What is done in time.


def _slowed(scene: Scene) -> list[Image]:
    """Four times slower by showing frames again."""
    return [scene.images[at // 4] for at in range(len(scene.images))]


def _slowed_blended(scene: Scene) -> list[Image]:
    """Four times slower, blended between frames."""
    return _between(scene, lambda a, b, share: a * (1 - share) + b * share)


def _slowed_by_flow(scene: Scene) -> list[Image]:
    """Four times slower, frames between made by optical flow."""
    flows = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)

    def drawn(a: Image, b: Image, share: float) -> Floats:
        one, other = (cv2.cvtColor(each, cv2.COLOR_RGB2GRAY) for each in (a, b))
        ahead, back = flows.calc(one, other, None), flows.calc(other, one, None)
        y, x = np.mgrid[: a.shape[0], : a.shape[1]].astype(np.float32)
        first = cv2.remap(a, x - share * ahead[..., 0], y - share * ahead[..., 1], cv2.INTER_LINEAR)
        last = cv2.remap(
            b, x - (1 - share) * back[..., 0], y - (1 - share) * back[..., 1], cv2.INTER_LINEAR
        )
        return first * (1 - share) + last * share

    return _between(scene, drawn)


def _between(scene: Scene, drawn: Callable[[Image, Image, float], Floats]) -> list[Image]:
    made = []
    for at in range(len(scene.images)):
        here, share = at // 4, at % 4 / 4
        a, b = scene.images[here], scene.images[min(here + 1, len(scene.images) - 1)]
        made.append(bytes_of(drawn(a, b, share)) if share else a)
    return made


def _faded_at_half(scene: Scene) -> list[Image]:
    """A cross-fade to the other person, face over face, caught midway in every stretch."""
    others = of_size(repeated(scene.others, len(scene.images)), scene.images[0])
    shares = np.linspace(0.2, 0.8, len(scene.images))
    trio = zip(scene.images, others, shares, strict=True)
    return [bytes_of(a * (1 - share) + b * share) for a, b, share in trio]


def _gif_film(scene: Scene) -> list[Image]:
    """A GIF that was turned into a film again."""
    return through_codec([palette(image, colours=64) for image in scene.images], 23)


FURTHER: dict[str, Edit] = {
    "in the dark": filtered(partial(_dark, gain=0.25, noise=2.0)),
    "in deep dark": filtered(partial(_dark, gain=0.1, noise=2.0)),
    "overexposed": filtered(partial(levels, gain=1.3, lift=70.0)),
    "faded (log)": filtered(partial(levels, gain=0.5, lift=0.0)),
    "red and blue light": filtered(_club),
    "strobe light": _strobe,
    "local contrast (HDR)": filtered(_local_contrast),
    "sepia, faded, grain": filtered(_retro),
    "thermal camera": filtered(_thermal),
    "coloured from black and white": filtered(_colourised),
    "old tape": filtered(_tape),
    "old film": filtered(_old_film),
    "surveillance camera": _guard_camera,
    "enhanced": filtered(_enhanced),
    "denoised and sharpened": filtered(_phone),
    "wide lens": filtered(_fisheye),
    "stretched by a third": filtered(partial(_stretched, wide=4 / 3)),
    "squeezed by a quarter": filtered(partial(_stretched, wide=3 / 4)),
    "tilted": filtered(_tilted),
    "mirrored": filtered(lambda image: np.ascontiguousarray(image[:, ::-1])),
    "drops on the lens": _wet_lens,
    "behind glass": _behind_glass,
    "glitch": filtered(_glitch),
    "red ring around the face": laid_over(_ring, moves=False),
    "stamped FALSE": laid_over(_stamp, moves=False),
    "hearts rising": _hearts,
    "snow falling": _snow,
    "make-up": on_face(_made_up),
    "another film behind": _halo,
    "upright with blurred bars": _blurred_bars,
    "in a round window": _reaction,
    "screen recording": _screen_recording,
    "photo held in a hand": _held_photo,
    "slowed by repeating": _slowed,
    "slowed by blending": _slowed_blended,
    "slowed by optical flow": _slowed_by_flow,
    "cross-fade between two": _faded_at_half,
    "GIF turned into a film": _gif_film,
}
