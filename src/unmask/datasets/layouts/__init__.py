"""The layouts that can be read, each in a file of its own."""

from unmask.datasets.layouts.base import Layout
from unmask.datasets.layouts.celebdf import CELEB_DF, CELEB_DF_PLUS
from unmask.datasets.layouts.deeperforensics import DEEPERFORENSICS
from unmask.datasets.layouts.deepfakebench import DEEPFAKEBENCH
from unmask.datasets.layouts.df40 import DF40
from unmask.datasets.layouts.dfdc import DFDC
from unmask.datasets.layouts.dfdc_preview import DFDC_PREVIEW
from unmask.datasets.layouts.faceforensics import DFD, FACEFORENSICS
from unmask.datasets.layouts.fakeavceleb import FAKEAVCELEB
from unmask.datasets.layouts.ffiw import FFIW
from unmask.datasets.layouts.folders import FOLDERS
from unmask.datasets.layouts.forgerynet import FORGERYNET
from unmask.datasets.layouts.kodf import KODF
from unmask.datasets.layouts.uadfv import UADFV
from unmask.datasets.layouts.wilddeepfake import WILDDEEPFAKE

LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        FACEFORENSICS,
        DFD,
        CELEB_DF,
        CELEB_DF_PLUS,
        DFDC,
        DFDC_PREVIEW,
        DEEPERFORENSICS,
        UADFV,
        WILDDEEPFAKE,
        FAKEAVCELEB,
        DF40,
        KODF,
        FFIW,
        FORGERYNET,
        DEEPFAKEBENCH,
        FOLDERS,
    )
}

__all__ = ["LAYOUTS", "Layout"]
