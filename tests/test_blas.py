"""Which kernels are chosen, when, and that it does no harm."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from threadpoolctl import threadpool_info

from backend.blas import AVX512, KERNELS, SWITCH, blas_kernels, blas_threads, choose_kernels

FLAGS = " ".join(["fpu", *sorted(AVX512), "avx2"])
ZEN = f"processor\t: 0\nvendor_id\t: AuthenticAMD\nflags\t\t: {FLAGS}\nbugs\t\t:\n"


def test_an_amd_processor_with_all_of_avx512_gets_its_kernels():
    environment = {}
    assert choose_kernels(environment, ZEN, numpy_is_loaded=False)
    assert environment == {KERNELS: "SkylakeX"}


@pytest.mark.parametrize(
    ("environment", "cpuinfo", "loaded"),
    [
        ({KERNELS: "Haswell"}, ZEN, False),
        ({SWITCH: "off"}, ZEN, False),
        ({SWITCH: "OFF"}, ZEN, False),
        ({}, ZEN, True),
        ({}, ZEN.replace("AuthenticAMD", "GenuineIntel"), False),
        ({}, "", False),
        *(({}, ZEN.replace(f"{flag} ", ""), False) for flag in sorted(AVX512)),
    ],
)
def test_everybody_else_is_left_alone(environment, cpuinfo, loaded):
    before = dict(environment)
    assert not choose_kernels(environment, cpuinfo, numpy_is_loaded=loaded)
    assert environment == before


def blas_counts():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_threads_are_limited_inside_the_block_alone():
    before = blas_counts()
    with blas_threads(1):
        assert set(blas_counts()) <= {1}
    assert blas_counts() == before


def test_the_kernels_have_a_name():
    assert any(pool["internal_api"] in blas_kernels() for pool in threadpool_info() if pool["user_api"] == "blas")


PROGRAM = """
from classes import NeuralNetwork
import numpy as np, sys
generator = np.random.default_rng(0)
X, y = generator.random((300, 40), dtype="float32"), generator.integers(5, size=300)
net = NeuralNetwork(40, (64, 32), 5, optimizer="adam")
net.train(X, y, epochs=3, batch_size=50, verbose=False, workers=1)
sys.stdout.write(" ".join(map(repr, net.predict_proba(X[:20]).ravel().tolist())))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernels are chosen on Linux alone")
def test_the_choice_changes_results_by_rounding_at_most():
    results = []
    for changes in ({SWITCH: "off"}, {KERNELS: "Haswell"}, {}):
        environment = {name: value for name, value in os.environ.items() if name not in (KERNELS, SWITCH)} | changes
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, cwd=Path(__file__).parents[1],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        results.append([float(number) for number in done.stdout.split()])
    assert results[1] == pytest.approx(results[0], abs=2e-4)
    assert results[2] == pytest.approx(results[0], abs=2e-4)
