from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Trainable(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRAINABLE_ADAPTER: _ClassVar[Trainable]
    TRAINABLE_FULL: _ClassVar[Trainable]

class Shortcut(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SHORTCUT_UNSPECIFIED: _ClassVar[Shortcut]
    SHORTCUT_SHARED_PROMPT: _ClassVar[Shortcut]
    SHORTCUT_FEATURE_CACHE: _ClassVar[Shortcut]
    SHORTCUT_LOGPROB_CHUNKS: _ClassVar[Shortcut]
    SHORTCUT_FUSED_LORA: _ClassVar[Shortcut]
    SHORTCUT_SHARED_KEYS: _ClassVar[Shortcut]
    SHORTCUT_REFILLING_BATCH: _ClassVar[Shortcut]
    SHORTCUT_STATIC_CACHE: _ClassVar[Shortcut]
    SHORTCUT_OWN_DECODER: _ClassVar[Shortcut]
    SHORTCUT_CUDA_GRAPHS: _ClassVar[Shortcut]
    SHORTCUT_PROMPT_KEYS: _ClassVar[Shortcut]
    SHORTCUT_SEEN_KEYS: _ClassVar[Shortcut]
    SHORTCUT_OWN_LAYERS: _ClassVar[Shortcut]
    SHORTCUT_SINGLE_THREADS: _ClassVar[Shortcut]
    SHORTCUT_ROW_THREADS: _ClassVar[Shortcut]
    SHORTCUT_KERNELS: _ClassVar[Shortcut]

class Finish(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FINISH_UNSPECIFIED: _ClassVar[Finish]
    FINISH_STOP: _ClassVar[Finish]
    FINISH_LENGTH: _ClassVar[Finish]

class StepOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STEP_OUTCOME_UNSPECIFIED: _ClassVar[StepOutcome]
    STEP_OUTCOME_APPLIED: _ClassVar[StepOutcome]
    STEP_OUTCOME_SKIPPED_NON_FINITE: _ClassVar[StepOutcome]
TRAINABLE_ADAPTER: Trainable
TRAINABLE_FULL: Trainable
SHORTCUT_UNSPECIFIED: Shortcut
SHORTCUT_SHARED_PROMPT: Shortcut
SHORTCUT_FEATURE_CACHE: Shortcut
SHORTCUT_LOGPROB_CHUNKS: Shortcut
SHORTCUT_FUSED_LORA: Shortcut
SHORTCUT_SHARED_KEYS: Shortcut
SHORTCUT_REFILLING_BATCH: Shortcut
SHORTCUT_STATIC_CACHE: Shortcut
SHORTCUT_OWN_DECODER: Shortcut
SHORTCUT_CUDA_GRAPHS: Shortcut
SHORTCUT_PROMPT_KEYS: Shortcut
SHORTCUT_SEEN_KEYS: Shortcut
SHORTCUT_OWN_LAYERS: Shortcut
SHORTCUT_SINGLE_THREADS: Shortcut
SHORTCUT_ROW_THREADS: Shortcut
SHORTCUT_KERNELS: Shortcut
FINISH_UNSPECIFIED: Finish
FINISH_STOP: Finish
FINISH_LENGTH: Finish
STEP_OUTCOME_UNSPECIFIED: StepOutcome
STEP_OUTCOME_APPLIED: StepOutcome
STEP_OUTCOME_SKIPPED_NON_FINITE: StepOutcome

class DescribeRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DescribeResponse(_message.Message):
    __slots__ = ("contract", "engine", "launch_id", "pid", "device", "versions", "busy_verb", "busy_seconds", "model", "adapters", "open_tickets", "rank", "world_size", "peak_memory_bytes", "seconds", "gpus", "rank_backends", "kernels")
    class VersionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class SecondsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    LAUNCH_ID_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    BUSY_VERB_FIELD_NUMBER: _ClassVar[int]
    BUSY_SECONDS_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    ADAPTERS_FIELD_NUMBER: _ClassVar[int]
    OPEN_TICKETS_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    WORLD_SIZE_FIELD_NUMBER: _ClassVar[int]
    PEAK_MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    GPUS_FIELD_NUMBER: _ClassVar[int]
    RANK_BACKENDS_FIELD_NUMBER: _ClassVar[int]
    KERNELS_FIELD_NUMBER: _ClassVar[int]
    contract: int
    engine: str
    launch_id: str
    pid: int
    device: str
    versions: _containers.ScalarMap[str, str]
    busy_verb: str
    busy_seconds: float
    model: Model
    adapters: _containers.RepeatedCompositeFieldContainer[Adapter]
    open_tickets: int
    rank: int
    world_size: int
    peak_memory_bytes: int
    seconds: _containers.ScalarMap[str, float]
    gpus: int
    rank_backends: _containers.RepeatedScalarFieldContainer[str]
    kernels: str
    def __init__(self, contract: _Optional[int] = ..., engine: _Optional[str] = ..., launch_id: _Optional[str] = ..., pid: _Optional[int] = ..., device: _Optional[str] = ..., versions: _Optional[_Mapping[str, str]] = ..., busy_verb: _Optional[str] = ..., busy_seconds: _Optional[float] = ..., model: _Optional[_Union[Model, _Mapping]] = ..., adapters: _Optional[_Iterable[_Union[Adapter, _Mapping]]] = ..., open_tickets: _Optional[int] = ..., rank: _Optional[int] = ..., world_size: _Optional[int] = ..., peak_memory_bytes: _Optional[int] = ..., seconds: _Optional[_Mapping[str, float]] = ..., gpus: _Optional[int] = ..., rank_backends: _Optional[_Iterable[str]] = ..., kernels: _Optional[str] = ...) -> None: ...

class Model(_message.Message):
    __slots__ = ("family", "source", "hash", "dtype", "parameters", "vocabulary", "eos_token")
    FAMILY_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    DTYPE_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    VOCABULARY_FIELD_NUMBER: _ClassVar[int]
    EOS_TOKEN_FIELD_NUMBER: _ClassVar[int]
    family: str
    source: str
    hash: str
    dtype: str
    parameters: int
    vocabulary: int
    eos_token: int
    def __init__(self, family: _Optional[str] = ..., source: _Optional[str] = ..., hash: _Optional[str] = ..., dtype: _Optional[str] = ..., parameters: _Optional[int] = ..., vocabulary: _Optional[int] = ..., eos_token: _Optional[int] = ...) -> None: ...

class Adapter(_message.Message):
    __slots__ = ("name", "trainable", "step", "version", "parameters")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TRAINABLE_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    name: str
    trainable: bool
    step: int
    version: int
    parameters: int
    def __init__(self, name: _Optional[str] = ..., trainable: _Optional[bool] = ..., step: _Optional[int] = ..., version: _Optional[int] = ..., parameters: _Optional[int] = ...) -> None: ...

class LoadRequest(_message.Message):
    __slots__ = ("source", "revision", "dtype", "min_visual_tokens", "max_visual_tokens", "gradient_checkpointing", "threads", "seed", "trainable", "random_weights", "feature_cache", "feature_cache_memory_bytes", "device", "plain", "without")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    DTYPE_FIELD_NUMBER: _ClassVar[int]
    MIN_VISUAL_TOKENS_FIELD_NUMBER: _ClassVar[int]
    MAX_VISUAL_TOKENS_FIELD_NUMBER: _ClassVar[int]
    GRADIENT_CHECKPOINTING_FIELD_NUMBER: _ClassVar[int]
    THREADS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    TRAINABLE_FIELD_NUMBER: _ClassVar[int]
    RANDOM_WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    FEATURE_CACHE_FIELD_NUMBER: _ClassVar[int]
    FEATURE_CACHE_MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    PLAIN_FIELD_NUMBER: _ClassVar[int]
    WITHOUT_FIELD_NUMBER: _ClassVar[int]
    source: str
    revision: str
    dtype: str
    min_visual_tokens: int
    max_visual_tokens: int
    gradient_checkpointing: bool
    threads: int
    seed: int
    trainable: Trainable
    random_weights: bool
    feature_cache: str
    feature_cache_memory_bytes: int
    device: str
    plain: bool
    without: _containers.RepeatedScalarFieldContainer[Shortcut]
    def __init__(self, source: _Optional[str] = ..., revision: _Optional[str] = ..., dtype: _Optional[str] = ..., min_visual_tokens: _Optional[int] = ..., max_visual_tokens: _Optional[int] = ..., gradient_checkpointing: _Optional[bool] = ..., threads: _Optional[int] = ..., seed: _Optional[int] = ..., trainable: _Optional[_Union[Trainable, str]] = ..., random_weights: _Optional[bool] = ..., feature_cache: _Optional[str] = ..., feature_cache_memory_bytes: _Optional[int] = ..., device: _Optional[str] = ..., plain: _Optional[bool] = ..., without: _Optional[_Iterable[_Union[Shortcut, str]]] = ...) -> None: ...

class LoadResponse(_message.Message):
    __slots__ = ("model",)
    MODEL_FIELD_NUMBER: _ClassVar[int]
    model: Model
    def __init__(self, model: _Optional[_Union[Model, _Mapping]] = ...) -> None: ...

class Image(_message.Message):
    __slots__ = ("width", "height", "channels", "pixels")
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    PIXELS_FIELD_NUMBER: _ClassVar[int]
    width: int
    height: int
    channels: int
    pixels: bytes
    def __init__(self, width: _Optional[int] = ..., height: _Optional[int] = ..., channels: _Optional[int] = ..., pixels: _Optional[bytes] = ...) -> None: ...

class Part(_message.Message):
    __slots__ = ("text", "image")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    text: str
    image: int
    def __init__(self, text: _Optional[str] = ..., image: _Optional[int] = ...) -> None: ...

class Message(_message.Message):
    __slots__ = ("role", "parts")
    ROLE_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    role: str
    parts: _containers.RepeatedCompositeFieldContainer[Part]
    def __init__(self, role: _Optional[str] = ..., parts: _Optional[_Iterable[_Union[Part, _Mapping]]] = ...) -> None: ...

class PromptRequest(_message.Message):
    __slots__ = ("messages", "images", "store")
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    STORE_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedCompositeFieldContainer[Message]
    images: _containers.RepeatedCompositeFieldContainer[Image]
    store: bool
    def __init__(self, messages: _Optional[_Iterable[_Union[Message, _Mapping]]] = ..., images: _Optional[_Iterable[_Union[Image, _Mapping]]] = ..., store: _Optional[bool] = ...) -> None: ...

class PrepareRequest(_message.Message):
    __slots__ = ("prompts",)
    PROMPTS_FIELD_NUMBER: _ClassVar[int]
    prompts: _containers.RepeatedCompositeFieldContainer[PromptRequest]
    def __init__(self, prompts: _Optional[_Iterable[_Union[PromptRequest, _Mapping]]] = ...) -> None: ...

class Prompt(_message.Message):
    __slots__ = ("handle", "tokens", "image_tokens", "features_cached")
    HANDLE_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    IMAGE_TOKENS_FIELD_NUMBER: _ClassVar[int]
    FEATURES_CACHED_FIELD_NUMBER: _ClassVar[int]
    handle: str
    tokens: int
    image_tokens: int
    features_cached: bool
    def __init__(self, handle: _Optional[str] = ..., tokens: _Optional[int] = ..., image_tokens: _Optional[int] = ..., features_cached: _Optional[bool] = ...) -> None: ...

class PrepareResponse(_message.Message):
    __slots__ = ("prompts",)
    PROMPTS_FIELD_NUMBER: _ClassVar[int]
    prompts: _containers.RepeatedCompositeFieldContainer[Prompt]
    def __init__(self, prompts: _Optional[_Iterable[_Union[Prompt, _Mapping]]] = ...) -> None: ...

class ExtendRequest(_message.Message):
    __slots__ = ("handle", "tokens")
    HANDLE_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    handle: str
    tokens: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, handle: _Optional[str] = ..., tokens: _Optional[_Iterable[int]] = ...) -> None: ...

class ExportPromptRequest(_message.Message):
    __slots__ = ("handle",)
    HANDLE_FIELD_NUMBER: _ClassVar[int]
    handle: str
    def __init__(self, handle: _Optional[str] = ...) -> None: ...

class PromptBytes(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...

class TokenizeRequest(_message.Message):
    __slots__ = ("texts",)
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    texts: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, texts: _Optional[_Iterable[str]] = ...) -> None: ...

class Tokens(_message.Message):
    __slots__ = ("tokens",)
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    tokens: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, tokens: _Optional[_Iterable[int]] = ...) -> None: ...

class TokenizeResponse(_message.Message):
    __slots__ = ("texts",)
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    texts: _containers.RepeatedCompositeFieldContainer[Tokens]
    def __init__(self, texts: _Optional[_Iterable[_Union[Tokens, _Mapping]]] = ...) -> None: ...

class SamplePrompt(_message.Message):
    __slots__ = ("handle", "seeds")
    HANDLE_FIELD_NUMBER: _ClassVar[int]
    SEEDS_FIELD_NUMBER: _ClassVar[int]
    handle: str
    seeds: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, handle: _Optional[str] = ..., seeds: _Optional[_Iterable[int]] = ...) -> None: ...

