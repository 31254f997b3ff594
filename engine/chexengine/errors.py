"""Errors that a caller of the engine sees: a gRPC code and one line (what, where, what to do)."""

import gc
import traceback

import grpc
import torch


class EngineError(Exception):
    """An answer other than the asked one."""

    def __init__(self, code: grpc.StatusCode, message: str):
        super().__init__(message)
        self.code = code


def invalid(message: str) -> EngineError:
    """The request itself is wrong."""
    return EngineError(grpc.StatusCode.INVALID_ARGUMENT, message)


def not_found(message: str) -> EngineError:
    """A handle, ticket or adapter nobody made."""
    return EngineError(grpc.StatusCode.NOT_FOUND, message)


def precondition(message: str) -> EngineError:
    """The right request at the wrong time."""
    return EngineError(grpc.StatusCode.FAILED_PRECONDITION, message)


def lost(message: str) -> EngineError:
    """Another rank is gone or stands elsewhere; this process cannot mend it."""
    return EngineError(grpc.StatusCode.INTERNAL, message)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocation failed, on the device or in the process.

    torch raises a plain RuntimeError when the CPU's allocator fails, so its text has to be read.
    """
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def release(error: BaseException) -> None:
    """Lets go of what the failed verb held: its frames, kept by the traceback, keep its tensors."""
    traceback.clear_frames(error.__traceback__)
    error.__traceback__ = None
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def translate(error: Exception, verb: str) -> EngineError:
    """Any exception of a verb as the error its caller sees."""
    if isinstance(error, EngineError):
        return error
    if is_out_of_memory(error):
        return EngineError(
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            f"{verb}: out of memory, nothing was changed: ask for fewer or shorter rows at a time",
        )
    line = " ".join(str(error).split())
    return EngineError(grpc.StatusCode.INTERNAL, f"{verb}: {type(error).__name__}: {line} (the log has the traceback)")
