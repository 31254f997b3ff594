"""Ends this process when its parent does: no orphan keeps a GPU after a crash or Ctrl-C of the parent."""

import ctypes
import os
import signal
import sys
import threading

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def follow_parent() -> None:
    """Watches standard input, whose end means the parent closed it or died; on Linux the kernel tells, too."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_watch, args=(sys.stdin.fileno(),), name="parent", daemon=True).start()


def _watch(descriptor: int) -> None:
    while os.read(descriptor, 4096):
        pass
    # At once and without cleaning up: a computing thread would not stop otherwise, and files are whole anyway.
    os._exit(0)
