"""The contract over gRPC: authentication, the order of verbs, errors, cancellation."""

import hmac
import queue
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor

import grpc

from chexengine.engine import Engine
from chexengine.errors import EngineError, is_out_of_memory, release, translate
from chexengine.gen import engine_pb2 as pb
from chexengine.gen import engine_pb2_grpc
from chexengine.worker import Worker

MAX_MESSAGE_BYTES = 512 << 20  # a Prepare carries pixels: a thousand pictures of 700 x 700
# Calls wait on their thread for their turn; Describe needs a free one whatever the others do.
HANDLER_THREADS = 64


class Service(engine_pb2_grpc.EngineServicer):
    """Hands each verb to the worker thread; Describe alone answers at once."""

    def __init__(self, engine: Engine):
        self._engine = engine
        self._worker = Worker(engine.stopwatch)

    def Describe(self, request, context):  # noqa: N802, the contract's name
        return self._engine.describe(*self._worker.busy())

    def Sample(self, request: pb.SampleRequest, context):  # noqa: N802
        results: queue.SimpleQueue = queue.SimpleQueue()
        gone = _gone(context)

        def run():
            if gone.is_set():
                return
            for completion in self._engine.sample(request, gone.is_set):
                results.put(completion)

        future = self._worker.submit("Sample", run)
        future.add_done_callback(lambda _: results.put(None))
        while (completion := results.get()) is not None:
            yield completion
        self._result(future, "Sample", context)

    def _run(self, verb, method, request, context):
        gone = _gone(context)

        def run():
            # A caller that left while its call was waiting is not worked for.
            return None if gone.is_set() else method(request)

        return self._result(self._worker.submit(verb, run), verb, context)

    def _result(self, future, verb, context):
        try:
            return future.result()
        except Exception as error:
            if not isinstance(error, EngineError):
                traceback.print_exception(error, file=sys.stderr)
            answer = translate(error, verb)
            if is_out_of_memory(error):
                release(error)
            context.abort(answer.code, str(answer))


def _gone(context) -> threading.Event:
    """Set once the call has ended: cancelled, past its deadline, or answered."""
    gone = threading.Event()
    if not context.add_callback(gone.set):
        gone.set()
    return gone


def _unary(verb: str, method: str):
    def handler(self, request, context):
        return self._run(verb, getattr(self._engine, method), request, context)

    return handler


for _verb, _method in {
    "Load": "load",
    "Prepare": "prepare",
    "Extend": "extend",
    "ExportPrompt": "export_prompt",
    "ImportPrompt": "import_prompt",
    "Tokenize": "tokenize",
    "Forward": "forward",
    "Backward": "backward",
    "ZeroGrad": "zero_grad",
    "Step": "step",
    "NewAdapter": "new_adapter",
    "SaveState": "save_state",
    "LoadState": "load_state",
    "Free": "free",
}.items():
    setattr(Service, _verb, _unary(_verb, _method))


class Authentication(grpc.ServerInterceptor):
    """Refuses every call that does not carry the launch's token."""

    def __init__(self, token: str):
        self._expected = f"Bearer {token}".encode()
        self._refusal = grpc.unary_unary_rpc_method_handler(
            lambda _, context: context.abort(
                grpc.StatusCode.UNAUTHENTICATED, "the call lacks this launch's token: metadata authorization: Bearer"
            )
        )

    def intercept_service(self, continuation, handler_call_details):
        given = dict(handler_call_details.invocation_metadata).get("authorization", "")
        given = given if isinstance(given, bytes) else given.encode()
        return continuation(handler_call_details) if hmac.compare_digest(given, self._expected) else self._refusal


def start(engine: Engine, token: str) -> tuple[grpc.Server, int]:
    """Serves on a free port of the loopback interface; returns the server and the port."""
    server = grpc.server(
        ThreadPoolExecutor(HANDLER_THREADS, thread_name_prefix="rpc"),
        interceptors=[Authentication(token)],
        options=[
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
            ("grpc.so_reuseport", 0),
        ],
    )
    engine_pb2_grpc.add_EngineServicer_to_server(Service(engine), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port
