"""Which prompts are computed at once."""

from types import SimpleNamespace

from chexengine import prefill
from chexengine.running_batch import Row


def rows(*lengths_and_counts):
    out = []
    for number, (length, count) in enumerate(lengths_and_counts):
        prompt = SimpleNamespace(handle=f"{length}", ids=[0] * length)
        out += [Row(number, index, prompt, 0, [], []) for index in range(count)]
    return out


def lengths(groups):
    return [[len(unit[0].prompt.ids) for unit in group] for group in groups]


def test_groups_hold_so_many_padded_tokens(monkeypatch):
    monkeypatch.setattr(prefill, "PREFILL_TOKENS", 100)
    given = rows((30, 2), (31, 1), (33, 3), (20, 1), (70, 1), (51, 4), (200, 1), (10, 1))
    groups = prefill.groups(given, shared=True)
    assert lengths(groups) == [[30, 31, 33], [20], [70], [51], [200], [10]]
    assert [row for group in groups for unit in group for row in unit] == given
    assert [len(unit) for unit in groups[0]] == [2, 1, 3]


def test_a_prompt_asked_for_twice_is_computed_once(monkeypatch):
    monkeypatch.setattr(prefill, "PREFILL_TOKENS", 100)
    given = rows((30, 2), (40, 1), (30, 1))
    assert lengths(prefill.groups(given, shared=True)) == [[30, 40]]
    assert lengths(prefill.groups(given, shared=False)) == [[30, 30], [40, 30]]
