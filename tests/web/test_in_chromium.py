"""The pages in a real browser, served by a real server with a real worker.

Set ``UNMASK_SHOTS`` to a folder to have pictures of the pages put there, and ``UNMASK_AXE`` to
axe-core's ``axe.min.js`` (npm install axe-core) to have every page checked for accessibility.
"""

from __future__ import annotations

import base64
import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

selenium = pytest.importorskip("selenium", reason="the extra 'browser' is not installed")
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
if CHROMIUM is None or DRIVER is None:
    pytest.skip("no chromium with chromedriver on this machine", allow_module_level=True)

from selenium import webdriver  # noqa: E402 - only where it can be used
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

pytestmark = pytest.mark.slow
SAMPLES = Path(__file__).parents[2] / "examples" / "samples"
CLIP = SAMPLES / "manipulated.mp4"
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--no-first-run", "--disable-dev-shm-usage", "--hide-scrollbars", "--lang=en",
)  # fmt: skip
PATIENCE_S = 240.0
PAGES = (
    "/",
    "/history",
    "/model",
    "/settings",
    "/settings?saved=1",
    "/api",
    "/live",
    "/no-such-page",
    "/sign-in",
)


class Server:
    """``unmask serve`` as a process, which can be killed and started again at its port."""

    def __init__(self, data: Path, model: Path) -> None:
        self._environment = os.environ | {"UNMASK_DATA": str(data)}
        self._model = model
        self.port = 0
        self.process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "unmask", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, "--model", str(self._model)],
            env=self._environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr is not None
        found = re.search(r":(\d+)/", self.process.stderr.readline())
        assert found, self.process.stderr.read()
        self.port = int(found[1])

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("served"), tiny_model)
    server.start()
    yield server
    server.kill()


def open_browser(*more: str, scripts: bool = True) -> Any:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, *more, "--window-size=1280,900"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    if not scripts:
        blocked = {"profile.managed_default_content_settings.javascript": 2}
        options.add_experimental_option("prefs", blocked)
    return webdriver.Chrome(options=options, service=Service(DRIVER))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    driver = open_browser()
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def result(server: Server, chromium: Any) -> str:
    """The address of a finished analysis, handed in with the file chooser."""
    chromium.get(server.url)
    chromium.find_element(By.ID, "file").send_keys(str(CLIP))
    until(lambda: "/analyses/" in chromium.current_url)
    shoot(chromium, "progress")
    until(lambda: chromium.find_elements(By.CSS_SELECTOR, ".verdict"))
    return str(chromium.current_url)


def until(what: Callable[[], Any]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.2)


def shoot(driver: Any, name: str) -> None:
    folder = os.environ.get("UNMASK_SHOTS")
    if not folder:
        return
    size = driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
    clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 1700), "scale": 1}
    shot = {"captureBeyondViewport": True, "clip": clip}
    data = driver.execute_cdp_cmd("Page.captureScreenshot", shot)["data"]
    Path(folder, f"{name}.png").write_bytes(base64.b64decode(data))


def complaints(driver: Any) -> list[str]:
    return [line["message"] for line in driver.get_log("browser") if line["level"] == "SEVERE"]


LISTEN = """
  window.heard = [];
  const live = "[aria-live], output, [role=status], [role=alert], [role=log]";
  const hear = ({ target, addedNodes }) => {
    const place = (target.nodeType === 3 ? target.parentElement : target)?.closest(live);
    const added = place?.getAttribute("role") === "log" ? addedNodes[0] : place;
    if (added?.textContent.trim()) window.heard.push(added.textContent.trim());
  };
  new MutationObserver((changes) => changes.forEach(hear))
    .observe(document.body, { subtree: true, childList: true, characterData: true });
"""


def heard(driver: Any) -> list[str]:
    """What a screen reader has been given to read aloud since ``LISTEN``."""
    return list(script(driver, "return window.heard"))


def script(driver: Any, text: str, *given: Any) -> Any:
    return driver.execute_script(text, *given)


def test_from_the_first_page_to_the_verdict(chromium, server, result):
    assert chromium.find_element(By.TAG_NAME, "h1").text in (
        "Manipulated", "Inconclusive", "No manipulation found",
    )  # fmt: skip
    until(lambda: script(chromium, "return document.getElementById('video').readyState >= 2"))
    assert complaints(chromium) == []
    shoot(chromium, "result")


