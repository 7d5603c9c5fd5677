"""The model: its card, what it was made from, how good it is, where it fails."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from unmask.core.errors import ModelError
from unmask.evidence.worth import worth
from unmask.web.reliability import measured
from unmask.web.services import services

about = Blueprint("about", __name__)


@about.get("/model")
def model() -> ResponseReturnValue:
    """The model card."""
    try:
        package = services().package(request.args.get("name"))
        packages = services().packages()
    except ModelError as error:
        return render_template("no_model.html", error=error)
    return render_template(
        "model.html",
        package=package,
        packages=packages,
        evaluations=measured(package.manifest),
        worth=worth(package.manifest),
    )
