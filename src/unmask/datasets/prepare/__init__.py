"""Crops with landmarks in resumable shards: plan of units, pure work on each, writer."""

from unmask.datasets.prepare.cutting import Clip, cut_sample
from unmask.datasets.prepare.options import PrepareOptions
from unmask.datasets.prepare.plan import Unit, plan_units
from unmask.datasets.prepare.running import Prepared, prepare
from unmask.datasets.prepare.shards import Shard
from unmask.datasets.prepare.working import make_shard

__all__ = [
    "Clip",
    "PrepareOptions",
    "Prepared",
    "Shard",
    "Unit",
    "cut_sample",
    "make_shard",
    "plan_units",
    "prepare",
]
