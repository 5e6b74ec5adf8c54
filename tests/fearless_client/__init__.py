"""A front end for tests: starts the installed kernel and runs cells as a notebook would.

`Kernel` owns a kernel process and its client, `Result` is everything that one cell gave back,
`CellFile` is a notebook in one `.rs` file with what is expected of it.
"""

from .cellfile import CellFile, load
from .kernel import Kernel, Pending, environment
from .result import Result, shown
from .waiting import wait_until

__all__ = ["CellFile", "Kernel", "Pending", "Result", "environment", "load", "shown", "wait_until"]
