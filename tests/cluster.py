"""A Dask cluster of two worker processes on this machine, for tests; they are skipped where Dask is not installed."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def dask_cluster(workers: int = 2) -> Iterator[str]:
    """Start a cluster, yield the address of its scheduler as ``HOST:PORT``, and end it."""
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install distributed")
    import dask

    settings = {
        "distributed.scheduler.allowed-failures": 0,  # a task that kills its worker is not tried again
        "distributed.admin.log-format": "%(message)s",
    }
    with (
        dask.config.set(settings),
        distributed.LocalCluster(
            processes=True, n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
        ) as cluster,
    ):
        yield cluster.scheduler_address.removeprefix("tcp://")
