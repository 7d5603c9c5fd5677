"""One blueprint for each concern."""

from unmask.web.views.about import about
from unmask.web.views.analyses import analyses
from unmask.web.views.compare import compare
from unmask.web.views.downloads import downloads
from unmask.web.views.health import health
from unmask.web.views.history import history
from unmask.web.views.live import live
from unmask.web.views.media import media
from unmask.web.views.pages import pages
from unmask.web.views.progress import progress
from unmask.web.views.settings import settings
from unmask.web.views.upload import upload

BLUEPRINTS = (
    pages, upload, progress, analyses, media, downloads, history, about, settings, health,
    compare, live,
)  # fmt: skip
__all__ = ["BLUEPRINTS"]
