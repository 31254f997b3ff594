"""chexengine: one process that owns the tensors of one model (see contract/engine.proto)."""

__version__ = "0.1.0"
CONTRACT = 1