def test_the_timeline_seeks_by_click_and_by_keys(chromium, result):
    chromium.get(result)
    until(lambda: script(chromium, "return document.getElementById('video').readyState >= 2"))
    timeline = chromium.find_element(By.ID, "timeline")
    now = "return document.getElementById('video').currentTime"
    plot = timeline.find_element(By.CSS_SELECTOR, ".plot")
    webdriver.ActionChains(chromium).move_to_element(plot).click().perform()
    middle = script(chromium, now)
    assert 1.2 < middle < 2.0
    timeline.send_keys(Keys.ARROW_RIGHT)
    assert script(chromium, now) > middle
    timeline.send_keys(Keys.HOME)
    until(lambda: script(chromium, now) < 0.01)
    times = script(
        chromium, "return JSON.parse(document.getElementById('scene').textContent).times"
    )
    for _ in range(2):
        timeline.send_keys(Keys.ARROW_RIGHT)
    until(lambda: abs(script(chromium, now) - times[2]) < 0.01)
    told = r"0:00\.2, Face 0: (> |< )?\d\.\d\d"  # its id, as in reports
    until(lambda: re.fullmatch(told, timeline.get_attribute("aria-valuetext")))
    chromium.add_cookie({"name": "lang", "value": "de"})
    try:
        chromium.get(result)
        told = chromium.find_element(By.ID, "timeline").get_attribute("aria-valuetext")
        assert re.fullmatch(r"0:00,0, Gesicht 0: (> |< )?\d,\d\d", told)
        assert script(chromium, "return document.querySelector('.scale').innerText").split() == [
            "1", "0,5", "0",
        ]  # fmt: skip
    finally:
        chromium.delete_cookie("lang")


def test_boxes_and_heat_maps_are_drawn_and_can_be_hidden(chromium, result):
    chromium.get(result)
    painted = """
      const c = document.getElementById('overlay');
      const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
      let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n;"""
    until(lambda: script(chromium, painted) > 0)
    boxes = script(chromium, painted)
    chromium.find_element(By.ID, "show-heat").click()
    until(lambda: script(chromium, painted) > 3 * boxes)
    shoot(chromium, "heat")
    chromium.find_element(By.ID, "show-heat").click()
    chromium.find_element(By.ID, "show-boxes").click()
    until(lambda: script(chromium, painted) == 0)
    chromium.find_element(By.CSS_SELECTOR, ".heat-toggle").click()
    seen = "return getComputedStyle(document.querySelector('.crop .heat')).opacity"
    until(lambda: script(chromium, seen) == "1")


def test_the_words_at_a_box_are_readable_and_never_cut_off(chromium, server):
    """By a pen that notes what it is told, for a face at the right edge."""
    drawn = """
      const done = arguments[0];
      import("/static/labels.js").then(({ drawLabel }) => {
        const told = [];
        const pen = {
          measureText: () => ({ width: 60 }),
          fillRect: (...where) => told.push(where),
          fillText: (...what) => told.push([...what, pen.fillStyle]),
        };
        drawLabel(pen, "12 · 0.59", [630, 4], 10, { colour: "#e69f00", ink: "#000000" }, 640);
        done(told);
      });"""
    chromium.get(server.url + "/history")
    box, words = chromium.execute_async_script(drawn)
    assert box == [570, 0, 70, 16]
    assert words[:2] == ["12 · 0.59", 575]
    assert words[3] == "#000000"


def test_the_film_plays(chromium, result):
    chromium.get(result)
    script(chromium, LISTEN)
    script(chromium, "const v = document.getElementById('video'); v.muted = true; v.play()")
    until(lambda: script(chromium, "return document.getElementById('video').currentTime > 0.5"))
    assert (
        script(chromium, "return document.getElementById('cursor').getAttribute('d')") != "M0 0V200"
    )
    assert heard(chromium) == []  # a clock that is read aloud drowns everything else


def test_the_pdf_report_is_saved_and_opens(chromium, result, tmp_path):
    pypdf = pytest.importorskip("pypdf", reason="the extra 'test' is not installed")
    pytest.importorskip("typst", reason="the extra 'report' is not installed")
    saving = {"behavior": "allow", "downloadPath": str(tmp_path)}
    chromium.execute_cdp_cmd("Browser.setDownloadBehavior", saving)
    chromium.get(result)
    chromium.find_element(By.CSS_SELECTOR, ".downloads a[href$='/report.pdf']").click()
    file = tmp_path / "unmask-manipulated.pdf"  # of another name until it is whole
    until(file.exists)
    text = "".join(page.extract_text() for page in pypdf.PdfReader(file).pages)
    assert chromium.find_element(By.TAG_NAME, "h1").text in text


def test_the_first_sheet_of_paper_has_the_verdict(chromium, result):
    """A verdict that had to stay on one sheet left the first one blank once it was longer."""
    pypdf = pytest.importorskip("pypdf", reason="the extra 'test' is not installed")
    chromium.get(result)
    longer = (
        "document.querySelector('.verdict-words').innerHTML += '<p>further words</p>'.repeat(20)"
    )
    script(chromium, longer)
    printed = chromium.execute_cdp_cmd("Page.printToPDF", {})["data"]
    first = pypdf.PdfReader(io.BytesIO(base64.b64decode(printed))).pages[0].extract_text()
    assert chromium.find_element(By.TAG_NAME, "h1").text in first


