"""Crops with landmarks in resumable shards: plan of units, pure work on each, writer."""

from unmask.datasets.prepare.cutting import Clip, cut_sample
from unmask.datasets.prepare.options import PrepareOptions
from unmask.datasets.prepare.plan import plan_units
from unmask.datasets.prepare.running import PLAN, Prepared, left_to_make, prepare
from unmask.datasets.prepare.shards import Shard

__all__ = [
    "PLAN",
    "Clip",
    "PrepareOptions",
    "Prepared",
    "Shard",
    "cut_sample",
    "left_to_make",
    "plan_units",
    "prepare",
]
