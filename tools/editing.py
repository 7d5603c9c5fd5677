"""Edits that people and apps make of films of real people, on decoded frames (``tools/edits.py``).

Each takes the frames of one sampled window and returns as many, of any size. Overlays that an
editor would lay over the film stay where they are through a window; what is stuck to a face, as
apps do, moves with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from unmask.synthesis.codecs import video

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """The largest face of a frame: its box and five landmarks, 5×2, in pixels."""

    box: tuple[float, float, float, float]
    landmarks: NDArray[np.float32]

    @property
    def side(self) -> float:
        """Width and height of the face, at the mean."""
        x0, y0, x1, y1 = self.box
        return (x1 - x0 + y1 - y0) / 2

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A place on the face, as shares of its box, in pixels."""
        x0, y0, x1, y1 = self.box
        return x0 + x * (x1 - x0), y0 + y * (y1 - y0)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One window of a film: its number, its frames, who is in each, and frames of another film."""

    number: int
    images: Sequence[Image]
    people: Sequence[Person | None]
    others: Sequence[Image]

    @property
    def shown(self) -> Person | None:
        """Where the face is by the first frame that has one."""
        return next((person for person in self.people if person), None)


Edit = Callable[[Scene], list[Image]]


def bytes_of(picture: NDArray[np.generic]) -> Image:
    """Grey levels, cut at both ends."""
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def resized(picture: Image, size: tuple[int, int]) -> Image:
    """To (width, height)."""
    smaller = size[0] < picture.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return np.asarray(
        cv2.resize(picture, (max(2, size[0]), max(2, size[1])), interpolation=how), np.uint8
    )


def filtered(change: Callable[[Image], NDArray[np.generic]]) -> Edit:
    """The same filter on every frame."""
    return lambda scene: [bytes_of(change(image)) for image in scene.images]


def laid_over(draw: Callable[[ImageDraw.ImageDraw, Person], None], *, moves: bool) -> Edit:
    """A drawing over each frame that has a face; where it ``moves``, along with the face."""

    def edit(scene: Scene) -> list[Image]:
        made = []
        for image, person in zip(scene.images, scene.people, strict=True):
            place = person if moves else scene.shown
            picture = Pillow.fromarray(image)
            if place:
                draw(ImageDraw.Draw(picture, "RGBA"), place)
            made.append(np.asarray(picture))
        return made

    return edit


def on_face(change: Callable[[Image, Person], NDArray[np.generic]]) -> Edit:
    """A change of each frame that has a face."""

    def edit(scene: Scene) -> list[Image]:
        pairs = zip(scene.images, scene.people, strict=True)
        return [bytes_of(change(image, person)) if person else image for image, person in pairs]

    return edit


# What is laid over the face.


def _words(draw: ImageDraw.ImageDraw, person: Person, *, y: float, text: str, boxed: bool) -> None:
    """A line of text across the face at height ``y`` of its box, white with a black rim."""
    font = ImageFont.load_default(max(8, round(person.side * 0.17)))
    x, middle = person.at(0.5, y)
    if boxed:
        left, top, right, bottom = draw.textbbox((x, middle), text, font=font, anchor="mm")
        draw.rectangle((left - 4, top - 4, right + 4, bottom + 4), fill=(0, 0, 0, 255))
    rim = max(1, round(person.side / 90))
    draw.text(
        (x, middle),
        text,
        font=font,
        anchor="mm",
        fill="white",
        stroke_width=rim,
        stroke_fill="black",
    )


def _ticker(draw: ImageDraw.ImageDraw, person: Person) -> None:
    """A news band over the chin, from edge to edge."""
    (_, top), (_, bottom) = person.at(0, 0.84), person.at(0, 1.15)
    draw.rectangle((-1, top, 99_999, bottom), fill=(150, 10, 20, 255))
    _words(draw, person, y=0.99, text="BREAKING NEWS", boxed=False)


def _logo(draw: ImageDraw.ImageDraw, person: Person) -> None:
    """A station's half-transparent mark over a cheek."""
    x, y = person.at(0.8, 0.55)
    r = person.side * 0.15
    draw.ellipse((x - r, y - r, x + r, y + r), fill=(255, 255, 255, 110))
    font = ImageFont.load_default(max(8, round(r)))
    draw.text((x, y), "TV1", font=font, anchor="mm", fill=(20, 60, 200, 160))


def _watermark(draw: ImageDraw.ImageDraw, person: Person) -> None:
    """An agency's name in faint letters all over."""
    font = ImageFont.load_default(max(8, round(person.side * 0.14)))
    for y in np.arange(-0.5, 1.6, 0.25):
        draw.text(
            person.at(0.5, float(y)),
            "stock photo   stock photo",
            font=font,
            anchor="mm",
            fill=(255, 255, 255, 90),
        )


