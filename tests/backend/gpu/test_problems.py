"""Each reason why a GPU cannot be used is explained, with a command."""

import pytest

from backend.gpu import problems
from backend.gpu.problems import driver_version, problem_of


@pytest.fixture(autouse=True)
def nvidia(tmp_path, monkeypatch):
    """Return a function that sets the driver's version file; there is no driver by default."""
    path = tmp_path / "version"
    monkeypatch.setattr(problems, "NVIDIA_DRIVER", path)
    monkeypatch.setattr(problems, "AMD_DRIVER", tmp_path / "kfd")
    return path.write_text


@pytest.mark.parametrize(
    ("error", "reason", "advice"),
    [
        (ImportError("libnvrtc.so.13: cannot open shared object file"), "CUDA 13 are missing", "cupy-cuda13x[ctk]"),
        (RuntimeError("CuPy failed to load libcublas.so.12: OSError"), "CUDA 12 are missing", "cupy-cuda12x[ctk]"),
        (RuntimeError("cudaErrorInsufficientDriver: CUDA driver version is insufficient"), "too old", "cupy-cuda12x"),
        (RuntimeError("cudaErrorNoDevice: no CUDA-capable device is detected"), "no GPU", "CUDA_VISIBLE_DEVICES"),
        (ImportError("libcuda.so.1: cannot open shared object file"), "no NVIDIA driver", "Install NVIDIA's driver"),
        (MemoryError("cudaErrorMemoryAllocation: out of memory"), "memory is full", "nvidia-smi"),
        (RuntimeError("something new"), "RuntimeError: something new", "cpu"),
        (ModuleNotFoundError("No module named 'fastrlock'", name="fastrlock"), "fastrlock", "Install CuPy"),
    ],
)
def test_known_errors_are_explained(error, reason, advice):
    problem = problem_of(error)
    assert reason in problem.reason
    assert advice in problem.advice


@pytest.mark.parametrize(
    ("driver", "advice"),
    [
        ("580.159.04", "cupy-cuda13x[ctk]"),
        ("550.54.15", "cupy-cuda12x[ctk]"),
        ("470.82.01", "Update NVIDIA's driver 470"),
    ],
)
def test_without_cupy_the_one_for_the_driver_is_named(nvidia, driver, advice):
    nvidia(f"NVRM version: NVIDIA UNIX x86_64 Kernel Module  {driver}  Wed Jun 12 10:00:00 UTC 2024\n")
    problem = problem_of(ModuleNotFoundError("No module named 'cupy'", name="cupy"))
    assert problem.reason == "CuPy is not installed"
    assert advice in problem.advice


def test_an_amd_gpu_needs_cupy_for_rocm():
    problems.AMD_DRIVER.touch()
    assert "ROCm" in problem_of(ModuleNotFoundError(name="cupy")).advice


def test_without_any_driver_there_is_no_version(nvidia):
    assert driver_version() == 0
    nvidia("NVRM version: unknown\n")
    assert driver_version() == 0
