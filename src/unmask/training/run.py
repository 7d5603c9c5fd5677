"""Where a fit runs: device, precision and processes, through Lightning Fabric."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import torch
from lightning_fabric import Fabric

from unmask.core.claim import claimed
from unmask.core.errors import DataError, RuntimeUnavailable
from unmask.training.progress import Display, LogDisplay

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["bf16", "f32"]


@dataclass(slots=True)
class Run:
    """What all stages of one fit share.

    ``limit`` is how many steps this sitting may still take before it stops and saves, as if asked
    to; None for no limit. Checkpoints are written every ``save_every_s`` seconds, at every
    validation, and at the end.
    """

    fabric: Fabric
    work: Path
    workers: int = 0
    display: Display | None = None
    limit: int | None = None
    save_every_s: float = 300.0
    _claims: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        try:
            self.work.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            why = "it is a file" if self.work.is_file() else error.strerror
            raise _no_work(self.work, why) from error
        if not os.access(self.work, os.W_OK | os.X_OK):
            raise _no_work(self.work, "it cannot be written into")
        if self.display is None:
            self.display = LogDisplay()

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes files."""
        return bool(self.fabric.is_global_zero)

    @contextmanager
    def claim(self, name: str) -> Iterator[None]:
        """Of the work folder, what is made under ``name``; more than once within one process.

        :class:`DataError` where another command is making it.
        """
        if not self.first or name in self._claims:
            yield
            return
        hint = f"wait until {name} is made there, or choose another --work"
        with claimed(self.work / f".{name}.lock", hint=hint):
            self._claims.add(name)
            try:
                yield
            finally:
                self._claims.discard(name)

    def agreed(self, wish: bool) -> bool:
        """True in all processes if it is in one."""
        if self.fabric.world_size == 1:
            return wish
        votes = self.fabric.all_reduce(torch.tensor(float(wish)), reduce_op="sum")
        return float(votes) > 0  # type: ignore[arg-type]

    def machine(self) -> str:
        """For the package: what it was fitted on."""
        count = self.fabric.world_size
        if self.fabric.device.type == "cuda":
            name = torch.cuda.get_device_name(self.fabric.device)
        else:
            name = f"{platform.machine()}, {os.cpu_count()} CPU cores"
        return f"{count} × {name}" if count > 1 else name


def _no_work(folder: Path, why: str | None) -> DataError:
    return DataError(
        f"{folder} cannot be the work folder: {why}", hint="choose another with --work"
    )


def open_fabric(device: Device = "auto", precision: Precision = "bf16") -> Fabric:
    """Fabric on the CPU or GPU; under torchrun, one process of as many as it started.

    :class:`RuntimeUnavailable` where CUDA is asked for and absent.
    """
    has_cuda = torch.cuda.is_available()
    if device == "cuda" and not has_cuda:
        raise RuntimeUnavailable("torch finds no CUDA device here", hint="use --device cpu")
    world = int(os.environ.get("WORLD_SIZE", "1"))  # set by torchrun
    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    fabric = Fabric(
        accelerator="cpu" if device == "cpu" or not has_cuda else "cuda",
        devices=here,
        num_nodes=world // here,
        strategy="ddp" if world > 1 else "auto",
        precision="bf16-mixed" if precision == "bf16" else "32-true",
    )
    torch.backends.cudnn.benchmark = True  # crops keep their size: trying pays
    fabric.launch()
    return fabric
