"""Crops with landmarks in resumable shards: plan of units, pure work on each, writer."""

from unmask.datasets.prepare.cutting import Clip, cut_sample
from unmask.datasets.prepare.options import PrepareOptions
from unmask.datasets.prepare.plan import plan_units
from unmask.datasets.prepare.running import Prepared, prepare
from unmask.datasets.prepare.shards import Shard

__all__ = [
    "Clip",
    "PrepareOptions",
    "Prepared",
    "Shard",
    "cut_sample",
    "plan_units",
    "prepare",
]
