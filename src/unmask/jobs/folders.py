"""Where the web app keeps what does not fit into the database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from unmask.core.paths import data_folder


@dataclass(frozen=True, slots=True)
class Folders:
    """Folders under ``root``, private to the user, made when first asked for."""

    root: Path

    @classmethod
    def default(cls) -> Folders:
        """Those in the data folder."""
        return cls(data_folder())

    @property
    def used(self) -> bool:
        """Whether the web app keeps anything here: only asking makes no folder."""
        return any((self.root / name).is_dir() for name in ("uploads", "evidence"))

    @property
    def uploads(self) -> Path:
        """Files received, by hash."""
        return self._made("uploads")

    @property
    def incoming(self) -> Path:
        """Files being received: on the same disk as :attr:`uploads`, so that a move suffices."""
        return self._made("incoming")

    @property
    def evidence(self) -> Path:
        """Pictures of finished analyses, one folder for each id."""
        return self._made("evidence")

    @property
    def queue(self) -> Path:
        """Huey's SQLite file."""
        return self._private(self.root) / "queue.db"

    def _made(self, name: str) -> Path:
        return self._private(self._private(self.root) / name)

    @staticmethod
    def _private(folder: Path) -> Path:
        """Each by itself: folders made on the way to another are open to whom the umask lets in,
        and who may write in the root can put a key of his own in place of ours.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder
