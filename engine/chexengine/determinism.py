"""Trains a few steps and prints the hashes of what came out, for the test that two processes agree.

python -m chexengine.determinism FOLDER
"""

import pathlib
import sys
import tempfile

import numpy as np

from chexengine import testing
from chexengine.gen import engine_pb2 as pb

THREADS = 2  # with one there would be no order of sums to differ
STEPS = 3


def run(folder: pathlib.Path) -> list[str]:
    """Sampled tokens and trained weights, LoRA and full, as hashes and text."""
    out = []
    for name in ("policy", "full"):
        full = name == "full"
        made = testing.engine(
            folder,
            dtype="float32",
            threads=THREADS,
            trainable=pb.TRAINABLE_FULL if full else pb.TRAINABLE_ADAPTER,
        )
        if not full:
            testing.new_policy(made, dropout=0.1)
        requests = [
            testing.prompt(text, testing.picture(seed)) for seed, text in enumerate(("Heart?", "Any effusion?"))
        ]
        handles = testing.prepare(made, *requests)
        for step in range(1, STEPS + 1):
            prompts = [pb.SamplePrompt(handle=handle, seeds=[step, step + 100]) for handle in handles]
            request = pb.SampleRequest(prompts=prompts, adapter=name, temperature=1, top_p=0.9, max_tokens=12)
            done = sorted(made.sample(request, lambda: False), key=lambda one: (one.prompt, one.completion))
            out.extend(one.SerializeToString(deterministic=True).hex() for one in done)
            groups = [
                pb.Group(
                    handle=handle, completions=[pb.Completion(tokens=one.tokens) for one in done if one.prompt == n]
                )
                for n, handle in enumerate(handles)
            ]
            answer = made.forward(pb.ForwardRequest(groups=groups, adapter=name, keep_graph=True, dropout_seed=step))
            given = np.cos(np.arange(len(testing.flat_logprobs(answer))))
            made.backward(pb.BackwardRequest(ticket=answer.ticket, groups=testing.flat_gradient(answer, given)))
            made.step(testing.step_request(name, step, clip_norm=1.0))
        with tempfile.TemporaryDirectory() as scratch:
            request = pb.SaveStateRequest(adapter=name, folder=f"{scratch}/state", optimizer=True)
            out.append(made.save_state(request).weights_hash)
    return out


if __name__ == "__main__":
    print("\n".join(run(pathlib.Path(sys.argv[1]))))
