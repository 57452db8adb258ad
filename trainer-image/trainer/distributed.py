"""One training in several processes, on one machine or many: FSDP2 (Zhao et al. 2023, arXiv 2304.11277) for the frozen
base model, copies of the small adapter.

What is learnt does not depend on how many processes there are. The global batch is cut into the same micro-batches,
each with its own seed; each process computes its share of them; gradients and losses are summed. Only the order of the
sum differs. The adapter and its optimizer state are whole in every process (half a gigabyte for an 8B model at rank
16), so that a checkpoint is one file, written by the first process, which any number of processes can resume from;
clipping and the gradient mask see whole tensors.

A process finds its place in the environment, as torchrun sets it (`launch.py` sets the same and keeps exit codes).
"""

import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

from .errors import invalid
from .packing import Batch

T = TypeVar("T")
PATIENCE = timedelta(minutes=10)  # for another process: it may be uploading a checkpoint, or its pod be starting


@contextmanager
def joined() -> Iterator["Ranks"]:
    """The processes of this training, brought together where there are several."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        yield Ranks()
        return
    local = int(os.environ["LOCAL_RANK"])
    if torch.cuda.is_available():
        torch.cuda.set_device(local)
    dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo", timeout=PATIENCE)
    yield Ranks(dist.get_rank(), world, local)
    dist.destroy_process_group()  # not after a failure: it would wait for processes that may be gone


@dataclass(frozen=True)
class Ranks:
    rank: int = 0
    world: int = 1
    local: int = 0  # on this machine

    @property
    def first(self) -> bool:
        return self.rank == 0

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """The first process of each machine goes ahead and downloads; the others find what it has left."""
        if self.local != 0:
            self.wait()
        yield
        if self.local == 0:
            self.wait()

    def wait(self) -> None:
        self.any(False)

    def any(self, flag: bool) -> bool:
        """Whether it is so in any process. All learn the same, at the same place."""
        return self.total([float(flag)])[0] > 0

    def total(self, values: list[float]) -> list[float]:
        """Summed over the processes, in double precision."""
        if self.world == 1:
            return values
        summed = torch.tensor(values, dtype=torch.float64)
        dist.all_reduce(summed)
        return summed.tolist()

    def from_first(self, ask: Callable[[], T]) -> T:
        """What the first process says, and only it is asked."""
        if self.world == 1:
            return ask()
        told: list[Any] = [ask() if self.first else None]
        dist.broadcast_object_list(told, device=torch.device("cpu"))
        return told[0]

    def same(self, value: str) -> str:
        """What each process has made for itself. Raises 42 DatasetInvalid when this one has not made what the first
        has: they would learn from different samples without a word."""
        if self.from_first(lambda: value) != value:
            raise invalid("DatasetInvalid", f"process {self.rank} has prepared other data than the first one")
        return value

    def share(self, batches: list[Batch]) -> list[tuple[int, Batch]]:
        """This process's micro-batches with their numbers. Each gets equally many, since gathering the base model's
        parameters needs all of them: where they run out, one counts that has no loss."""
        mine = list(enumerate(batches))[self.rank :: self.world]
        if len(mine) < math.ceil(len(batches) / self.world):
            mine.append((len(batches), batches[-1].without_loss()))
        return mine

    def sum_gradients(self, parameters: list[torch.nn.Parameter]) -> None:
        """One sum over all of them: many small ones would cost a round trip each."""
        if self.world == 1:
            return
        flat = torch.cat([parameter.grad.flatten() for parameter in parameters])
        dist.all_reduce(flat)
        for parameter, part in zip(parameters, flat.split([p.numel() for p in parameters]), strict=True):
            parameter.grad.copy_(part.view_as(parameter))

    def shard(self, loss: Any, adapter: list[torch.nn.Parameter], where: torch.device) -> Any:
        """Cuts the base model's parameters over the processes, layer by layer. `loss` is a `TokenLoss`."""
        if self.world == 1:
            return loss
        mesh = init_device_mesh(where.type, (self.world,))
        whole = set(adapter)
        for layer in loss.model.model.layers:
            fully_shard(layer, mesh=mesh, ignored_params=whole)
        fully_shard(loss, mesh=mesh, ignored_params=whole)
        for parameter in adapter:
            parameter.data = parameter.data.to(where)
        return loss