class SampleRequest(_message.Message):
    __slots__ = ("prompts", "adapter", "temperature", "top_p", "max_tokens", "max_rows")
    PROMPTS_FIELD_NUMBER: _ClassVar[int]
    ADAPTER_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    TOP_P_FIELD_NUMBER: _ClassVar[int]
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    MAX_ROWS_FIELD_NUMBER: _ClassVar[int]
    prompts: _containers.RepeatedCompositeFieldContainer[SamplePrompt]
    adapter: str
    temperature: float
    top_p: float
    max_tokens: int
    max_rows: int
    def __init__(self, prompts: _Optional[_Iterable[_Union[SamplePrompt, _Mapping]]] = ..., adapter: _Optional[str] = ..., temperature: _Optional[float] = ..., top_p: _Optional[float] = ..., max_tokens: _Optional[int] = ..., max_rows: _Optional[int] = ...) -> None: ...

class SampledCompletion(_message.Message):
    __slots__ = ("prompt", "completion", "tokens", "text", "finish", "logprobs")
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    COMPLETION_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    FINISH_FIELD_NUMBER: _ClassVar[int]
    LOGPROBS_FIELD_NUMBER: _ClassVar[int]
    prompt: int
    completion: int
    tokens: _containers.RepeatedScalarFieldContainer[int]
    text: str
    finish: Finish
    logprobs: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, prompt: _Optional[int] = ..., completion: _Optional[int] = ..., tokens: _Optional[_Iterable[int]] = ..., text: _Optional[str] = ..., finish: _Optional[_Union[Finish, str]] = ..., logprobs: _Optional[_Iterable[float]] = ...) -> None: ...

