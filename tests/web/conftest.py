"""The application over a data folder of the test's own, and a worker for when one is wanted."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("flask", reason="the extra 'web' is not installed")

from flask import Flask
from flask.testing import FlaskClient
from skimage.data import astronaut
from web_helpers import services_of, token_in

from unmask.jobs import Folders
from unmask.jobs.child import Speaker, answer
from unmask.jobs.limits import Limits
from unmask.jobs.messages import Order, Said
from unmask.jobs.running import Workshop
from unmask.web import WebConfig, create_app
from unmask.web.services import Services

SAMPLES = Path(__file__).parents[2] / "examples" / "samples"


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folders:
    monkeypatch.setenv("UNMASK_DATA", str(tmp_path / "data"))
    return Folders.default()


@pytest.fixture
def make_app(folders: Folders, tiny_model: Path) -> Iterator[Callable[..., Flask]]:
    """An application with other settings than usual."""
    made: list[Flask] = []

    def make(**config: Any) -> Flask:
        usual = {"folders": folders, "models": (str(tiny_model),), "testing": True}
        app = create_app(WebConfig(**(usual | config)))
        made.append(app)
        return app

    yield make
    for app in made:
        services_of(app).cameras.close()
        services_of(app).history.close()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def services(app: Flask) -> Services:
    return services_of(app)


class Indoors:
    """Stands in for a child, of which tests/jobs has real ones: the same work, in this process."""

    def __init__(self, order: Order, limits: Limits) -> None:
        self._order = order

    def __enter__(self) -> Indoors:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def says(self, pause_s: float) -> Iterator[Said]:
        yield answer(self._order, Speaker(io.BytesIO()))


@pytest.fixture
def work(services: Services, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Do every job that waits."""
    monkeypatch.setattr("unmask.jobs.running.Child", Indoors)

    def work() -> None:
        shop = Workshop(services.history, services.config.folders)
        for _ in range(services.desk.book.waiting()):
            shop.run()

    return work


class Browser:
    """A client that fills in the token of forms, as a browser does."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self._token = ""

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, buffered=True, **more)

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
        if not self._token:
            self._token = token_in(self.client.get("/settings").text)
        return self.client.post(path, data={"csrf_token": self._token} | (data or {}), **more)


@pytest.fixture
def browser(client: FlaskClient) -> Browser:
    return Browser(client)


@pytest.fixture(scope="session")
def portrait() -> bytes:
    """A PNG of one face."""
    file = io.BytesIO()
    Image.fromarray(np.asarray(astronaut()[:256, 96:352])).save(file, "PNG", compress_level=1)
    return file.getvalue()


@pytest.fixture(scope="session")
def clip() -> bytes:
    return (SAMPLES / "manipulated.mp4").read_bytes()


@pytest.fixture
def upload(browser: Browser) -> Callable[..., Any]:
    """Send files by the form, as without JavaScript."""

    def upload(*files: tuple[bytes, str], **fields: str) -> Any:
        data = {"file": [(io.BytesIO(content), name) for content, name in files]} | fields
        return browser.post("/", data, content_type="multipart/form-data")

    return upload


@pytest.fixture
def analysed(upload: Callable[..., Any], work: Callable[[], None], clip: bytes) -> str:
    """The id of a finished analysis of the sample clip."""
    path = upload((clip, "clip.mp4")).headers["Location"]
    work()
    return str(path).rsplit("/", 1)[1]
