import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unmask.core.paths import assets_folder
from unmask.faces.pyramid import Layout, draw, layout, scales
from unmask.runtime import SessionOptions, open_session

SIDES = st.integers(1, 1500)


def test_scales_are_the_references() -> None:
    found = scales(512, 512, 20)  # printed by mtcnn.utils.images.build_scale_pyramid
    expected = [0.6, 0.4254, 0.3016086, 0.2138405, 0.15161291, 0.10749356, 0.07621293]
    np.testing.assert_allclose(found, [*expected, 0.05403497, 0.03831079, 0.02716235], rtol=1e-6)


def test_a_picture_under_the_smallest_face_has_no_level() -> None:
    assert scales(19, 4000, 20) == ()
    assert layout(19, 4000, 20).canvases == ()


@given(height=SIDES, width=SIDES, min_face=st.sampled_from([12, 20, 37, 80]))
@settings(deadline=None, max_examples=60)
def test_tiles_lie_within_their_canvases_and_apart(height: int, width: int, min_face: int) -> None:
    plan = layout(height, width, min_face)
    painted = [np.zeros(shape, int) for shape in plan.canvases]
    for tile in plan.tiles:
        canvas = painted[tile.canvas]
        assert tile.top % 2 == tile.left % 2 == tile.x % 2 == tile.y % 2 == 0
        assert tile.top + tile.height <= canvas.shape[0]
        assert tile.left + tile.width <= canvas.shape[1]
        canvas[tile.top : tile.top + tile.height, tile.left : tile.left + tile.width] += 1
    assert all(canvas.max(initial=0) <= 1 for canvas in painted)


@given(height=SIDES, width=SIDES, min_face=st.sampled_from([20, 40]))
@settings(deadline=None, max_examples=40)
def test_every_window_of_every_level_is_looked_at_once(
    height: int, width: int, min_face: int
) -> None:
    plan = layout(height, width, min_face)
    looks = [
        np.zeros([-(-(side - 2) // 2) - 4 for side in (down, across)], int)
        for across, down in plan.sizes
    ]
    for canvas, owners in enumerate(plan.owners):
        _, _, level, corner = plan.windows(canvas, np.ones_like(owners, bool))
        assert np.all(corner % 2 == 0)
        for number, look in enumerate(looks):
            x, y = corner[level == number].T // 2
            np.add.at(look, (y, x), 1)
    assert all(np.all(look == 1) for look in looks)


def one_by_one(picture: np.ndarray, plan: Layout) -> list[np.ndarray]:
    """The levels of a picture, cut out of its canvases again."""
    levels = [np.zeros((h, w, 3), np.uint8) for w, h in plan.sizes]
    canvases = draw(picture, plan)
    for tile in plan.tiles:
        place = np.s_[tile.top : tile.top + tile.height, tile.left : tile.left + tile.width]
        levels[tile.level][tile.y : tile.y + tile.height, tile.x : tile.x + tile.width] = canvases[
            tile.canvas
        ][place]
    return levels


def test_packing_and_cutting_change_no_number() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (700, 2600, 3), dtype=np.uint8)
    plan = layout(700, 2600, 20)
    assert len(plan.canvases) > 1
    pnet = open_session(
        assets_folder() / "mtcnn" / "pnet.onnx",
        SessionOptions(device="cpu", precision="f32", threads=2),
    )
    packed = [pnet.run({"canvas": canvas[None]})["logits"][0, 0] for canvas in draw(picture, plan)]
    alone = [
        pnet.run({"canvas": image[None]})["logits"][0, 0] for image in one_by_one(picture, plan)
    ]
    for canvas, logits in enumerate(packed):
        row, column, level, corner = plan.windows(canvas, np.ones_like(logits, bool))
        for number, expected in enumerate(alone):
            mine = level == number
            x, y = corner[mine].T // 2
            # An odd level's last row and column see its repeated edge instead of nothing.
            inner = (y < expected.shape[0] - 1) & (x < expected.shape[1] - 1)
            np.testing.assert_allclose(
                logits[row[mine], column[mine]][inner], expected[y, x][inner], rtol=1e-3, atol=1e-3
            )


@pytest.mark.parametrize("shape", [(97, 131), (480, 640), (50, 1000)])
def test_levels_are_the_picture_made_smaller(shape: tuple[int, int]) -> None:
    ramp = np.linspace(0, 255, shape[1])[None, :, None] * np.ones((shape[0], 1, 3))
    for level in one_by_one(ramp.astype(np.uint8), layout(*shape, 20)):
        expected = np.linspace(0, 255, level.shape[1])
        assert np.abs(level[0, 1:-1, 0] - expected[1:-1]).max() < 255 / level.shape[1] + 2


def test_shapes_stay_few_over_many_picture_sizes() -> None:
    rng = np.random.default_rng(3)
    sizes = rng.integers(300, 2000, (60, 2))
    seen = {shape for h, w in sizes for shape in layout(int(h), int(w), 20).canvases}
    assert len(seen) < 90
    assert all(h * w <= 1 << 18 for h, w in seen)
