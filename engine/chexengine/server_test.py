"""The process and its transport: launch line, token, order, cancellation, and its end with its parent."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import grpc
import pytest

from chexengine import CONTRACT, testing
from chexengine.errors import translate
from chexengine.gen import engine_pb2 as pb
from chexengine.gen import engine_pb2_grpc

TOKEN = "a-token"
PACKAGE_PARENT = pathlib.Path(__file__).parent.parent
# A deadline only for a broken engine: the tests wait for events, not for clocks.
PATIENCE_SECONDS = 60


def launch(**extra):
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE_PARENT), "CHEXENGINE_TOKEN": TOKEN, **extra}
    return subprocess.Popen(
        [sys.executable, "-m", "chexengine", "--launch-id", "launch-1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    )


class Caller:
    """The stub with the token attached."""

    def __init__(self, port, token=TOKEN):
        options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(f"127.0.0.1:{port}", options))
        self._metadata = [("authorization", f"Bearer {token}")] if token is not None else []

    def __getattr__(self, verb):
        method = getattr(self._stub, verb)
        return lambda request, **options: method(
            request, metadata=self._metadata, **{"timeout": PATIENCE_SECONDS, **options}
        )


@pytest.fixture(scope="module")
def process():
    started = launch()
    yield started, json.loads(started.stdout.readline())["chexengine"]
    started.stdin.close()
    # Nothing but the launch line on standard output, whatever was computed meanwhile.
    assert started.stdout.read() == ""
    assert started.wait(PATIENCE_SECONDS) == 0


@pytest.fixture(scope="module")
def call(process, gemma_folder):
    caller = Caller(process[1]["port"])
    with pytest.raises(grpc.RpcError) as early:
        caller.Prepare(pb.PrepareRequest())
    assert early.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    request = pb.LoadRequest(source=str(gemma_folder), dtype="float32", random_weights=True, threads=1)
    assert caller.Load(request).model.family == "gemma3"
    return caller


@pytest.fixture(scope="module")
def handle(call):
    request = testing.prompt("Findings?", testing.picture(1))
    return call.Prepare(pb.PrepareRequest(prompts=[request])).prompts[0].handle


def test_the_launch_line(process):
    started, line = process
    assert line["pid"] == started.pid
    assert line["launch_id"] == "launch-1"
    assert line["contract"] == CONTRACT


def test_describe(process, call):
    answer = call.Describe(pb.DescribeRequest())
    assert answer.contract == CONTRACT
    assert answer.launch_id == "launch-1"
    assert answer.pid == process[0].pid
    assert answer.device == "cpu"
    assert {"python", "torch", "transformers", "peft"} == set(answer.versions)
    assert answer.model.family == "gemma3"
    assert len(answer.model.hash) == 64
    assert answer.model.parameters > 10_000
    assert answer.world_size == 1
    assert answer.peak_memory_bytes > 1e6
    assert answer.busy_verb == ""


@pytest.mark.parametrize("token", [None, "", "another", TOKEN + "x"])
def test_without_the_token_nothing_answers(process, call, token, handle):
    stranger = Caller(process[1]["port"], token)
    calls = [
        lambda: stranger.Describe(pb.DescribeRequest()),
        lambda: stranger.Tokenize(pb.TokenizeRequest(texts=["x"])),
        lambda: list(stranger.Sample(sampling(handle))),
    ]
    for one in calls:
        with pytest.raises(grpc.RpcError) as refused:
            one()
        assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED


def test_a_second_load_is_refused(call, gemma_folder):
    with pytest.raises(grpc.RpcError) as refused:
        call.Load(pb.LoadRequest(source=str(gemma_folder), dtype="float32"))
    assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert "\n" not in refused.value.details()


def sampling(handle, tokens=8, seeds=(1, 2, 3), **options):
    prompts = [pb.SamplePrompt(handle=handle, seeds=seeds)]
    return pb.SampleRequest(prompts=prompts, temperature=1, top_p=1, max_tokens=tokens, **options)


def endless_sampling(handle):
    """Thousands of completions one after another. A few long ones would not do: each may end its turn at once."""
    return sampling(handle, tokens=500, seeds=range(4000), max_rows=1)


def test_sample_streams(call, handle):
    done = list(call.Sample(sampling(handle)))
    assert sorted(one.completion for one in done) == [0, 1, 2]


def test_errors_have_their_code(call):
    cases = {
        grpc.StatusCode.NOT_FOUND: lambda: call.Extend(pb.ExtendRequest(handle="nobody", tokens=[1])),
        grpc.StatusCode.INVALID_ARGUMENT: lambda: call.Forward(pb.ForwardRequest()),
    }
    for code, one in cases.items():
        with pytest.raises(grpc.RpcError) as error:
            one()
        assert error.value.code() == code
    with pytest.raises(grpc.RpcError) as error:
        list(call.Sample(sampling("nobody")))
    assert error.value.code() == grpc.StatusCode.NOT_FOUND


def test_describe_answers_beside_a_long_sample_and_cancelling_ends_it(call, handle):
    long = call.Sample(endless_sampling(handle))
    waiting = threading.Thread(target=lambda: call.Tokenize(pb.TokenizeRequest(texts=["x"])))
    waiting.start()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while call.Describe(pb.DescribeRequest()).busy_verb != "Sample":
        assert time.monotonic() < deadline
    assert waiting.is_alive()  # its turn has not come
    long.cancel()
    # The next verb's turn comes only because decoding stopped between two tokens.
    waiting.join(PATIENCE_SECONDS)
    assert not waiting.is_alive()
    assert call.Describe(pb.DescribeRequest()).busy_verb == ""


def test_an_expired_deadline_ends_a_sample(call, handle):
    with pytest.raises(grpc.RpcError) as late:
        list(call.Sample(endless_sampling(handle), timeout=0.3))
    assert late.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert call.Tokenize(pb.TokenizeRequest(texts=["x"])).texts[0].tokens


def test_large_messages_pass(call):
    side = 3000  # 27 MB of pixels, far over gRPC's own limit of 4
    request = testing.prompt("Large.", testing.picture(1, side, side, channels=3))
    assert call.Prepare(pb.PrepareRequest(prompts=[request])).prompts[0].image_tokens == 16


def test_out_of_memory_is_resource_exhausted():
    for error in (MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 8 GB")):
        assert translate(error, "Forward").code == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert translate(ValueError("a\nb"), "Forward").code == grpc.StatusCode.INTERNAL
    assert "\n" not in str(translate(ValueError("a\nb"), "Forward"))


def test_without_a_token_it_does_not_start():
    started = launch(CHEXENGINE_TOKEN="")
    out, _ = started.communicate()
    assert started.returncode == 1
    assert out == ""


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie nobody waits for is dead for our purpose.
    status = pathlib.Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_dies_with_a_killed_parent():
    """The parent is killed without a chance to close anything."""
    program = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'chexengine', '--launch-id', 'x'],"
        " stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(1000)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE_PARENT), "CHEXENGINE_TOKEN": TOKEN}
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment, text=True)
    pid = int(parent.stdout.readline())
    assert alive(pid)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid)