def test_a_frame_is_saved_with_what_when_and_by_whom(chromium, result, tmp_path):
    saving = {"behavior": "allow", "downloadPath": str(tmp_path)}
    chromium.execute_cdp_cmd("Browser.setDownloadBehavior", saving)
    chromium.get(result)
    until(lambda: script(chromium, "return document.getElementById('video').readyState >= 2"))
    chromium.find_element(By.CSS_SELECTOR, ".viewer-tools [data-time]").click()
    at = float(
        chromium.find_element(By.CSS_SELECTOR, ".viewer-tools [data-time]").get_attribute(
            "data-time"
        )
    )
    until(
        lambda: (
            abs(script(chromium, "return document.getElementById('video').currentTime") - at) < 0.01
        )
    )
    time.sleep(0.5)  # until the frame is drawn
    chromium.find_element(By.ID, "save").click()
    file = tmp_path / f"manipulated 0-{at:05.2f}.png"
    until(file.exists)
    saved = Image.open(file).convert("RGB")
    scene = json.loads(script(chromium, "return document.getElementById('scene').textContent"))
    assert saved.width == scene["width"]
    words = saved.crop((0, scene["height"], saved.width, saved.height))
    assert words.height > 30
    assert words.getpixel((1, 1)) == (255, 255, 255)
    assert words.convert("L").getextrema()[0] < 80  # there is writing on it
    assert saved.crop((0, 0, saved.width, scene["height"])).entropy() > 4  # and the film above


def test_a_film_opens_where_its_first_face_is(chromium, server, tmp_path, result):
    """The poster shows that moment: clock and boxes of another one do not belong to it."""
    late = tmp_path / "late.mp4"
    late.write_bytes(with_a_dark_start(CLIP, 60))
    chromium.get(server.url)
    chromium.find_element(By.ID, "file").send_keys(str(late))
    until(lambda: "/analyses/" in chromium.current_url)
    until(lambda: chromium.find_elements(By.CSS_SELECTOR, ".verdict"))
    until(lambda: script(chromium, "return document.getElementById('video').readyState >= 2"))
    scene = json.loads(script(chromium, "return document.getElementById('scene').textContent"))
    assert scene["start"] > 1
    now = "return document.getElementById('video').currentTime"
    until(lambda: abs(script(chromium, now) - scene["start"]) < 0.01)
    told = chromium.find_element(By.ID, "now").text
    assert told == f"0:{scene['start']:04.1f}"


def test_a_film_that_browsers_do_not_play_is_played_as_a_copy(chromium, server, tmp_path, result):
    old = tmp_path / "old.avi"
    old.write_bytes(as_avi(CLIP))
    chromium.get(server.url)
    chromium.find_element(By.ID, "file").send_keys(str(old))
    until(lambda: "/analyses/" in chromium.current_url)
    until(lambda: chromium.find_elements(By.CSS_SELECTOR, ".verdict"))
    assert "small copy of it without sound" in chromium.page_source
    until(lambda: script(chromium, "return document.getElementById('video').readyState >= 2"))
    length = script(chromium, "return document.getElementById('video').duration")
    assert abs(length - 1.6) < 0.05
    chromium.find_element(By.ID, "timeline").send_keys(Keys.END)
    times = script(
        chromium, "return JSON.parse(document.getElementById('scene').textContent).times"
    )
    now = "return document.getElementById('video').currentTime"
    until(lambda: abs(script(chromium, now) - times[-1]) < 0.01)
    assert complaints(chromium) == []


def test_every_page_fits_a_phone(chromium, server, result):
    phone = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": dark})
    try:
        report = result + "/report.html?show=1"
        for path in ("/", "/history", "/model", "/settings", "/api", report, result):
            chromium.get(path if path.startswith("http") else server.url + path)
            if path == "/model":  # a card may have any table
                table = f"<table><tr><td>{'wide' * 50}</td></tr></table>"
                script(
                    chromium, "document.querySelector('.prose').innerHTML += arguments[0]", table
                )
            assert script(chromium, "return document.documentElement.scrollWidth") <= 360, path
            if path == "/history":
                for number in chromium.find_elements(By.CSS_SELECTOR, ".row-link > .num"):
                    assert number.is_displayed()
                script(
                    chromium,
                    "document.querySelector('.row .badge').textContent = arguments[0]",
                    "Keine Manipulation gefunden",
                )
                right = "document.querySelector('%s').getBoundingClientRect().right"
                inside = f"return {right % '.row .badge'} <= {right % '.row'}"
                assert script(chromium, inside)
        one = result.rsplit("/", 1)[1]
        chromium.get(f"{server.url}/batches/{'0' * 20}?also={one}")
        german = (
            "document.querySelector('.batch .badge').textContent = 'Keine Manipulation gefunden';"
            "document.querySelector('.only-phone').textContent = 'P(manipuliert) ';"
        )
        script(chromium, german)
        cell = "const cell = document.querySelector('.batch td.num');"
        assert script(chromium, cell + "return cell.scrollWidth <= cell.clientWidth")
        chromium.get(result if result.startswith("http") else server.url + result)
        shoot(chromium, "phone")
    finally:
        chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_the_keyboard_reaches_everything(chromium, server):
    chromium.get(server.url)
    webdriver.ActionChains(chromium).send_keys(Keys.TAB).perform()
    assert chromium.switch_to.active_element.text == "Skip to the content"
    reached = set()
    focused = "const e = document.activeElement; return e.id || e.textContent.trim()"
    for _ in range(25):
        webdriver.ActionChains(chromium).send_keys(Keys.TAB).perform()
        reached.add(script(chromium, focused))
    assert {"Analyse", "History", "file", "Options", "url", "Fetch"} <= reached


