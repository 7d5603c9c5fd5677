"""What every view works with, one set for each application."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, cast

from flask import current_app

from unmask.core.analysis import Thresholds
from unmask.core.errors import ModelError, ModelNotFound
from unmask.jobs import Desk, JobOptions
from unmask.jobs.live import Cameras
from unmask.jobs.webhooks import checked_address
from unmask.runtime import ModelPackage, find_package, shipped_packages
from unmask.store import History, Settings, Tokens
from unmask.web.config import WebConfig

KEY = "unmask"
WATCHERS = 10
"""Pages that may watch progress at the same time: each holds a thread of the server's."""


@dataclass(frozen=True, slots=True)
class Services:
    """The desk, tokens and settings of this application, and the models it may use."""

    config: WebConfig
    desk: Desk
    tokens: Tokens
    settings: Settings
    cameras: Cameras
    watchers: threading.BoundedSemaphore

    @classmethod
    def open(cls, config: WebConfig) -> Services:
        """Open the database and folders. Raises :class:`StoreError`."""
        history = History(config.database)  # for None the one that workers open, too
        desk = Desk(history, config.folders)
        desk.ask_for_today()
        return cls(
            config,
            desk,
            Tokens(history),
            Settings(history),
            Cameras(),
            threading.BoundedSemaphore(WATCHERS),
        )

    @property
    def history(self) -> History:
        """Past analyses."""
        return self.desk.history

    def packages(self) -> list[ModelPackage]:
        """The models that may be asked for, the default first."""
        if self.config.models:
            return [find_package(name) for name in self.config.models]
        return list(reversed(shipped_packages()))

    def package(self, name: str | None = None) -> ModelPackage:
        """The model of that name, the default for None. Never a path that a client sent.

        Raises :class:`ModelNotFound`.
        """
        packages = self.packages()
        if not packages:
            raise ModelNotFound(
                "this installation ships no model package",
                hint="name a folder with one: unmask serve --model DIR",
            )
        if name is None:
            return packages[0]
        for package in packages:
            if package.manifest.name == name:
                return package
        raise ModelNotFound(f"no model named {name!r}", hint="/api/v1/models lists them")

    def package_of(self, sha256: str) -> ModelPackage | None:
        """The package with this hash, where it is still installed."""
        try:
            found = [one for one in self.packages() if one.reference().sha256 == sha256]
        except ModelError:
            return None
        return found[0] if found else None

    def options(self, model: str | None = None, **numbers: Any) -> JobOptions:
        """Options for a job, with the thresholds of the settings unless others are given."""
        thresholds = self.settings.get("thresholds")
        if "thresholds" not in numbers and thresholds is not None:
            numbers["thresholds"] = Thresholds.model_validate(thresholds)
        return JobOptions(model=str(self.package(model).folder), **numbers)

    def webhook(self, given: str | None) -> str | None:
        """The address to be told: the one given, else that of the settings.

        Raises :class:`WebhookRefused`.
        """
        return checked_address(given) if given else self.settings.get("webhook")


def services() -> Services:
    """Those of the application at hand."""
    return cast(Services, current_app.extensions[KEY])
