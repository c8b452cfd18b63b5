"""Two processes with a part of a batch each, against one with all of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")
from overlap import nn  # noqa: E402

PROCESS = """
import sys
import torch
from overlap import nn
from torch.nn.parallel import DistributedDataParallel


def check(first):
    # of the batch, the first process has the first cases
    mine = slice(0, first) if rank == 0 else slice(first, 5)
    for name, options in {LOSSES}.items():
        loss = getattr(nn, name)(from_logits="softmax", batch=True, smooth=0.0, **options)
        torch.manual_seed(0)
        alone = torch.nn.Conv2d(3, 3, 1).double()
        together = DistributedDataParallel(torch.nn.Conv2d(3, 3, 1).double())
        together.module.load_state_dict(alone.state_dict())
        value = loss(together(x[mine]), y[mine])
        value.backward()
        local = getattr(nn, name)(from_logits="softmax", batch="local", smooth=0.0, **options)
        whole = local(alone(x), y)
        whole.backward()
        torch.testing.assert_close(value, whole, rtol=1e-12, atol=1e-12)
        for found, expected in zip(together.parameters(), alone.parameters()):
            torch.testing.assert_close(found.grad, expected.grad, rtol=1e-10, atol=1e-12)
    exact = nn.DiceLoss(batch=True, smooth=0.0)(hard[mine].roll(1, -1), hard[mine])
    assert exact == nn.DiceLoss(batch="local", smooth=0.0)(hard.roll(1, -1), hard), "hard masks are counted exactly"


rank, meeting = int(sys.argv[1]), sys.argv[2]
torch.set_num_threads(1)
torch.distributed.init_process_group("gloo", init_method="file://" + meeting, rank=rank, world_size=2)
draw = torch.Generator().manual_seed(5)
x, y = torch.randn(5, 3, 8, 8, generator=draw, dtype=torch.float64), torch.randint(0, 3, (5, 8, 8), generator=draw)
y[:2][y[:2] == 2] = 0  # of class 2 the first cases have nothing
hard = torch.nn.functional.one_hot(y, 3).movedim(-1, 1).bool()
# halves, an uneven last batch, and a process without a case
for first in (2, 1, 0):
    print(f"{first} cases in the first process", file=sys.stderr)
    check(first)
torch.distributed.destroy_process_group()
"""
LOSSES = {
    "DiceLoss": {},
    "FocalTverskyLoss": {},
    "GeneralisedDiceLoss": {},
    "DiceCELoss": {"class_weights": [1.0, 2.0, 3.0]},
}


@pytest.mark.slow
def test_a_pooled_batch_is_that_of_all_processes(tmp_path):
    code = PROCESS.replace("{LOSSES}", repr(LOSSES))
    command = [sys.executable, "-c", code]
    arguments = [[str(rank), str(tmp_path / "meeting")] for rank in range(2)]
    processes = [subprocess.Popen([*command, *own], stderr=subprocess.PIPE) for own in arguments]
    try:
        for process in processes:
            _, errors = process.communicate(timeout=120)
            assert process.returncode == 0, errors.decode()
    finally:
        for process in processes:
            process.kill()


def test_alone_it_is_the_same():
    x = torch.randn(3, 2, 6, generator=torch.Generator().manual_seed(0))
    y = torch.rand(3, 2, 6, generator=torch.Generator().manual_seed(1)) > 0.5
    options = {"from_logits": "sigmoid", "smooth": 0.0}
    assert nn.DiceLoss(**options, batch=True)(x, y) == nn.DiceLoss(**options, batch="local")(x, y)
