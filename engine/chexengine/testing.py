"""What the tests share: very small models of both families, and an engine with prompts on one of them."""

import contextlib
import dataclasses
import pathlib
from collections.abc import Iterator
from functools import cache
from unittest import mock

import numpy as np
import pytest
import torch
from transformers.models.gemma3 import modeling_gemma3
from transformers.models.qwen2_5_vl import modeling_qwen2_5_vl

from chexengine import model, tiny_model
from chexengine.engine import Engine
from chexengine.gen import engine_pb2 as pb
from chexengine.kernel_build import compiler_found
from chexengine.kernels import Kernels, kernels
from chexengine.model import DTYPES

FAMILIES = tiny_model.FAMILIES

# The window is shorter than any prompt, and the deviation large enough that a wrong mask or position shows.
SPEC = tiny_model.Spec(
    hidden=32,
    layers=3,
    heads=4,
    kv_heads=2,
    head_dim=8,
    mlp=64,
    vocabulary=330,
    sliding_window=12,
    full_every=3,
    max_positions=256,
    image_size=32,
    patch=4,
    visual_tokens=16,
    vision_hidden=32,
    vision_layers=2,
    vision_heads=2,
    vision_mlp=48,
    vision_window=16,
    initializer_range=0.3,
)

CORPUS = ["The heart is enlarged. No pleural effusion is seen.", "Lungs are clear. Findings: cardiomegaly, edema."]


@cache
def tiny_folder(root: str, family: str) -> pathlib.Path:
    """The family's folder under a temporary root, made once."""
    folder = pathlib.Path(root) / family
    # Gemma 3 scales its embeddings up: with a larger deviation every greedy token would repeat the one before.
    spec = dataclasses.replace(SPEC, initializer_range=0.1) if family == "gemma3" else SPEC
    tiny_model.build(family, folder, CORPUS, spec)
    return folder


def engine(folder: pathlib.Path, dtype: str = "float64", kernels: bool = False, **options) -> Engine:
    """An engine with the folder's model loaded, its weights drawn unless said otherwise.

    With `kernels` these serve whatever type it has; the test is skipped on a machine without a C compiler.
    """
    made = Engine("test")
    options = {"random_weights": True, "seed": 7, "threads": 1, **options}
    with mock.patch.object(model, "SERVED", ("float32", "float64") if kernels else model.SERVED):
        made.load(pb.LoadRequest(source=str(folder), dtype=dtype, **options))
    if kernels:
        need_compiler()
        assert parts_of(made)[0].kernels is not None, parts_of(made)[0].kernels_state
    return made


def need_compiler() -> None:
    """Skips a test where there is no C compiler; kernels that do not compile fail it."""
    if compiler_found().startswith("none"):
        pytest.skip(compiler_found())


def compiled(dtype: str) -> Kernels:
    """The kernels of a type of numbers."""
    need_compiler()
    return kernels(dtype)


def wide_folder(root: str, family: str) -> pathlib.Path:
    """As the tiny folder, of sizes that are whole registers in float32 too."""
    folder = pathlib.Path(root) / f"{family}-wide"
    if not folder.exists():
        language = {"hidden": 64, "head_dim": 16, "mlp": 96, "initializer_range": 0.1}
        spec = dataclasses.replace(SPEC, **language, vision_hidden=64, vision_mlp=64)
        tiny_model.build(family, folder, CORPUS, spec)
    return folder


@contextlib.contextmanager
def unrounded_norms() -> Iterator[None]:
    """transformers' norms in the model's own type: in float64 they are rounded to float32 otherwise."""

    def gemma(norm, x):
        return norm._norm(x) * (1.0 + norm.weight)

    def qwen(norm, x):
        return norm.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + norm.variance_epsilon))

    with (
        mock.patch.object(modeling_gemma3.Gemma3RMSNorm, "forward", gemma),
        mock.patch.object(modeling_qwen2_5_vl.Qwen2_5_VLRMSNorm, "forward", qwen),
    ):
        yield


def picture(seed: int, width: int = 32, height: int = 32, channels: int = 1) -> pb.Image:
    """Noise: every patch differs from every other."""
    values = np.random.default_rng(seed).integers(0, 256, width * height * channels, dtype=np.uint8)
    return pb.Image(width=width, height=height, channels=channels, pixels=values.tobytes())


def prompt(text: str, *images: pb.Image, store: bool = True) -> pb.PromptRequest:
    """One user turn: the pictures, then the text."""
    parts = [pb.Part(image=index) for index in range(len(images))] + [pb.Part(text=text)]
    return pb.PromptRequest(messages=[pb.Message(role="user", parts=parts)], images=images, store=store)


def prepare(made: Engine, *prompts: pb.PromptRequest) -> list[str]:
    """The prompts' handles."""
    return [prompt.handle for prompt in made.prepare(pb.PrepareRequest(prompts=prompts)).prompts]


def parts_of(made: Engine):
    """The loaded model, the prompt store and the adapters of an engine."""
    return made._loaded("test")


def new_policy(made: Engine, name: str = "policy", seed: int = 5, dropout: float = 0.0, trainable: bool = True) -> None:
    """A LoRA whose B is random: at zero its A would have no gradient, and it would change nothing."""
    lora = pb.Lora(rank=4, alpha=8, dropout=dropout, seed=seed)
    made.new_adapter(pb.NewAdapterRequest(name=name, lora=lora, trainable=trainable))
    randomise(made, name, seed)


def randomise(made: Engine, name: str, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for key, parameter in parts_of(made)[2].get(name).parameters.items():
            if "lora_B" in key:
                values = torch.randn(parameter.shape, generator=generator, dtype=torch.float64) * 0.2
                parameter.copy_(values)


def groups(
    handles: list[str], seed: int = 3, counts: tuple[int, ...] = (7, 4), vocabulary: int = 290
) -> list[pb.Group]:
    """Random completions of the given lengths for each prompt."""
    rng = np.random.default_rng(seed)
    return [
        pb.Group(
            handle=handle,
            completions=[pb.Completion(tokens=rng.integers(9, vocabulary, count).tolist()) for count in counts],
        )
        for handle in handles
    ]


def flat_logprobs(answer: pb.ForwardResponse) -> np.ndarray:
    """All log-probabilities of a Forward, in order."""
    return np.array([v for group in answer.groups for completion in group.completions for v in completion.logprob])


def flat_gradient(answer: pb.ForwardResponse, values: np.ndarray) -> list[pb.GroupGradient]:
    """dL/dlogprob in the shape of a Forward's answer."""
    at, out = 0, []
    for group in answer.groups:
        completions = []
        for completion in group.completions:
            count = len(completion.logprob)
            completions.append(pb.CompletionGradient(logprob=values[at : at + count].tolist()))
            at += count
        out.append(pb.GroupGradient(completions=completions))
    return out


def step_request(adapter: str, number: int, **settings) -> pb.StepRequest:
    """AdamW with usual settings."""
    values = {"learning_rate": 1e-2, "beta1": 0.9, "beta2": 0.99, "epsilon": 1e-8, **settings}
    return pb.StepRequest(adapter=adapter, expected_step=number, **values)


def gradients(made: Engine, name: str) -> dict[str, torch.Tensor]:
    """Copies of an adapter's summed gradients."""
    return {key: value.clone() for key, value in parts_of(made)[2].get(name).gradients.items()}


def dtype_of(name: str) -> torch.dtype:
    return DTYPES[name]
