"""The verbs together: a model trained through them says of each picture what it was taught."""

from chexengine import testing
from chexengine.gen import engine_pb2 as pb

TEXTS = ("The heart is enlarged.", "Lungs are clear.")


def teach(made, name, handles, steps, rate):
    """Lowers the mean negative log-likelihood of each prompt's text; returns it before and after."""
    turns = made.tokenize(pb.TokenizeRequest(texts=TEXTS)).texts
    count = sum(len(turn.tokens) for turn in turns)
    groups = [
        pb.Group(
            handle=handle,
            completions=[pb.Completion(tokens=turn.tokens, gradient=[-1 / count] * len(turn.tokens))],
        )
        for handle, turn in zip(handles, turns, strict=True)
    ]
    losses = []
    for number in range(1, steps + 1):
        answer = made.forward(pb.ForwardRequest(groups=groups, adapter=name))
        losses.append(-testing.flat_logprobs(answer).sum() / count)
        made.step(testing.step_request(name, number, learning_rate=rate, clip_norm=1.0))
    return losses[0], losses[-1]


def readings(made, name, handles):
    request = pb.SampleRequest(
        prompts=[pb.SamplePrompt(handle=handle, seeds=[1]) for handle in handles],
        adapter=name,
        temperature=0,
        top_p=1,
        max_tokens=40,
    )
    done = {one.prompt: one for one in made.sample(request, lambda: False)}
    assert all(one.finish == pb.FINISH_STOP for one in done.values())
    return tuple(done[index].text for index in range(len(handles)))


def test_it_learns_to_read_two_pictures_and_then_the_other_way_round(folder, tmp_path):
    # The same question of both: only the picture tells them apart.
    prompts = [testing.prompt("Findings?", testing.picture(seed)) for seed in (1, 2)]
    made = testing.engine(folder, "float32", trainable=pb.TRAINABLE_FULL)
    handles = testing.prepare(made, *prompts)
    before, after = teach(made, "full", handles, 120, 1e-2)
    assert after < 0.1 * before
    assert readings(made, "full", handles) == TEXTS
    assert readings(made, "full", handles[::-1]) == TEXTS[::-1]

    made.save_state(pb.SaveStateRequest(adapter="full", folder=str(tmp_path / "taught")))
    made = testing.engine(tmp_path / "taught", "float32", random_weights=False)
    handles = testing.prepare(made, *prompts)
    assert readings(made, "", handles) == TEXTS
    testing.new_policy(made)
    teach(made, "policy", handles[::-1], 80, 1e-2)
    assert readings(made, "policy", handles) == TEXTS[::-1]
    assert readings(made, "", handles) == TEXTS