class Completion(_message.Message):
    __slots__ = ("tokens", "gradient")
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    GRADIENT_FIELD_NUMBER: _ClassVar[int]
    tokens: _containers.RepeatedScalarFieldContainer[int]
    gradient: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, tokens: _Optional[_Iterable[int]] = ..., gradient: _Optional[_Iterable[float]] = ...) -> None: ...

class Group(_message.Message):
    __slots__ = ("handle", "completions")
    HANDLE_FIELD_NUMBER: _ClassVar[int]
    COMPLETIONS_FIELD_NUMBER: _ClassVar[int]
    handle: str
    completions: _containers.RepeatedCompositeFieldContainer[Completion]
    def __init__(self, handle: _Optional[str] = ..., completions: _Optional[_Iterable[_Union[Completion, _Mapping]]] = ...) -> None: ...

class ForwardRequest(_message.Message):
    __slots__ = ("groups", "adapter", "temperature", "dropout_seed", "keep_graph")
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    ADAPTER_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    DROPOUT_SEED_FIELD_NUMBER: _ClassVar[int]
    KEEP_GRAPH_FIELD_NUMBER: _ClassVar[int]
    groups: _containers.RepeatedCompositeFieldContainer[Group]
    adapter: str
    temperature: float
    dropout_seed: int
    keep_graph: bool
    def __init__(self, groups: _Optional[_Iterable[_Union[Group, _Mapping]]] = ..., adapter: _Optional[str] = ..., temperature: _Optional[float] = ..., dropout_seed: _Optional[int] = ..., keep_graph: _Optional[bool] = ...) -> None: ...