def test_from_upload_to_the_timeline_by_keyboard_alone(chromium, server, tmp_path, result):
    """The driver gives the file where a person would type its path; no mouse is used."""
    file = tmp_path / "by-keyboard.mp4"
    file.write_bytes(CLIP.read_bytes() + b"by keyboard")
    chromium.get(server.url)
    tab_to(chromium, ".options summary")
    press(chromium, Keys.ENTER)
    tab_to(chromium, ".options input[name=fresh]")
    press(chromium, Keys.SPACE)
    tab_to(chromium, "#file", back=True)
    chromium.switch_to.active_element.send_keys(str(file))
    until(lambda: "/analyses/" in chromium.current_url)
    until(lambda: chromium.find_elements(By.CSS_SELECTOR, ".verdict"))
    until(lambda: script(chromium, "return document.getElementById('video').readyState >= 2"))
    tab_to(chromium, "#show-heat")
    press(chromium, Keys.SPACE)
    assert chromium.find_element(By.ID, "show-heat").is_selected()
    tab_to(chromium, "#timeline")
    now = "return document.getElementById('video').currentTime"
    before = script(chromium, now)
    press(chromium, Keys.ARROW_RIGHT)
    until(lambda: script(chromium, now) > before)
    press(chromium, Keys.END)
    until(lambda: script(chromium, now) > 1.2)
    tab_to(chromium, ".heat-toggle")
    tab_to(chromium, ".downloads a[href$='/report.html']")
    tab_to(chromium, "details.confirm summary")
    press(chromium, Keys.ENTER)
    tab_to(chromium, "details.confirm .is-danger")
    press(chromium, Keys.ENTER)
    until(lambda: chromium.current_url.endswith("/history?deleted=1"))
    assert complaints(chromium) == []


def tab_to(driver: Any, place: str, *, back: bool = False) -> None:
    """Press Tab until what the selector names has the focus, and can be seen to have it."""
    here = f"const e = document.activeElement; return e.matches({place!r})"
    for _ in range(60):
        chain = webdriver.ActionChains(driver)
        if back:
            chain.key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()
        else:
            chain.send_keys(Keys.TAB).perform()
        if script(driver, here):
            seen = "return document.activeElement.matches(':focus-visible')"
            assert script(driver, seen), place
            return
    raise AssertionError(f"Tab never reaches {place}")


def press(driver: Any, key: str) -> None:
    """To whatever has the focus."""
    webdriver.ActionChains(driver).send_keys(key).perform()


def test_without_javascript(server, result):
    driver = open_browser(scripts=False)
    try:
        driver.get(server.url + "/live")
        assert not driver.find_element(By.ID, "start").is_displayed()
        driver.get(server.url)
        assert "paste" not in driver.find_element(By.ID, "drop").text
        driver.find_element(By.ID, "file").send_keys(str(SAMPLES / "untouched.mp4"))
        driver.find_element(By.CSS_SELECTOR, ".drop .no-script").click()
        until(lambda: "/analyses/" in driver.current_url)
        until(lambda: driver.find_elements(By.CSS_SELECTOR, ".verdict"))
        assert driver.find_elements(By.CSS_SELECTOR, ".plot .curve")
    finally:
        driver.quit()


def test_a_new_token_is_seen_without_scrolling(chromium, server):
    chromium.get(server.url + "/settings")
    chromium.find_element(By.NAME, "name").send_keys("desk" + Keys.ENTER)
    until(lambda: chromium.find_elements(By.CSS_SELECTOR, ".secret"))
    place = "const r = document.querySelector('.secret').getBoundingClientRect();"
    until(lambda: script(chromium, place + "return r.top > 0 && r.bottom < innerHeight"))


def test_fetching_a_link_says_that_it_takes_time(chromium, server):
    chromium.get(server.url)
    stay = "document.querySelector('form.link').addEventListener('submit', e => e.preventDefault())"
    script(chromium, LISTEN + stay)
    chromium.find_element(By.ID, "url").send_keys("https://media.example/a.mp4" + Keys.ENTER)
    until(lambda: len(heard(chromium)) == 1)
    assert "can take minutes" in heard(chromium)[0]


def test_several_files_fill_a_table(chromium, server, tmp_path, result):
    files = []
    for number in range(3):
        files.append(tmp_path / f"copy-{number}.mp4")
        files[-1].write_bytes(CLIP.read_bytes() + bytes([number]))
    chromium.get(server.url)
    chromium.find_element(By.ID, "file").send_keys("\n".join(map(str, files)))
    until(lambda: "/batches/" in chromium.current_url)
    script(chromium, LISTEN)
    script(chromium, "document.querySelector('tbody tr:last-child a').focus()")
    until(lambda: len(chromium.find_elements(By.CSS_SELECTOR, "td .badge")) == 3)
    assert chromium.switch_to.active_element.text == "copy-2.mp4"
    assert re.match(r"copy-2.mp4 Done .* \d\.\d\d$", heard(chromium)[-1])
    shoot(chromium, "batch")


