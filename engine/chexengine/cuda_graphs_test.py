"""Steps as CUDA graphs: the bookkeeping on the CPU, with a stand-in for the capture; the graphs themselves on CUDA."""

import pytest
import torch

from chexengine import cuda_graphs, sample, testing
from chexengine.cuda_graphs import GraphSteps, bucket
from chexengine.gen import engine_pb2 as pb


def test_buckets_are_few_and_hold_what_is_asked():
    assert bucket(1, 1, 64, 2000) == (1, 256)
    assert bucket(5, 256, 64, 2000) == (8, 256)
    assert bucket(33, 257, 48, 2000) == (48, 512)
    assert bucket(48, 1999, 48, 2000) == (48, 2000)
    for rows in range(1, 49):
        for slots in (1, 255, 256, 257, 1023, 2000):
            got = bucket(rows, slots, 48, 2000)
            assert rows <= got[0] <= 48
            assert slots <= got[1] <= 2000
    assert len({bucket(rows, slots, 64, 2000) for rows in range(1, 65) for slots in range(1, 2001)}) == 7 * 8


def stand_in(error: float, log: list):
    """In the place of a capture: replaying computes again, into the tensors of the first time, off by `error`."""

    def capture(compute, span, pool):
        outputs = tuple(None if part is None else part.clone() for part in compute(span))

        def replay():
            log.append(span)
            for mine, part in zip(outputs, compute(span), strict=True):
                if mine is not None:
                    mine.copy_(part)
            outputs[3].add_(error * outputs[3].abs().max())

        return replay, outputs, pool

    return capture


def outputs(span):
    return torch.zeros(2), torch.zeros(2), None, torch.arange(4.0).view(2, 2) + span


def test_a_span_is_captured_once(monkeypatch, capsys):
    log = []
    monkeypatch.setattr(cuda_graphs, "capture", stand_in(0.0, log))
    steps = GraphSteps(outputs, torch.float32)
    for span in (1, 1, 2, 1):
        assert torch.equal(steps.run(span)[3], outputs(span)[3])
    assert log == [1, 1, 2, 1]
    assert not steps.stopped
    assert capsys.readouterr().err == ""


def test_a_graph_that_differs_is_given_up_loudly(monkeypatch, capsys):
    log = []
    monkeypatch.setattr(cuda_graphs, "capture", stand_in(1e-3, log))
    steps = GraphSteps(outputs, torch.float32)
    for span in (1, 1, 2):
        assert torch.equal(steps.run(span)[3], outputs(span)[3])
    assert log == [1]
    assert steps.stopped
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "without graphs" in said
    monkeypatch.setattr(cuda_graphs, "capture", stand_in(float("nan"), log))
    steps = GraphSteps(outputs, torch.float32)
    steps.run(1)
    assert steps.stopped


def test_a_step_that_cannot_be_captured_runs_as_it_is(monkeypatch, capsys):
    def capture(*_):
        raise RuntimeError("operation not permitted\nwhen stream is capturing")

    monkeypatch.setattr(cuda_graphs, "capture", capture)
    steps = GraphSteps(outputs, torch.float32)
    for span in (1, 2):
        assert torch.equal(steps.run(span)[3], outputs(span)[3])
    assert steps.stopped
    assert capsys.readouterr().err.count("\n") == 1


def completions(made, handles, **settings):
    prompts = [pb.SamplePrompt(handle=handle, seeds=[1, 2, 3]) for handle in handles]
    options = {"temperature": 1, "top_p": 0.9, "max_tokens": 25, "max_rows": 5, **settings}
    done = made.sample(pb.SampleRequest(prompts=prompts, adapter="policy", **options), lambda: False)
    return {(one.prompt, one.completion): list(one.tokens) for one in done}


def prepared(folder, **options):
    made = testing.engine(folder, **options)
    testing.new_policy(made)
    texts = ["Findings?", "Is the heart enlarged, and are the lungs clear?", "x"]
    return made, testing.prepare(made, *[testing.prompt(text, testing.picture(n)) for n, text in enumerate(texts)])


def test_round_spans_give_the_same_tokens(folder, monkeypatch):
    """The rows that a graph computes for nobody, and slots that nobody has reached, change nothing."""
    made, handles = prepared(folder)
    model, batch = testing.parts_of(made)[0], sample.RunningBatch
    free = completions(made, handles)
    often = max(range(9, 300), key=lambda token: sum(token in row for row in free.values()))
    monkeypatch.setattr(model, "stop_tokens", frozenset([often]))
    wanted = completions(made, handles)
    log = []
    monkeypatch.setattr(cuda_graphs, "capture", stand_in(0.0, log))
    monkeypatch.setattr(cuda_graphs, "SLOT_BUCKET", 16)
    window = model.hf.config.get_text_config().sliding_window

    def with_graphs(model, decoder, _memory, settings, capacity, graphs):
        memory = sample.RowMemory(capacity, 120, window, decoder.scale, static=True, round_up=True)
        return batch(model, decoder, memory, settings, capacity, True)

    monkeypatch.setattr(sample, "RunningBatch", with_graphs)
    assert completions(made, handles) == wanted
    assert {2, 4, 5} <= {span.rows for span in log} <= {1, 2, 4, 5}  # of at most 5
    assert len({span.slots for span in log}) > 1
    # Not so if a row were told of slots past its end.
    monkeypatch.setattr(sample.RowMemory, "masks", lambda *_: {"full_attention": None, "sliding_attention": None})
    assert completions(made, handles) != wanted


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_on_cuda_the_tokens_are_the_steps_own(folder, dtype, capsys):
    results = []
    for without in ([], [pb.SHORTCUT_CUDA_GRAPHS]):
        made, handles = prepared(folder, dtype=dtype, device="cuda", without=without)
        results.append([completions(made, handles), completions(made, handles, temperature=0, max_tokens=60)])
    assert results[0] == results[1]
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_on_cuda_it_is_what_the_cpu_samples(folder):
    results = []
    for device in ("cuda", "cpu"):
        made, handles = prepared(folder, device=device)
        results.append(completions(made, handles))
    assert results[0] == results[1]