class CompletionScores(_message.Message):
    __slots__ = ("logprob", "entropy", "argmax")
    LOGPROB_FIELD_NUMBER: _ClassVar[int]
    ENTROPY_FIELD_NUMBER: _ClassVar[int]
    ARGMAX_FIELD_NUMBER: _ClassVar[int]
    logprob: _containers.RepeatedScalarFieldContainer[float]
    entropy: _containers.RepeatedScalarFieldContainer[float]
    argmax: _containers.RepeatedScalarFieldContainer[bool]
    def __init__(self, logprob: _Optional[_Iterable[float]] = ..., entropy: _Optional[_Iterable[float]] = ..., argmax: _Optional[_Iterable[bool]] = ...) -> None: ...

class GroupScores(_message.Message):
    __slots__ = ("completions",)
    COMPLETIONS_FIELD_NUMBER: _ClassVar[int]
    completions: _containers.RepeatedCompositeFieldContainer[CompletionScores]
    def __init__(self, completions: _Optional[_Iterable[_Union[CompletionScores, _Mapping]]] = ...) -> None: ...

class ForwardResponse(_message.Message):
    __slots__ = ("groups", "ticket")
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    TICKET_FIELD_NUMBER: _ClassVar[int]
    groups: _containers.RepeatedCompositeFieldContainer[GroupScores]
    ticket: str
    def __init__(self, groups: _Optional[_Iterable[_Union[GroupScores, _Mapping]]] = ..., ticket: _Optional[str] = ...) -> None: ...

