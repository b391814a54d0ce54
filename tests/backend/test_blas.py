"""The choice of BLAS kernels."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from threadpoolctl import threadpool_info

from backend.blas import AVX512, KERNELS, PATIENCE, SWITCH, blas_kernels, tune

FLAGS = " ".join(["fpu", *sorted(AVX512), "avx2"])
ZEN = f"processor\t: 0\nvendor_id\t: AuthenticAMD\nflags\t\t: {FLAGS}\nbugs\t\t:\n"


def test_an_amd_processor_with_all_of_avx512_gets_its_kernels():
    environment = {}
    assert tune(environment, ZEN, numpy_is_loaded=False) == [PATIENCE, KERNELS]
    assert environment == {KERNELS: "SkylakeX", PATIENCE: "16"}


@pytest.mark.parametrize("cpuinfo", ["", ZEN.replace("AuthenticAMD", "GenuineIntel")])
def test_others_keep_their_kernels(cpuinfo):
    assert tune({}, cpuinfo, numpy_is_loaded=False) == [PATIENCE]


@pytest.mark.parametrize("flag", sorted(AVX512))
def test_a_processor_that_lacks_a_part_of_avx512_keeps_its_kernels(flag):
    assert tune({}, ZEN.replace(f"{flag} ", ""), numpy_is_loaded=False) == [PATIENCE]


@pytest.mark.parametrize("name", [KERNELS, PATIENCE])
def test_what_the_user_has_set_stays(name):
    environment = {name: "mine"}
    assert name not in tune(environment, ZEN, numpy_is_loaded=False)
    assert environment[name] == "mine"


@pytest.mark.parametrize(("environment", "loaded"), [({SWITCH: "off"}, False), ({SWITCH: "OFF"}, False), ({}, True)])
def test_nothing_is_set_when_that_is_unwanted_or_too_late(environment, loaded):
    before = dict(environment)
    assert tune(environment, ZEN, numpy_is_loaded=loaded) == []
    assert environment == before


def test_the_kernels_have_a_name():
    assert any(pool["internal_api"] in blas_kernels() for pool in threadpool_info() if pool["user_api"] == "blas")


PROGRAM = """
from classes import NeuralNetwork
import numpy as np, sys
generator = np.random.default_rng(0)
X, y = generator.random((300, 40), dtype="float32"), generator.integers(5, size=300)
net = NeuralNetwork(40, (64, 32), 5, optimizer="adam")
net.train(X, y, epochs=3, batch_size=50, verbose=False)
sys.stdout.write(" ".join(map(repr, net.predict_proba(X[:20]).ravel().tolist())))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernels are chosen on Linux alone")
def test_the_choice_changes_results_by_rounding_at_most():
    results = []
    for changes in ({SWITCH: "off"}, {KERNELS: "Haswell"}, {}):
        environment = {
            name: value for name, value in os.environ.items() if name not in (KERNELS, PATIENCE, SWITCH)
        } | changes
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, cwd=Path(__file__).parents[2],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        results.append([float(number) for number in done.stdout.split()])
    assert results[1] == pytest.approx(results[0], abs=2e-4)
    assert results[2] == pytest.approx(results[0], abs=2e-4)
