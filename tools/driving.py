"""Chromium before ``unmask serve``, for the tools that draw and measure its pages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

ROOT = Path(__file__).parents[1]
SAMPLES = [ROOT / "examples" / "samples" / f"{name}.mp4" for name in ("manipulated", "untouched")]
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
         "--disable-background-networking", "--disable-dev-shm-usage", "--lang=en")  # fmt: skip
PATIENCE_S = 300.0
CAMERA = (640, 480)


@contextmanager
def server(data: str, *options: str) -> Iterator[str]:
    """The address of ``unmask serve`` over a folder of its own."""
    command = [sys.executable, "-m", "unmask", "serve", "--port", "0", *options]
    environment = os.environ | {"UNMASK_DATA": data}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        found = re.search(r"http://\S+:\d+", process.stderr.readline())
        try:
            assert found, "the server did not say where it listens"
            yield found[0]
        finally:
            process.terminate()


@contextmanager
def browser(*more: str) -> Iterator[Any]:
    """Chromium without a window."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in (*FLAGS, *more):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def camera_flags(film: Path) -> tuple[str, ...]:
    """What makes Chromium take a film of Motion JPEG for its camera, without asking."""
    return (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    )


def as_camera(source: Path, target: Path) -> None:
    """Write a film as the Motion JPEG that a camera of 640×480 would give."""
    with av.open(str(source)) as film, target.open("wb") as file:
        for frame in film.decode(video=0):
            picture = frame.to_image()
            scale = min(CAMERA[0] / picture.width, CAMERA[1] / picture.height)
            size = round(scale * picture.width), round(scale * picture.height)
            whole = Image.new("RGB", CAMERA)
            corner = (CAMERA[0] - size[0]) // 2, (CAMERA[1] - size[1]) // 2
            whole.paste(picture.resize(size, Image.Resampling.BICUBIC), corner)
            whole.save(file, "JPEG", quality=90)


def watch_live(driver: Any, url: str) -> None:
    """Open the live page and start the camera; returns once a face has a rolling score."""
    driver.get(f"{url}/live")
    driver.find_element(By.ID, "start").click()
    until(lambda: re.search(r"\bP (> )?\d", driver.find_element(By.ID, "said").text))


def hand_in(driver: Any, url: str, *files: Path) -> str:
    """Upload by the file chooser; the address of the page that then shows."""
    driver.get(url)
    driver.find_element(By.ID, "file").send_keys("\n".join(map(str, files)))
    until(lambda: driver.current_url.rstrip("/") != url)
    return str(driver.current_url)


def until(true: Callable[[], Any]) -> None:
    """Wait for it."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.3)