class CompletionGradient(_message.Message):
    __slots__ = ("logprob", "entropy")
    LOGPROB_FIELD_NUMBER: _ClassVar[int]
    ENTROPY_FIELD_NUMBER: _ClassVar[int]
    logprob: _containers.RepeatedScalarFieldContainer[float]
    entropy: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, logprob: _Optional[_Iterable[float]] = ..., entropy: _Optional[_Iterable[float]] = ...) -> None: ...

class GroupGradient(_message.Message):
    __slots__ = ("completions",)
    COMPLETIONS_FIELD_NUMBER: _ClassVar[int]
    completions: _containers.RepeatedCompositeFieldContainer[CompletionGradient]
    def __init__(self, completions: _Optional[_Iterable[_Union[CompletionGradient, _Mapping]]] = ...) -> None: ...

class BackwardRequest(_message.Message):
    __slots__ = ("ticket", "groups")
    TICKET_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    ticket: str
    groups: _containers.RepeatedCompositeFieldContainer[GroupGradient]
    def __init__(self, ticket: _Optional[str] = ..., groups: _Optional[_Iterable[_Union[GroupGradient, _Mapping]]] = ...) -> None: ...

class BackwardResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ZeroGradRequest(_message.Message):
    __slots__ = ("adapter",)
    ADAPTER_FIELD_NUMBER: _ClassVar[int]
    adapter: str
    def __init__(self, adapter: _Optional[str] = ...) -> None: ...

class ZeroGradResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StepRequest(_message.Message):
    __slots__ = ("adapter", "expected_step", "learning_rate", "beta1", "beta2", "epsilon", "weight_decay", "clip_norm")
    ADAPTER_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_STEP_FIELD_NUMBER: _ClassVar[int]
    LEARNING_RATE_FIELD_NUMBER: _ClassVar[int]
    BETA1_FIELD_NUMBER: _ClassVar[int]
    BETA2_FIELD_NUMBER: _ClassVar[int]
    EPSILON_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_DECAY_FIELD_NUMBER: _ClassVar[int]
    CLIP_NORM_FIELD_NUMBER: _ClassVar[int]
    adapter: str
    expected_step: int
    learning_rate: float
    beta1: float
    beta2: float
    epsilon: float
    weight_decay: float
    clip_norm: float
    def __init__(self, adapter: _Optional[str] = ..., expected_step: _Optional[int] = ..., learning_rate: _Optional[float] = ..., beta1: _Optional[float] = ..., beta2: _Optional[float] = ..., epsilon: _Optional[float] = ..., weight_decay: _Optional[float] = ..., clip_norm: _Optional[float] = ...) -> None: ...

