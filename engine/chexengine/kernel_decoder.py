"""A small language model as Sample decodes by it in the compiled kernels (`engine/kernels/decode.c`).

A completion's bits depend on its prompt, seed and weights alone: rows have nothing to do with each other, so they may
be dealt out to threads in any way, and each thread's loop goes on for several tokens without coming back to Python.
`kernel_decoder_test.py` holds it to transformers' modules (`plain_decoder.py`), in float64 token for token.

Not covered (`covers`): what `kernel_weights.py` does not read, a large vocabulary, and an engine without the own
decoder, shared prompts or prompts' keys.
"""

import torch

from chexengine.adapters import Adapters
from chexengine.batch import Batch
from chexengine.gen import engine_pb2 as pb
from chexengine.head_attention import Wanted
from chexengine.kernel_plan import Plan
from chexengine.kernel_stack import KernelStack, Saved
from chexengine.kernel_weights import KernelWeights
from chexengine.kernel_weights import covers as can_read
from chexengine.model import Loaded
from chexengine.own_layers import FOLD_BYTES
from chexengine.rotations import tables
from chexengine.side_by_side import in_parts

NEEDED = (pb.SHORTCUT_OWN_DECODER, pb.SHORTCUT_SHARED_PROMPT, pb.SHORTCUT_PROMPT_KEYS)


def covers(model: Loaded, adapters: Adapters, adapter: str) -> bool:
    """Whether the kernels decode with the adapter, or with none (the empty name)."""
    small = model.hf.lm_head.weight.nbytes <= FOLD_BYTES
    return small and all(map(model.uses, NEEDED)) and can_read(model, adapters, adapter)


class KernelDecoder:
    """One adapter's language model, as its weights are at the making; `positions` bounds those of its tokens."""

    def __init__(self, model: Loaded, adapter: str, positions: int):
        self.stack = KernelStack(model, adapter, dropout=False)
        self.weights = weights = self.stack.weights
        self.kernels, self.config, self.size, self.keys = weights.kernels, weights.config, weights.size, weights.keys
        hf, structure = model.hf, weights.structure
        kinds = sorted(set(weights.kinds))
        for layer, kind in zip(structure.layers[: structure.depth], weights.kinds, strict=True):
            layer.rotation = 2 * weights.size * kinds.index(kind)
        table = _rotations(weights, kinds, positions, model.family.axes)
        structure.embedding = weights.at(hf.get_input_embeddings()(torch.arange(self.config.vocab_size)))
        structure.norm = weights.at(weights.norm.weight.to(weights.dtype))
        structure.head = weights.at(weights.head.panels)
        structure.rotations, structure.rotation_row = weights.at(table), table.shape[1]

    def prefill(self, batch: Batch, last: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """As the plain decoder's; each thread takes prompts of its own."""
        rows, length, _ = batch.embeds.shape
        keys, kept = self.keys * self.size, (self.config.num_hidden_layers, 2, rows, self.keys, length, self.size)
        out, lengths = batch.embeds.new_empty(kept), (last + 1).tolist()

        def prompt(row: int) -> torch.Tensor:
            count = lengths[row]
            wanted = Wanted.of(last[row : row + 1], count)
            plan = Plan(self.weights, batch.row(row, count), wanted, self.stack.noise(1, count))

            def hand_on(index: int, layer: Saved) -> None:
                for part, found in enumerate((layer.turned_key, layer.key_value[:, keys:])):
                    out[index, part, row, :, :count] = found.unflatten(1, (self.keys, self.size)).transpose(0, 1)

            return self.stack.forward(plan, hand_on)

        return torch.cat(in_parts(prompt, range(rows), gradients=False)), out


def _rotations(weights: KernelWeights, kinds: list[str], positions: int, axes: int) -> torch.Tensor:
    """[positions, kinds * 2 * size]: the cosines and signed sines of each kind of layer."""
    line = torch.arange(positions).expand(axes, 1, -1)
    turns = tables(weights.language, kinds, torch.empty(0, dtype=weights.dtype), line)
    return torch.cat([part.squeeze(1) for kind in kinds for part in turns[kind]], dim=-1)
