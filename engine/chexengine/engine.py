"""The verbs of the contract on one model, without the transport. All but `describe` run on one thread."""

import os
import platform
import secrets
import sys
from collections.abc import Callable, Iterator

import peft
import torch
import transformers

from chexengine import CONTRACT, __version__, gradients, joint_step, optimizer, prompt_bytes, sample, state
from chexengine.adapters import Adapter, Adapters
from chexengine.errors import precondition
from chexengine.feature_cache import FeatureCache
from chexengine.forward import Mode, read_groups, response, score
from chexengine.gen import engine_pb2 as pb
from chexengine.kernel_build import compiler_found
from chexengine.model import Loaded, load
from chexengine.prompts import PromptStore
from chexengine.ranks import ALONE, Ranks, backends
from chexengine.stopwatch import Stopwatch
from chexengine.weight_gradients import add_to_sums

try:
    import resource
except ImportError:  # Windows
    resource = None


class Engine:
    """One model, its prompts, its adapters and its open tickets."""

    def __init__(self, launch_id: str, ranks: Ranks = ALONE):
        self._launch_id = launch_id
        self._ranks = ranks
        self.stopwatch = Stopwatch()
        self._model: Loaded | None = None
        self._store: PromptStore | None = None
        self._adapters: Adapters | None = None
        # Random, so that a ticket of an engine that died is unknown to the next.
        self._tickets = gradients.Tickets(f"ticket-{secrets.token_hex(4)}")

    def describe(self, busy_verb: str, busy_seconds: float) -> pb.DescribeResponse:
        """Reads only what other verbs replace in one assignment, so it may run beside them."""
        model, adapters = self._model, self._adapters
        return pb.DescribeResponse(
            contract=CONTRACT,
            engine=__version__,
            launch_id=self._launch_id,
            pid=os.getpid(),
            device=_device(model),
            versions={
                "python": platform.python_version(),
                "torch": torch.__version__,
                "transformers": transformers.__version__,
                "peft": peft.__version__,
            },
            busy_verb=busy_verb,
            busy_seconds=busy_seconds,
            model=model.describe() if model else None,
            adapters=[adapter.describe() for adapter in adapters.all()] if adapters else [],
            open_tickets=len(self._tickets),
            rank=self._ranks.rank,
            world_size=self._ranks.size,
            peak_memory_bytes=_peak_memory(model),
            seconds=self.stopwatch.seconds(),
            gpus=torch.cuda.device_count(),
            rank_backends=backends(),
            kernels=model.kernels_state if model else compiler_found(),
        )

    def load(self, request: pb.LoadRequest) -> pb.LoadResponse:
        if self._model is not None:
            raise precondition(f"Load: {self._model.source} is loaded already: start another engine for another model")
        if not request.threads:
            self._ranks.share_threads()
        model = load(request)
        cache = FeatureCache(request.feature_cache, request.feature_cache_memory_bytes)
        self._store = PromptStore(model, cache)
        self._adapters = Adapters(model)
        self._model = model
        return pb.LoadResponse(model=model.describe())

    def prepare(self, request: pb.PrepareRequest) -> pb.PrepareResponse:
        store = self._loaded("Prepare")[1]
        return pb.PrepareResponse(prompts=store.prepare(request.prompts, "Prepare"))

    def extend(self, request: pb.ExtendRequest) -> pb.Prompt:
        return self._loaded("Extend")[1].extend(request.handle, list(request.tokens))

    def export_prompt(self, request: pb.ExportPromptRequest) -> pb.PromptBytes:
        return pb.PromptBytes(data=prompt_bytes.export(self._loaded("ExportPrompt")[1], request.handle))

    def import_prompt(self, request: pb.PromptBytes) -> pb.Prompt:
        return prompt_bytes.adopt(self._loaded("ImportPrompt")[1], request.data)

    def tokenize(self, request: pb.TokenizeRequest) -> pb.TokenizeResponse:
        family = self._loaded("Tokenize")[0].family
        return pb.TokenizeResponse(texts=[pb.Tokens(tokens=family.encode_turn(text)) for text in request.texts])

    def sample(self, request: pb.SampleRequest, cancelled: Callable[[], bool]) -> Iterator[pb.SampledCompletion]:
        model, store, adapters = self._loaded("Sample")
        adapters.check(request.adapter)
        return sample.sample(model, store, adapters, request, cancelled, self.stopwatch)

    def forward(self, request: pb.ForwardRequest) -> pb.ForwardResponse:
        model, store, adapters = self._loaded("Forward")
        adapters.check(request.adapter)
        groups, shape = read_groups(request, model, store)
        known = gradients.read_known_gradients(request.groups)
        keep_graph = request.keep_graph or known is not None
        if keep_graph:
            if not request.adapter:
                raise precondition("Forward: the base model is frozen: name a trainable adapter to keep a graph")
            adapters.get(request.adapter).require_trainable("Forward")
        seed = request.dropout_seed if request.HasField("dropout_seed") else None
        mode = Mode(request.adapter, seed)
        keep_ticket = keep_graph and known is None
        scores = score(model, store, adapters, groups, shape, mode, request.temperature, keep_ticket, known)
        answer = response(scores)
        if known is not None:
            self.stopwatch.add("Forward.backward", scores.backward_seconds)
            add_to_sums(adapters.get(request.adapter), scores.gradients)
        elif keep_graph:
            version = adapters.get(request.adapter).version
            answer.ticket = self._tickets.keep(gradients.Ticket(scores.graphs, shape, mode, version))
        return answer

    def backward(self, request: pb.BackwardRequest) -> pb.BackwardResponse:
        adapters = self._loaded("Backward")[2]
        gradients.backward(self._tickets, adapters, request)
        return pb.BackwardResponse()

    def zero_grad(self, request: pb.ZeroGradRequest) -> pb.ZeroGradResponse:
        optimizer.zero_gradient(self._loaded("ZeroGrad")[2].get(request.adapter))
        return pb.ZeroGradResponse()

    def step(self, request: pb.StepRequest) -> pb.StepResponse:
        def find() -> Adapter:
            return self._loaded("Step")[2].get(request.adapter)

        return joint_step.step(self._ranks, find, self._tickets, request)

    def new_adapter(self, request: pb.NewAdapterRequest) -> pb.NewAdapterResponse:
        adapters = self._loaded("NewAdapter")[2]
        if request.WhichOneof("origin") == "folder":
            adapter = adapters.from_folder(request.name, request.folder, request.trainable)
        else:
            adapter = adapters.new_lora(request.name, request.lora, request.trainable)
        return pb.NewAdapterResponse(adapter=adapter.describe())

    def save_state(self, request: pb.SaveStateRequest) -> pb.SaveStateResponse:
        model, _, adapters = self._loaded("SaveState")
        return pb.SaveStateResponse(weights_hash=state.save(model, adapters, request))

    def load_state(self, request: pb.LoadStateRequest) -> pb.LoadStateResponse:
        adapters = self._loaded("LoadState")[2]
        return pb.LoadStateResponse(adapter=state.load(adapters, self._tickets, request).describe())

    def free(self, request: pb.FreeRequest) -> pb.FreeResponse:
        _, store, adapters = self._loaded("Free")
        what = request.WhichOneof("what")
        if what == "ticket":
            self._tickets.take(request.ticket)
            self._tickets.retire(request.ticket, "was freed")
        elif what == "handle":
            store.free(request.handle)
        elif what == "adapter":
            adapters.free(request.adapter)
            self._tickets.expire(request.adapter)
        return pb.FreeResponse()

    def _loaded(self, verb: str) -> tuple[Loaded, PromptStore, Adapters]:
        if self._model is None or self._store is None or self._adapters is None:
            raise precondition(f"{verb}: no model is loaded: call Load first")
        return self._model, self._store, self._adapters


def _device(model: Loaded | None) -> str:
    if model is not None and model.device.type != "cuda":
        return str(model.device)
    if not torch.cuda.is_available():
        return "cpu"
    index = (model.device.index if model else None) or 0
    return f"cuda:{index} {torch.cuda.get_device_name(index)}"


def _peak_memory(model: Loaded | None) -> int:
    """Bytes: of the device on CUDA, of the process on CPU; 0 where the system does not say."""
    if model is not None and model.device.type == "cuda":
        return torch.cuda.max_memory_allocated(model.device)
    if resource is None:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # kilobytes elsewhere