class StepResponse(_message.Message):
    __slots__ = ("gradient_norm", "outcome", "step")
    GRADIENT_NORM_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    gradient_norm: float
    outcome: StepOutcome
    step: int
    def __init__(self, gradient_norm: _Optional[float] = ..., outcome: _Optional[_Union[StepOutcome, str]] = ..., step: _Optional[int] = ...) -> None: ...

class Lora(_message.Message):
    __slots__ = ("rank", "alpha", "dropout", "seed")
    RANK_FIELD_NUMBER: _ClassVar[int]
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    DROPOUT_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    rank: int
    alpha: float
    dropout: float
    seed: int
    def __init__(self, rank: _Optional[int] = ..., alpha: _Optional[float] = ..., dropout: _Optional[float] = ..., seed: _Optional[int] = ...) -> None: ...

class NewAdapterRequest(_message.Message):
    __slots__ = ("name", "lora", "folder", "trainable")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LORA_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    TRAINABLE_FIELD_NUMBER: _ClassVar[int]
    name: str
    lora: Lora
    folder: str
    trainable: bool
    def __init__(self, name: _Optional[str] = ..., lora: _Optional[_Union[Lora, _Mapping]] = ..., folder: _Optional[str] = ..., trainable: _Optional[bool] = ...) -> None: ...

class NewAdapterResponse(_message.Message):
    __slots__ = ("adapter",)
    ADAPTER_FIELD_NUMBER: _ClassVar[int]
    adapter: Adapter
    def __init__(self, adapter: _Optional[_Union[Adapter, _Mapping]] = ...) -> None: ...

class SaveStateRequest(_message.Message):
    __slots__ = ("adapter", "folder", "optimizer", "dtype", "merged")
    ADAPTER_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    OPTIMIZER_FIELD_NUMBER: _ClassVar[int]
    DTYPE_FIELD_NUMBER: _ClassVar[int]
    MERGED_FIELD_NUMBER: _ClassVar[int]
    adapter: str
    folder: str
    optimizer: bool
    dtype: str
    merged: bool
    def __init__(self, adapter: _Optional[str] = ..., folder: _Optional[str] = ..., optimizer: _Optional[bool] = ..., dtype: _Optional[str] = ..., merged: _Optional[bool] = ...) -> None: ...

class SaveStateResponse(_message.Message):
    __slots__ = ("weights_hash",)
    WEIGHTS_HASH_FIELD_NUMBER: _ClassVar[int]
    weights_hash: str
    def __init__(self, weights_hash: _Optional[str] = ...) -> None: ...

class LoadStateRequest(_message.Message):
    __slots__ = ("adapter", "folder", "optimizer")
    ADAPTER_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    OPTIMIZER_FIELD_NUMBER: _ClassVar[int]
    adapter: str
    folder: str
    optimizer: bool
    def __init__(self, adapter: _Optional[str] = ..., folder: _Optional[str] = ..., optimizer: _Optional[bool] = ...) -> None: ...

class LoadStateResponse(_message.Message):
    __slots__ = ("adapter",)
    ADAPTER_FIELD_NUMBER: _ClassVar[int]
    adapter: Adapter
    def __init__(self, adapter: _Optional[_Union[Adapter, _Mapping]] = ...) -> None: ...

class FreeRequest(_message.Message):
    __slots__ = ("ticket", "handle", "adapter")
    TICKET_FIELD_NUMBER: _ClassVar[int]
    HANDLE_FIELD_NUMBER: _ClassVar[int]
    ADAPTER_FIELD_NUMBER: _ClassVar[int]
    ticket: str
    handle: str
    adapter: str
    def __init__(self, ticket: _Optional[str] = ..., handle: _Optional[str] = ..., adapter: _Optional[str] = ...) -> None: ...

class FreeResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