def test_a_file_that_fails_does_not_bar_the_way_to_the_others(chromium, server, tmp_path, result):
    empty, one = tmp_path / "empty.mp4", tmp_path / "beside.mp4"
    empty.touch()
    one.write_bytes(CLIP.read_bytes() + b"beside")
    chromium.get(server.url)
    script(chromium, LISTEN)
    chromium.find_element(By.ID, "file").send_keys(f"{empty}\n{one}")
    way = chromium.find_element(By.CSS_SELECTOR, "#results a")
    until(way.is_displayed)
    assert "the file is empty" in chromium.find_element(By.ID, "sending").text
    told = sorted(heard(chromium))
    assert told[0] == "beside.mp4: Received"
    assert re.fullmatch(r"empty.mp4: .*the file is empty.*", told[1])
    assert len(told) == 2  # and no per cents
    assert "/analyses/" in way.get_attribute("href")
    shoot(chromium, "one-failed")
    chromium.find_element(By.ID, "file").send_keys(str(CLIP))  # what is known already
    until(lambda: "/batches/" in chromium.current_url)
    until(lambda: len(chromium.find_elements(By.CSS_SELECTOR, "td .badge")) == 2)


def test_an_upload_that_breaks_is_sent_again_by_keyboard(chromium, server, tmp_path, result):
    """The file is not chosen again, and the keyboard is where it was."""
    file = tmp_path / "broken line.mp4"
    file.write_bytes(CLIP.read_bytes() + b"broken line")
    chromium.get(server.url)
    script(chromium, LISTEN)
    again = ".sending button"
    focused = "return document.activeElement.textContent"
    network(chromium, offline=True)
    try:
        chromium.find_element(By.ID, "file").send_keys(str(file))
        until(lambda: chromium.find_elements(By.CSS_SELECTOR, again))
        assert "broken line.mp4: The connection broke" in heard(chromium)[-1]
        tab_to(chromium, again)
        button = chromium.switch_to.active_element
        assert button.accessible_name == "Send it again: broken line.mp4"
        press(chromium, Keys.ENTER)
        until(lambda: script(chromium, focused) == "Send it again")  # it broke once more
    finally:
        network(chromium, offline=False)
    press(chromium, Keys.ENTER)
    until(lambda: "/analyses/" in chromium.current_url)
    until(lambda: chromium.find_elements(By.CSS_SELECTOR, ".verdict"))
    complaints(chromium)  # of the network


def test_an_upload_that_can_go_no_better_has_no_such_button(chromium, server, tmp_path, result):
    chromium.get(server.url)
    script(chromium, "document.querySelector('form.upload').dataset.limit = '10'")
    file = tmp_path / "large.mp4"
    file.write_bytes(b"more than ten bytes")
    chromium.find_element(By.ID, "file").send_keys(str(file))
    until(lambda: chromium.find_elements(By.CSS_SELECTOR, ".sending .is-bad"))
    assert not chromium.find_elements(By.CSS_SELECTOR, ".sending button")


def test_what_a_proxy_finds_too_large_is_no_broken_connection(chromium, server, tmp_path, result):
    """nginx takes one megabyte unless told otherwise, and says so in a page of its own."""
    chromium.get(server.url)
    for name, value in (("status", "413"), ("response", "null")):
        get = f"{{get: () => {value}, configurable: true}}"
        script(chromium, f"Object.defineProperty(XMLHttpRequest.prototype, '{name}', {get})")
    file = tmp_path / "for-the-proxy.mp4"
    file.write_bytes(b"no film")
    chromium.find_element(By.ID, "file").send_keys(str(file))
    until(lambda: chromium.find_elements(By.CSS_SELECTOR, ".sending .is-bad"))
    assert "proxy" in chromium.find_element(By.CSS_SELECTOR, ".sending .is-bad").text
    assert not chromium.find_elements(By.CSS_SELECTOR, ".sending button")


def test_history_is_searched_by_the_readers_days(chromium, server, result):
    zone = {"timezoneId": "Pacific/Kiritimati"}
    chromium.execute_cdp_cmd("Emulation.setTimezoneOverride", zone)
    try:
        chromium.get(server.url + "/history")
        shown = chromium.find_element(By.CSS_SELECTOR, "input[name=since]")
        day = script(chromium, "return new Date().toLocaleDateString('sv')")
        script(chromium, "arguments[0].value = arguments[1]", shown, day)
        assert "(UTC)" not in chromium.find_element(By.CSS_SELECTOR, ".search").text
        chromium.find_element(By.CSS_SELECTOR, ".search .button").click()
        until(lambda: "zone=Pacific%2FKiritimati" in chromium.current_url)
        assert chromium.find_elements(By.CSS_SELECTOR, ".row")
    finally:
        chromium.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})


