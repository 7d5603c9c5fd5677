"""Inference sessions behind one Protocol, and model packages."""

from unmask.runtime.package import (
    ModelPackage,
    file_sha256,
    find_package,
    shipped_packages,
)
from unmask.runtime.session import (
    DeviceChoice,
    PrecisionChoice,
    Resolved,
    RuntimeName,
    Session,
    SessionOptions,
    installed_runtimes,
    open_session,
    resolve,
)

__all__ = [
    "DeviceChoice",
    "ModelPackage",
    "PrecisionChoice",
    "Resolved",
    "RuntimeName",
    "Session",
    "SessionOptions",
    "file_sha256",
    "find_package",
    "installed_runtimes",
    "open_session",
    "resolve",
    "shipped_packages",
]
