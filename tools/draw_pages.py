"""Draw the pictures of the web app in docs/images: the sample clips, analysed by the shipped model.

.venv/bin/pip install -e '.[browser]'      # and Chromium with its driver
.venv/bin/python tools/draw_pages.py
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
SAMPLES = [ROOT / "examples" / "samples" / f"{name}.mp4" for name in ("manipulated", "untouched")]
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
         "--disable-background-networking", "--disable-dev-shm-usage", "--lang=en")  # fmt: skip
PATIENCE_S = 300.0


@contextmanager
def server(data: str) -> Iterator[str]:
    """The address of ``unmask serve`` over a folder of its own."""
    command = [sys.executable, "-m", "unmask.cli", "serve", "--port", "0"]
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
def browser() -> Iterator[Any]:
    """Chromium without a window."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in FLAGS:
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def hand_in(driver: Any, url: str, *files: Path) -> str:
    """Upload by the file chooser; the address of the page that then shows."""
    driver.get(url)
    driver.find_element(By.ID, "file").send_keys("\n".join(map(str, files)))
    until(lambda: driver.current_url.rstrip("/") != url)
    return str(driver.current_url)


def until(true: Any) -> None:
    """Wait for it."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.3)


def shoot(driver: Any, name: str, width: int, height: int, *, dark: bool = False) -> None:
    """Write ``docs/images/web-NAME.png``."""
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    time.sleep(1.5)
    driver.save_screenshot(str(IMAGES / f"web-{name}.png"))


def main() -> None:
    """Draw them."""
    with tempfile.TemporaryDirectory() as data, server(data) as url, browser() as driver:
        hand_in(driver, url, *SAMPLES)
        until(lambda: len(driver.find_elements(By.CSS_SELECTOR, "tbody .badge, tbody .tag")) >= 2
              or driver.page_source.count("Done") >= 2)  # fmt: skip
        shoot(driver, "batch", 1000, 592)
        hand_in(driver, url, SAMPLES[0])
        until(lambda: driver.find_elements(By.CSS_SELECTOR, ".verdict"))
        shoot(driver, "result", 1000, 1328)
        shoot(driver, "phone", 390, 844, dark=True)
        driver.find_element(By.ID, "show-heat").click()
        shoot(driver, "heat", 1000, 800)


if __name__ == "__main__":
    main()