def test_a_job_survives_reload_and_the_death_of_the_server(chromium, server, tmp_path, result):
    file = tmp_path / "survivor.mp4"
    file.write_bytes(CLIP.read_bytes() + b"survivor")
    chromium.get(server.url)
    chromium.find_element(By.ID, "file").send_keys(str(file))
    until(lambda: "/analyses/" in chromium.current_url)
    address = chromium.current_url
    chromium.refresh()
    server.kill()
    server.start()
    chromium.get(address)
    until(lambda: chromium.find_elements(By.CSS_SELECTOR, ".verdict"))
    chromium.get(server.url + "/history?q=survivor")
    assert len(chromium.find_elements(By.CSS_SELECTOR, ".row")) == 1
    shoot(chromium, "history")


def test_a_page_that_waits_comes_back_after_an_answer_that_is_no_stream(chromium, server):
    """As from a proxy while the server starts: a browser asks no more after it."""
    chromium.get(server.url + "/history")
    waits = """
      document.querySelector("main").innerHTML = '<section data-events="/no-such-page"></section>';
      import("/static/progress.js");"""
    script(chromium, waits)
    assert not chromium.find_elements(By.TAG_NAME, "h1")
    until(lambda: chromium.find_elements(By.TAG_NAME, "h1"))


@pytest.fixture(scope="module")
def filming(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A browser whose camera is the sample clip."""
    film = tmp_path_factory.mktemp("camera") / "camera.mjpeg"
    as_motion_jpeg(CLIP, film)
    driver = open_browser(
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    )
    yield driver
    driver.quit()


def watch(driver: Any, server: Server) -> Any:
    """Start the camera; the line that says what is seen, once it holds a score."""
    driver.get(server.url + "/live")
    assert not driver.find_element(By.ID, "record").is_displayed()
    driver.find_element(By.ID, "start").click()
    said = driver.find_element(By.ID, "said")
    until(lambda: re.search(r"\bFace 0: P\(manipulated\) [<> ]*\d", said.text))
    return said


def test_the_camera_live(filming, server, result):
    """What is recorded is analysed as any other file."""
    watch(filming, server)
    script(filming, LISTEN)
    time.sleep(3)
    assert len(heard(filming)) <= 2  # of dozens of scores
    print("frames a second:", filming.find_element(By.ID, "rate").text)
    assert float(filming.find_element(By.ID, "live").get_attribute("data-fps")) > 0
    shoot(filming, "live")
    filming.find_element(By.ID, "record").click()
    time.sleep(2)
    filming.find_element(By.ID, "record").click()
    until(lambda: "/analyses/" in filming.current_url)
    until(lambda: filming.find_elements(By.CSS_SELECTOR, ".verdict"))
    assert complaints(filming) == []


def test_the_camera_while_the_server_is_out_of_reach(filming, server, result):
    """No old score stands there as if it were of now, and no recording is lost."""
    said = watch(filming, server)
    record = filming.find_element(By.ID, "record")
    network(filming, offline=True)
    try:
        until(lambda: "cannot be reached" in said.text)
        record.click()
        time.sleep(2)
        record.click()
        until(lambda: "The recording did not arrive" in said.text)
        assert record.text == "Send it again"
    finally:
        network(filming, offline=False)
    record.click()
    until(lambda: "/analyses/" in filming.current_url)
    until(lambda: filming.find_elements(By.CSS_SELECTOR, ".verdict"))
    complaints(filming)  # of the network


ANSWER = """
  // Frames are answered with what `found` says, so late as `late` says.
  const [sent, own] = [window.fetch, arguments[0]];
  Object.assign(window, { found: own, late: 20, asked: 0 });
  window.fetch = (url, more) => {
    if (!url.endsWith("/frames")) return sent(url, more);
    window.asked += 1;
    const answer = () => Response.json(window.found);
    return new Promise((settle) => setTimeout(() => settle(answer()), window.late));
  };
"""


def found(*verdicts: Any, left_out: int = 0) -> dict[str, Any]:
    """What the server says of a frame with these verdicts on faces."""
    faces = [
        {"id": n, "box": [100 * n, 50, 100 * n + 90, 150], "verdict": one}
        for n, one in enumerate(verdicts)
    ]
    return {
        "width": 640, "height": 480, "ms": 5, "looks": 1, "faces": faces, "left_out": left_out,
    }  # fmt: skip


def verdict(label: str, probability: float | None, *reasons: str) -> dict[str, Any]:
    return {"label": label, "probability": probability, "reasons": reasons}


CLEAR = verdict("no-manipulation-found", 0.12, "below-threshold")


def answered(driver: Any, server: Server, first: dict[str, Any]) -> Any:
    """Start the camera with such answers; the line that says what is seen."""
    driver.get(server.url + "/live")
    script(driver, LISTEN)
    script(driver, ANSWER, first)
    driver.find_element(By.ID, "start").click()
    return driver.find_element(By.ID, "said")


def test_the_camera_shows_no_score_where_a_scan_has_none(filming, server):
    hidden = verdict("inconclusive", None, "pixelated")
    covered = verdict("inconclusive", 0.12, "part-covered")
    said = answered(filming, server, found(CLEAR, hidden, covered, None, left_out=2))
    until(lambda: said.text.startswith("Face 0"))
    first, second, third, fourth, last = said.text.splitlines()
    assert first == "Face 0: P(manipulated) 0.12"
    assert second.startswith("Face 1: not judged. The face is pixelated")
    assert third.startswith("Face 2: P(manipulated) 0.12 · Inconclusive. Something lies over")
    assert fourth == "Face 3: gathering frames"
    assert "Further faces in the picture: 2" in last
    paths = "[...document.querySelectorAll('#curves path')]"
    curves = f"return {paths}.map((one) => one.getAttribute('d'))"
    until(lambda: len(script(filming, curves)) == 6)  # of three faces a sure one and a doubtful
    drawn = [bool(curve) for curve in script(filming, curves)]
    assert drawn == [True, False, False, False, False, True]


def test_who_listens_to_the_camera_hears_what_is_new(filming, server):
    said = answered(filming, server, found(CLEAR))
    until(lambda: heard(filming)[-1:] == ["Face 0: P(manipulated) 0.12"])
    script(filming, "window.heard = []")
    for step in range(8):  # the score moves, and nothing else is to be said than before
        script(filming, "window.found = arguments[0]", found(CLEAR | {"probability": step / 50}))
        time.sleep(1)
    assert "P(manipulated) 0.14" in said.text
    assert heard(filming) == []
    script(filming, "window.found = arguments[0]", found())
    until(lambda: heard(filming))
    assert heard(filming)[0] == "No face in the picture"


def test_a_hidden_page_sends_no_frames(filming, server):
    said = answered(filming, server, found(CLEAR))
    until(lambda: said.text == "Face 0: P(manipulated) 0.12")
    script(filming, "Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    until(lambda: "Paused" in said.text)
    asked = script(filming, "return window.asked")
    time.sleep(1)
    assert script(filming, "return window.asked") == asked
    script(filming, "delete document.hidden")
    script(filming, "document.dispatchEvent(new Event('visibilitychange'))")
    until(lambda: said.text == "Face 0: P(manipulated) 0.12")


def test_a_server_that_is_slow_leaves_no_old_score(filming, server):
    said = answered(filming, server, found(CLEAR))
    until(lambda: said.text == "Face 0: P(manipulated) 0.12")
    script(filming, "window.late = 6000")
    until(lambda: "slow to answer" in said.text)
    until(lambda: said.text == "Face 0: P(manipulated) 0.12")


def test_a_recording_can_be_discarded(filming, server):
    said = answered(filming, server, found(CLEAR))
    until(lambda: said.text == "Face 0: P(manipulated) 0.12")
    start, record = (filming.find_element(By.ID, one) for one in ("start", "record"))
    record.click()
    assert "Recording" in heard(filming)
    time.sleep(1.5)
    assert start.text == "Discard the recording"
    start.click()
    until(lambda: "The recording was discarded." in heard(filming))
    assert (start.text, record.text) == ("Stop", "Record")
    script(filming, "document.getElementById('record').focus()")  # which goes away
    camera = "document.getElementById('camera').srcObject.getVideoTracks()[0]"
    script(filming, camera + ".dispatchEvent(new Event('ended'))")
    until(lambda: said.text == "The camera has stopped.")
    assert script(filming, "return document.activeElement.id") == "start"
    asked = "return performance.getEntriesByType('resource').map((one) => one.name)"
    assert not [url for url in script(filming, asked) if url.endswith("/uploads")]


REFUSE = """
  const error = new DOMException("", arguments[0]);
  navigator.mediaDevices.getUserMedia = () => Promise.reject(error);
"""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("NotAllowedError", "may not be used"),
        ("NotFoundError", "No camera was found"),
        ("NotReadableError", "Another program"),
    ],
)
def test_why_there_is_no_camera(filming, server, error, words):
    filming.get(server.url + "/live")
    script(filming, LISTEN)
    script(filming, REFUSE, error)
    filming.find_element(By.ID, "start").click()
    until(lambda: words in filming.find_element(By.ID, "said").text)
    assert words in heard(filming)[0]


def network(driver: Any, *, offline: bool) -> None:
    driver.execute_cdp_cmd("Network.enable", {})
    state = {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    driver.execute_cdp_cmd("Network.emulateNetworkConditions", state)


def as_motion_jpeg(source: Path, target: Path) -> None:
    with av.open(str(source)) as film, target.open("wb") as file:
        for frame in film.decode(video=0):
            frame.to_image().save(file, "JPEG", quality=90)


def test_axe_finds_nothing(chromium, server, result):
    """Every page, light and dark: the result, its comparison with another, a failed one, ..."""
    axe = os.environ.get("UNMASK_AXE")
    if not axe:
        pytest.skip("UNMASK_AXE names no axe.min.js")
    pages = [*PAGES, result, *other_pages(chromium, server.url, result)]
    found = []
    for scheme in ("light", "dark"):
        wanted = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", wanted)
        for path in pages:
            chromium.get(path if path.startswith("http") else server.url + path)
            script(chromium, "for (const d of document.querySelectorAll('details')) d.open = true")
            script(chromium, Path(axe).read_text(encoding="utf-8"))
            report = chromium.execute_async_script("axe.run().then(arguments[0])")
            found += [f"{scheme} {path}: {_told(one)}" for one in report["violations"]]
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert found == []


SEND = """
  const [content, name, more, done] = arguments;
  const body = new FormData();
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  body.append("file", new Blob([bytes]), name);
  for (const [key, value] of Object.entries(more)) body.append(key, value);
  fetch("/api/v1/analyses", { method: "POST", body }).then((answer) => answer.json()).then(done);
"""
STATE = """
  const [id, done] = arguments;
  fetch(`/api/v1/analyses/${id}`).then((answer) => answer.json()).then((task) => done(task.state));
"""


def other_pages(chromium: Any, url: str, result: str) -> list[str]:
    """A second analysis of the same file beside the first, an old film, a failure, a batch."""
    chromium.get(url)
    one = result.rsplit("/", 1)[1]

    def analysed(content: bytes, name: str, **more: str) -> str:
        coded = base64.b64encode(content).decode()
        id = str(chromium.execute_async_script(SEND, coded, name, more)["id"])
        until(lambda: chromium.execute_async_script(STATE, id) in ("done", "failed"))
        return id

    other = analysed(CLIP.read_bytes(), "again.mp4", clips="1", fresh="true")
    old = analysed(as_avi(CLIP), "old.avi")
    failed = analysed(b"no film", "broken.mp4")
    picture = analysed(as_png(CLIP), "frame.png")
    addresses = [f"/analyses/{id}" for id in (old, failed, picture)]
    batch = f"/batches/{'0' * 20}?also={one}&also={other}&also={failed}"
    return [*addresses, f"/compare?one={one}&other={other}", batch]


def as_avi(source: Path) -> bytes:
    """MPEG-4 part 2, which no browser plays: the page shows a copy."""
    target = io.BytesIO()
    with av.open(str(source)) as film, av.open(target, "w", format="avi") as old:
        stream = old.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number, frame in zip(range(40), film.decode(video=0), strict=False):
            small = frame.reformat(320, 180, format="yuv420p")
            small.pts, small.time_base = number, Fraction(1, 25)
            old.mux(stream.encode(small))
        old.mux(stream.encode())
    return target.getvalue()


def with_a_dark_start(source: Path, frames: int) -> bytes:
    """So many black frames, then the film."""
    target = io.BytesIO()
    with av.open(str(source)) as film, av.open(target, "w", format="mp4") as late:
        first, *others = film.decode(video=0)
        stream = late.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, "yuv420p"
        black = np.zeros((first.height, first.width, 3), np.uint8)
        pictures = [black] * frames + [one.to_ndarray(format="rgb24") for one in (first, *others)]
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            late.mux(stream.encode(frame))
        late.mux(stream.encode())
    return target.getvalue()


def as_png(source: Path) -> bytes:
    file = io.BytesIO()
    with av.open(str(source)) as film:
        next(film.decode(video=0)).to_image().save(file, "PNG")
    return file.getvalue()


def _told(violation: dict[str, Any]) -> str:
    places = [node["html"][:120] for node in violation["nodes"][:3]]
    return f"{violation['id']} ({violation['impact']}): {places}"


SEEN = """return [...document.querySelectorAll(arguments[0])]
  .filter((one) => one.checkVisibility()).map((one) => one.outerHTML)"""


def test_on_paper_there_is_what_was_found_and_nothing_to_press(chromium, server, result):
    chromium.get(result)
    pressed = "button:not(.crop), input, select, nav, video, a[href$='report.pdf']"
    assert len(chromium.execute_script(SEEN, pressed)) > 10
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    paper = {"media": "print", "features": dark}
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", paper)
    try:
        assert chromium.execute_script(SEEN, pressed) == []
        for found in (".verdict h1", ".reasons", ".crop img", ".plot"):
            assert chromium.execute_script(SEEN, found)
        ground = "return getComputedStyle(document.documentElement).backgroundColor"
        assert script(chromium, ground) == "rgb(247, 245, 240)"  # as by day
    finally:
        chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})


def test_deleting(chromium, server, tmp_path):
    file = tmp_path / "doomed.mp4"
    file.write_bytes(CLIP.read_bytes() + b"doomed")
    chromium.get(server.url)
    chromium.find_element(By.ID, "file").send_keys(str(file))
    until(lambda: chromium.find_elements(By.CSS_SELECTOR, ".verdict"))
    chromium.get(server.url + "/history?q=doomed")
    chromium.find_element(By.CSS_SELECTOR, ".row-link").click()
    address = chromium.current_url
    chromium.find_element(By.CSS_SELECTOR, "details.confirm summary").click()
    chromium.find_element(By.CSS_SELECTOR, "details.confirm .is-danger").click()
    until(lambda: chromium.current_url.endswith("/history?deleted=1"))
    chromium.get(address)
    assert "no analysis with this number" in chromium.page_source
