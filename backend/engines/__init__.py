"""Tasks at the same time on this machine or on a cluster."""

from backend.engines.parallel import ENGINES, completed

__all__ = ["ENGINES", "completed"]
