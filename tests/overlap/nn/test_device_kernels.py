"""That the kernels compile for a device which is not here, to what they are meant to be; skipped without triton.

The interpreter takes whatever is valid Python; the compiler does not. What the kernels compute is in test_device.py.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("triton", minversion="3.3")

COMPILE = """
import re
import torch
from triton import cdiv, compile
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from overlap.nn import device, device_kernels

POINTERS = {torch.float32: "*fp32", torch.bfloat16: "*bf16", torch.int64: "*i64", torch.uint8: "*u8"}

def compiled(kernel, n_warps, arguments):
    signature, constants, aligned = {}, {}, {}
    for k, parameter in enumerate(kernel.params):
        value = arguments[parameter.name]
        if parameter.is_constexpr or value is None or (isinstance(value, int) and value == 1):
            signature[parameter.name] = "constexpr"
            constants[(k,)] = value
            continue
        is_pointer = isinstance(value, torch.Tensor)
        if is_pointer or (isinstance(value, int) and value % 16 == 0):
            aligned[(k,)] = [["tt.divisibility", 16]]
        if is_pointer:
            signature[parameter.name] = POINTERS[value.dtype]
        else:
            signature[parameter.name] = "fp32" if isinstance(value, float) else "i32"
    source = ASTSource(kernel, signature, constants, aligned)
    options = {"num_warps": n_warps, "enable_fp_fusion": True}
    return compile(source, target=GPUTarget("cuda", 90, 32), options=options).asm["ptx"]

def empty(shape, dtype=torch.float32):
    return torch.empty(shape, dtype=dtype, device="meta")

def both_kernels(x, y, weights, where, labels, ignore, activation, form, entropy):
    tiles = device.cut(x, activation)
    arguments = device._batch(x, y, weights, where, labels, ignore)
    arguments |= device._options(x, tiles, labels, activation, form, entropy, 0.1)
    n_warps = arguments["num_warps"]
    arguments |= {"partial": empty(1), "n_programs": 1024, "n_tiles": 3, "EVEN": True}
    forward = compiled(device_kernels.add_up, n_warps, arguments)
    arguments |= device._strides("gradient", x) | {"gradient": x, "g": empty(1)}
    return forward, compiled(device_kernels.write_gradient, n_warps, arguments)
"""

CHECK = """
x = empty((2, 4, 1 << 16))
y = empty((2, 4, 1 << 16))
half = empty((2, 1, 1 << 16), torch.bfloat16)
labels = empty((2, 1 << 16), torch.int64)
where = empty((2, 1, 1 << 16), torch.bool)
crowd = empty((1, 118, 1 << 12))
cases = {
    "soft": both_kernels(x, y, None, None, False, None, "softmax", "minimum", True),
    "half": both_kernels(half, half, None, None, False, None, "sigmoid", "lukasiewicz", True),
    "labels": both_kernels(x, labels, empty((2, 1, 1 << 16)), where, True, 255, "softmax", "squared", True),
    "crowd": both_kernels(crowd, labels[:1, : 1 << 12], None, None, True, None, "softmax", "minimum", False),
}
totals = {"sums": empty(1), "partial": empty(1), "n_rows": 16, "n_programs": 256, "BLOCK": 1024}
cases["programs"] = (compiled(device_kernels.add_programs, 4, totals),)
for name, codes in cases.items():
    for code in codes:
        assert ".visible .entry" in code
        assert not re.search(r"\\s(atom|red)\\.", code), name
        if name in ("soft", "half"):
            assert "ld.global.v4" in code, name
print("compiled")
"""


def test_the_kernels_compile_with_wide_reads_and_without_atomics(tmp_path):
    script = tmp_path / "compile_kernels.py"
    script.write_text(COMPILE + CHECK)
    environment = os.environ | {"TRITON_INTERPRET": "0", "TRITON_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "compiled\n", done.stderr
