"""Which decoding steps are so small that one thread takes them quicker than several."""

from chexengine.gen import engine_pb2 as pb
from chexengine.model import Loaded, head_size

# Multiply-adds of one layer, or of the logits, below which one thread is the quicker. Measured with two, milliseconds
# on one and on two: 16 rows of the benchmark's model (5 to 9 million) 3.5 and 3.9, 64 rows (27 million) 7.5 and 8.4.
SMALL = 1 << 25
# Fewer rows than these take as long: the weights are read all the same.
FEWEST = 16


class StepSize:
    """Follows from the model and what its rows are, so that the same request has the same bytes."""

    def __init__(self, model: Loaded):
        config = model.hf.config.get_text_config()
        layers = model.hf.model.language_model.layers
        weights = sum(p.numel() for name, p in layers.named_parameters() if ".lora_" not in name) // len(layers)
        self._weights = max(weights, config.vocab_size * config.hidden_size)
        self._slot = 2 * config.num_attention_heads * head_size(config)  # multiply-adds with a slot's key and value
        self._on = model.device.type == "cpu" and model.uses(pb.SHORTCUT_SINGLE_THREADS)

    def is_small(self, rows: int, slots: int) -> bool:
        """Whether a step of so many rows, the longest with so many slots, should have one thread."""
        return self._on and max(rows, FEWEST) * self._weights + rows * slots * self._slot <= SMALL