def _emoji(draw: ImageDraw.ImageDraw, person: Person, *, x: float, y: float, size: float) -> None:
    """A yellow smiling disc."""
    (cx, cy), r = person.at(x, y), person.side * size / 2
    draw.ellipse(
        (cx - r, cy - r, cx + r, cy + r), fill=(255, 205, 40, 255), outline=(200, 140, 10, 255)
    )
    for side in (-0.35, 0.35):
        ex, ey, e = cx + side * r, cy - 0.25 * r, 0.13 * r
        draw.ellipse((ex - e, ey - e, ex + e, ey + e), fill=(70, 40, 10, 255))
    m = 0.55 * r
    draw.arc(
        (cx - m, cy - m, cx + m, cy + m),
        20,
        160,
        fill=(70, 40, 10, 255),
        width=max(2, round(r / 8)),
    )


def _arrow(draw: ImageDraw.ImageDraw, person: Person) -> None:
    """A red arrow that ends on the cheek."""
    tip, tail = person.at(0.8, 0.6), person.at(1.6, 0.2)
    width = max(2, round(person.side / 20))
    draw.line((*tail, *tip), fill=(230, 0, 0, 255), width=width)
    (x, y), r = tip, person.side * 0.12
    draw.polygon(
        (x - r * 0.3, y + r * 0.2, x + r, y - r * 1.1, x + r * 1.3, y + r * 0.4),
        fill=(230, 0, 0, 255),
    )


def _bar(draw: ImageDraw.ImageDraw, person: Person) -> None:
    """A black bar over the eyes."""
    draw.rectangle((*person.at(-0.05, 0.28), *person.at(1.05, 0.5)), fill=(0, 0, 0, 255))


def _sunglasses(draw: ImageDraw.ImageDraw, person: Person) -> None:
    """Two dark glasses and what joins them."""
    eyes, r = person.landmarks[:2], person.side * 0.17
    for x, y in eyes:
        draw.ellipse((x - r, y - r * 0.75, x + r, y + r * 0.85), fill=(15, 15, 20, 245))
    draw.line((*eyes[0], *eyes[1]), fill=(15, 15, 20, 255), width=max(2, round(r / 4)))


def _face_mask(draw: ImageDraw.ImageDraw, person: Person) -> None:
    """A light blue mask from the nose to the chin."""
    corners = [(0.02, 0.52), (0.5, 0.48), (0.98, 0.52), (0.93, 0.82), (0.5, 1.04), (0.07, 0.82)]
    draw.polygon([person.at(x, y) for x, y in corners], fill=(165, 205, 225, 255))
    for y in (0.62, 0.72, 0.82):
        draw.line(
            (*person.at(0.08, y), *person.at(0.92, y)),
            fill=(140, 180, 205, 255),
            width=max(1, round(person.side / 80)),
        )


# What hides who it is.


def _box(image: Image, person: Person, grown: float = 0.1) -> tuple[slice, slice]:
    (x0, y0), (x1, y1) = person.at(-grown, -grown), person.at(1 + grown, 1 + grown)
    return slice(max(0, int(y0)), max(2, int(y1))), slice(max(0, int(x0)), max(2, int(x1)))


