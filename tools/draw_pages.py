"""Draw the pictures of the web app in docs/images: the sample clips, analysed by the shipped model.

.venv/bin/pip install -e '.[browser]'      # and Chromium with its driver
.venv/bin/python tools/draw_pages.py
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from driving import (
    ROOT,
    SAMPLES,
    as_camera,
    browser,
    camera_flags,
    hand_in,
    server,
    until,
    watch_live,
)
from selenium.webdriver.common.by import By

IMAGES = ROOT / "docs" / "images"


def shoot(driver: Any, name: str, width: int, height: int, *, dark: bool = False) -> None:
    """Write ``docs/images/web-NAME.png``."""
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    time.sleep(1.5)
    driver.save_screenshot(str(IMAGES / f"web-{name}.png"))


def draw_results(driver: Any, url: str) -> None:
    """The table of a batch, a result, the same on a phone, its heat map."""
    hand_in(driver, url, *SAMPLES)
    until(lambda: len(driver.find_elements(By.CSS_SELECTOR, "tbody .badge")) >= 2)
    shoot(driver, "batch", 1000, 592)
    hand_in(driver, url, SAMPLES[0])
    until(lambda: driver.find_elements(By.CSS_SELECTOR, ".verdict"))
    shoot(driver, "result", 1000, 1328)
    shoot(driver, "phone", 390, 844, dark=True)
    driver.find_element(By.ID, "show-heat").click()
    shoot(driver, "heat", 1000, 800)


def draw_live(url: str, film: Path) -> None:
    """The camera, which is a sample clip, watched for long enough to show a curve."""
    as_camera(SAMPLES[0], film)
    with browser(*camera_flags(film)) as driver:
        watch_live(driver, url)
        time.sleep(12)
        shoot(driver, "live", 1000, 900)


def main() -> None:
    """Draw them."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    with tempfile.TemporaryDirectory() as data, server(data) as url:
        with browser() as driver:
            draw_results(driver, url)
        draw_live(url, Path(data) / "camera.mjpeg")


if __name__ == "__main__":
    main()