def _pixelated(image: Image, person: Person, *, tiles: int) -> Image:
    """The face in so many tiles across."""
    made, where = image.copy(), _box(image, person)
    face = made[where]
    small = resized(face, (tiles, tiles))
    made[where] = cv2.resize(small, face.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return made


def _blurred(image: Image, person: Person, *, share: float) -> Image:
    """The face under a Gaussian of ``share`` of its side."""
    made, where = image.copy(), _box(image, person)
    made[where] = cv2.GaussianBlur(made[where], (0, 0), max(0.5, share * person.side))
    return made


# What is done to the whole picture.


def grey(image: Image) -> Image:
    """Without its colours."""
    return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


def _vivid(image: Image) -> NDArray[np.generic]:
    mean = image.mean(axis=2, keepdims=True)
    return ((mean + 1.6 * (image - mean)) - 128) * 1.2 + 128


def _night_vision(image: Image) -> NDArray[np.generic]:
    return grey(image) * np.array([0.25, 1.0, 0.3])


def levels(image: Image, *, gain: float, lift: float) -> NDArray[np.generic]:
    """Contrast and brightness."""
    return (image - 128.0) * gain + 128 + lift


def sharpened(image: Image, *, amount: float, radius: float = 1.5) -> NDArray[np.generic]:
    """By an unsharp mask."""
    return image + amount * (image.astype(np.float32) - cv2.GaussianBlur(image, (0, 0), radius))


def palette(image: Image, *, colours: int) -> Image:
    """In so few colours, dithered."""
    made = Pillow.fromarray(image).quantize(colours, dither=Pillow.Dither.FLOYDSTEINBERG)
    return np.asarray(made.convert("RGB"))


def _photographed(image: Image) -> NDArray[np.generic]:
    """From a screen: askew, with its stripes, a little soft, a little blue."""
    image = resized(image, (image.shape[1] * 5 // 4, image.shape[0] * 5 // 4))
    height, width = image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    seen = np.array([[0.05, 0.03], [0.97, 0.0], [0.94, 0.98], [0.0, 0.94]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, seen * np.float32([width, height]))
    y, x = np.mgrid[:height, :width].astype(np.float32)
    stripes = (
        1 + 0.05 * np.sin(2 * np.pi * (x * 0.31 + y * 0.02)) + 0.04 * np.sin(2 * np.pi * y * 0.29)
    )
    lit = image * stripes[..., None] * np.array([0.92, 0.97, 1.05])
    soft = cv2.GaussianBlur(lit.astype(np.float32), (0, 0), 0.8)
    return cv2.warpPerspective(soft, matrix, (width, height), borderValue=(20, 20, 24))


def _smooth_skin(image: Image, person: Person, *, strength: int) -> NDArray[np.generic]:
    """What a beauty filter does: skin smoothed, and a little lighter; eyes and mouth kept."""
    soft = image
    for _ in range(strength):
        soft = np.asarray(cv2.bilateralFilter(soft, 9, 25.0, max(2.0, person.side / 40)), np.uint8)
    cr, cb = (cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)[..., at].astype(int) for at in (1, 2))
    skin = ((cr > 133) & (cr < 180) & (cb > 77) & (cb < 135)).astype(np.float32)
    mask = cv2.GaussianBlur(skin, (0, 0), max(1.0, person.side / 60))
    for x, y in person.landmarks[[0, 1, 3, 4]]:
        cv2.circle(mask, (int(x), int(y)), max(2, round(person.side * 0.09)), 0.0, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), max(1.0, person.side / 50))[..., None]
    return image * (1 - mask) + (soft * 0.97 + 10) * mask


def _larger_eyes(image: Image, person: Person) -> Image:
    """A beauty filter's other half: eyes enlarged by an eighth, cheeks drawn in."""
    y, x = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
    to_x, to_y, r = x.copy(), y.copy(), person.side * 0.22
    for (cx, cy), gain in ((person.landmarks[0], 0.15), (person.landmarks[1], 0.15)):
        near = np.clip(1 - ((x - cx) ** 2 + (y - cy) ** 2) / r**2, 0, None)
        to_x -= gain * near * (x - cx)
        to_y -= gain * near * (y - cy)
    for at, push in ((0.08, 1.0), (0.92, -1.0)):
        cx, cy = person.at(at, 0.75)
        near = np.clip(1 - ((x - cx) ** 2 + (y - cy) ** 2) / (2 * r) ** 2, 0, None)
        to_x -= push * 0.06 * person.side * near**2
    return cv2.remap(image, to_x, to_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def matte(image: Image, person: Person) -> NDArray[np.float32]:
    """Head and shoulders, 0 to 1, cut out along their outlines as a video call does.

    An ellipse around the face would not do: what that leaves of the picture is what a swapped face
    looks like. So colours decide between what is surely the person and what surely is not (Rother
    et al., "GrabCut", SIGGRAPH 2004), on a copy whose face is 96 pixels.
    """
    scale = 96 / person.side
    small = resized(image, (round(image.shape[1] * scale), round(image.shape[0] * scale)))
    guess = np.full(small.shape[:2], cv2.GC_BGD, np.uint8)
    for grown, value in ((1.5, cv2.GC_PR_BGD), (1.15, cv2.GC_PR_FGD), (0.7, cv2.GC_FGD)):
        for (x, y), (wide, high) in (((0.5, 0.45), (0.62, 0.82)), ((0.5, 2.1), (1.3, 1.05))):
            centre = tuple(int(scale * at) for at in person.at(x, y))
            axes = (int(96 * grown * wide), int(96 * grown * high))
            cv2.ellipse(guess, centre, axes, 0, 0, 360, int(value), -1)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    cv2.grabCut(small, guess, None, *models, 3, cv2.GC_INIT_WITH_MASK)
    found = np.isin(guess, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    soft = cv2.resize(cv2.GaussianBlur(found, (0, 0), 1.2), image.shape[1::-1])
    return np.asarray(soft, np.float32)[..., None]


def _soft_background(image: Image, person: Person) -> NDArray[np.generic]:
    mask = matte(image, person)
    return image * mask + cv2.GaussianBlur(image, (0, 0), max(2.0, person.side / 10)) * (1 - mask)


def _other_background(scene: Scene) -> list[Image]:
    """Matted over a plain office wall, blue to grey."""

    def change(image: Image, person: Person) -> NDArray[np.generic]:
        ramp = np.linspace(0, 1, image.shape[1])[None, :, None]
        wall = np.array([60, 110, 170]) * (1 - ramp) + np.array([190, 190, 185]) * ramp
        mask = matte(image, person)
        return image * mask + wall * (1 - mask)

    return on_face(change)(scene)


# What is made of the frames in time, of two films, and of stills.


def of_height(images: Sequence[Image], height: int) -> list[Image]:
    """All of this height, as wide as that makes them."""
    return [resized(x, (x.shape[1] * height // x.shape[0], height)) for x in images]


def repeated(images: Sequence[Image], count: int) -> list[Image]:
    """So many, the last one again where there are too few."""
    return [images[min(at, len(images) - 1)] for at in range(count)]


def of_size(images: Sequence[Image], like: Image) -> list[Image]:
    """Cut to the shape of ``like`` about the middle, after scaling."""
    height, width = like.shape[:2]
    made = []
    for image in images:
        scale = max(height / image.shape[0], width / image.shape[1])
        large = resized(
            image, (int(np.ceil(image.shape[1] * scale)), int(np.ceil(image.shape[0] * scale)))
        )
        top, left = (large.shape[0] - height) // 2, (large.shape[1] - width) // 2
        made.append(large[top : top + height, left : left + width])
    return made


def _beside(scene: Scene) -> list[Image]:
    others = of_height(repeated(scene.others, len(scene.images)), scene.images[0].shape[0])
    return [np.hstack(pair) for pair in zip(scene.images, others, strict=True)]


def _in_corner(scene: Scene) -> list[Image]:
    """The other film, in a corner at a third of the height."""
    made = []
    others = repeated(scene.others, len(scene.images))
    for image, other in zip(
        scene.images, of_height(others, scene.images[0].shape[0] // 3), strict=True
    ):
        whole = image.copy()
        inset = other[:, : whole.shape[1] // 2]
        whole[-inset.shape[0] :, -inset.shape[1] :] = inset
        made.append(whole)
    return made


def _dissolving(scene: Scene) -> list[Image]:
    """From this film to the other, in the course of the second window."""
    count = len(scene.images)
    if scene.number == 0 and count > 1:
        return list(scene.images)
    others = of_size(repeated(scene.others, count), scene.images[0])
    shares = (np.arange(count) + 1) / (count + 1) if scene.number < 2 else np.ones(count)
    trio = zip(scene.images, others, shares, strict=True)
    return [bytes_of(a * (1 - share) + b * share) for a, b, share in trio]


def _double_exposure(scene: Scene) -> list[Image]:
    """The other film shines through all along, at a third."""
    others = of_size(repeated(scene.others, len(scene.images)), scene.images[0])
    return [bytes_of(a * 0.67 + b * 0.33) for a, b in zip(scene.images, others, strict=True)]


def _trailing(scene: Scene) -> list[Image]:
    """Sped up with frame blending: each frame and the one a tenth of a second later."""
    following = [*scene.images[1:], scene.images[-1]]
    return [bytes_of(a / 2 + b / 2) for a, b in zip(scene.images, following, strict=True)]


def _panned_still(scene: Scene) -> list[Image]:
    """One frame, slowly moved and enlarged (Ken Burns)."""
    still = scene.images[0]
    height, width = still.shape[:2]
    made = []
    for at in range(len(scene.images)):
        scale = 1.05 + 0.01 * at + 0.05 * scene.number
        shift = (1 - scale) / 2
        matrix = np.array([[scale, 0, shift * width + 0.7 * at], [0, scale, shift * height]])
        made.append(
            np.asarray(
                cv2.warpAffine(still, matrix, (width, height), flags=cv2.INTER_LINEAR), np.uint8
            )
        )
    return made


def _cut_at(scene: Scene, *, x: float, y: float) -> list[Image]:
    """The picture ends across the face: at ``x`` of its width, ``y`` of its height."""
    if not (person := scene.shown):
        return list(scene.images)
    right, bottom = (max(16, round(value)) for value in person.at(x, y))
    return [np.ascontiguousarray(image[:bottom, :right]) for image in scene.images]


def through_codec(images: Sequence[Image], crf: int) -> list[Image]:
    """As H.264 and back, sides made even."""
    even = [np.ascontiguousarray(x[: x.shape[0] // 2 * 2, : x.shape[1] // 2 * 2]) for x in images]
    return video(even, "libx264", crf)


def _through_chat(scene: Scene, *, height: int, crf: int, times: int) -> list[Image]:
    """Made smaller and coded coarsely, and that again for each one who forwards it."""
    images = list(scene.images)
    if images[0].shape[0] > height:
        images = of_height(images, height)
    for _ in range(times):
        images = through_codec(images, crf)
    return images


# What is no photograph.


def _painted(image: Image) -> Image:
    return cv2.stylization(image, sigma_s=60, sigma_r=0.45)


def _pencilled(image: Image) -> Image:
    return cv2.pencilSketch(image, sigma_s=60, sigma_r=0.07, shade_factor=0.05)[1]


def _cartoon(image: Image) -> Image:
    flat = cv2.bilateralFilter(cv2.medianBlur(image, 5), 0, 40, 6) // 32 * 32 + 16
    lines = cv2.adaptiveThreshold(
        cv2.medianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), 5),
        255,
        cv2.ADAPTIVE_THRESH_MEAN_C,
        cv2.THRESH_BINARY,
        9,
        5,
    )
    return np.where(lines[..., None] > 0, flat, 20).astype(np.uint8)


EDITS: dict[str, Edit] = {
    "subtitle over the chin": laid_over(
        partial(_words, y=0.93, text="and that is what they said", boxed=False), moves=False
    ),
    "caption over the mouth": laid_over(
        partial(_words, y=0.75, text="WAIT FOR IT", boxed=False), moves=False
    ),
    "caption box over the eyes": laid_over(
        partial(_words, y=0.4, text="WAIT FOR IT", boxed=True), moves=False
    ),
    "caption over the forehead": laid_over(
        partial(_words, y=0.12, text="WAIT FOR IT", boxed=False), moves=False
    ),
    "news ticker over the chin": laid_over(_ticker, moves=False),
    "station's logo on the cheek": laid_over(_logo, moves=False),
    "watermark all over": laid_over(_watermark, moves=False),
    "sticker over an eye": laid_over(partial(_emoji, x=0.33, y=0.38, size=0.4), moves=True),
    "sticker on the cheek": laid_over(partial(_emoji, x=0.85, y=0.7, size=0.3), moves=True),
    "red arrow on the cheek": laid_over(_arrow, moves=False),
    "bar over the eyes": laid_over(_bar, moves=True),
    "sunglasses": laid_over(_sunglasses, moves=True),
    "face mask": laid_over(_face_mask, moves=True),
    "face in 8 tiles": on_face(partial(_pixelated, tiles=8)),
    "face in 16 tiles": on_face(partial(_pixelated, tiles=16)),
    "face in 32 tiles": on_face(partial(_pixelated, tiles=32)),
    "face blurred by a 10th": on_face(partial(_blurred, share=0.1)),
    "face blurred by a 40th": on_face(partial(_blurred, share=0.025)),
    "cut at the mouth": partial(_cut_at, x=99.0, y=0.8),
    "cut beside the nose": partial(_cut_at, x=0.72, y=99.0),
    "beside another film": _beside,
    "another film in the corner": _in_corner,
    "dissolving into another": _dissolving,
    "another shines through": _double_exposure,
    "frames blended": _trailing,
    "still, panned": _panned_still,
    "black and white": filtered(grey),
    "vivid": filtered(_vivid),
    "night vision": filtered(_night_vision),
    "more contrast": filtered(partial(levels, gain=1.5, lift=0.0)),
    "sharpened": filtered(partial(sharpened, amount=1.0)),
    "sharpened much": filtered(partial(sharpened, amount=2.5, radius=2.0)),
    "skin smoothed": on_face(partial(_smooth_skin, strength=1)),
    "skin smoothed much": on_face(partial(_smooth_skin, strength=4)),
    "eyes enlarged, cheeks drawn in": on_face(_larger_eyes),
    "background blurred": on_face(_soft_background),
    "background replaced": _other_background,
    "photographed from a screen": filtered(_photographed),
    "GIF of 64 colours": filtered(partial(palette, colours=64)),
    "chat app": partial(_through_chat, height=480, crf=28, times=1),
    "chat app, forwarded": partial(_through_chat, height=360, crf=32, times=2),
    "painting": filtered(_painted),
    "pencil drawing": filtered(_pencilled),
    "cartoon": filtered(_cartoon),
}
