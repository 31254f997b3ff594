"""Each kernel against torch's own operations and autograd, in both types."""

import ctypes
import pathlib

import pytest
import torch
from torch.nn import functional

from chexengine import choose, kernel_build, testing
from chexengine.gated_unit import CURVES
from chexengine.kernel_scores import Head
from chexengine.kernels import Kernels, Shape, Strides

TOLERANCE = {"float32": 2e-5, "float64": 1e-12}
DTYPES = {"float32": torch.float32, "float64": torch.float64}


@pytest.fixture(params=TOLERANCE)
def made(request):
    return testing.compiled(request.param)


@pytest.fixture
def draw(made):
    generator = torch.Generator().manual_seed(4)

    def normal(*shape, scale=1.0):
        return (torch.randn(*shape, generator=generator, dtype=torch.float64) * scale).to(DTYPES[made.dtype])

    return normal


@pytest.mark.parametrize("tuning", ["this machine", "znver3"])
def test_a_row_has_the_same_bits_in_any_company(monkeypatch, tmp_path, tuning):
    """GCC for znver2 and znver3 would take sums of one row apart from those of several."""
    testing.need_compiler()
    if tuning == "znver3":
        cpu = pathlib.Path("/proc/cpuinfo")
        if not (kernel_build.is_x86() and cpu.exists() and {"avx2", "fma", "bmi2"} <= set(cpu.read_text().split())):
            pytest.skip("no processor for it")
        monkeypatch.setenv("CHEXENGINE_CACHE", str(tmp_path))
        flags = ("-march=haswell", f"-mtune={tuning}", *kernel_build.X86_FLAGS[1:])
        monkeypatch.setattr(kernel_build, "X86_FLAGS", flags)
    for dtype, of_type in DTYPES.items():
        made = Kernels(dtype)
        states = torch.randn(40, 48, generator=torch.Generator().manual_seed(2)).to(of_type)
        head = Head(made, torch.randn(77, 48, generator=torch.Generator().manual_seed(3)).to(of_type))
        whole = made.score_tokens(head, states, torch.arange(40), 1.0, True)
        for count in range(1, 20):
            for begin in (0, 7):
                rows = slice(begin, begin + count)
                alone = made.score_tokens(head, states[rows], torch.arange(40)[rows], 1.0, True)
                assert all(torch.equal(one, other[rows]) for one, other in zip(alone, whole, strict=True))


def same(made, found, wanted):
    """Equal by relative norm, and of one shape and type."""
    assert found.shape == wanted.shape
    assert found.dtype == wanted.dtype
    assert float((found - wanted).norm() / wanted.norm().clamp(min=1)) < TOLERANCE[made.dtype]


@pytest.mark.parametrize("with_residual", [False, True])
def test_norm(made, draw, with_residual):
    x, weight, residual, upstream = draw(7, 48).requires_grad_(), draw(48), draw(7, 48), draw(7, 48)
    wanted = functional.rms_norm(x, (48,), weight, 1e-6) + (residual if with_residual else 0)
    found, inverse = made.norm(x.detach(), residual if with_residual else None, weight, 1e-6)
    same(made, found, wanted.detach())
    same(
        made,
        made.norm_back(x.detach(), inverse, weight, upstream),
        torch.autograd.grad(wanted, x, upstream)[0],
    )


@pytest.mark.parametrize("curve", CURVES)
def test_gate(made, draw, curve):
    both, upstream = draw(5, 96, scale=3).requires_grad_(), draw(5, 48)
    gate, up = both.chunk(2, dim=1)
    active = functional.silu(gate) if curve == "silu" else functional.gelu(gate, approximate="tanh")
    wanted = active * up
    same(made, made.gate(both.detach(), CURVES[curve]), wanted.detach())
    same(
        made,
        made.gate_back(both.detach(), CURVES[curve], upstream),
        torch.autograd.grad(wanted, both, upstream)[0],
    )
    same(made, made.activate(gate.detach().contiguous(), CURVES[curve]), active.detach())


@pytest.mark.parametrize("extreme", [100.0, -100.0, 1e4, -1e4, 0.0])
def test_the_gate_of_extremes_is_torchs(made, extreme):
    x = torch.full((1, 32), extreme, dtype=DTYPES[made.dtype])
    assert torch.allclose(made.activate(x, CURVES["silu"]), functional.silu(x), atol=1e-30)


def test_not_a_number_stays_one(made):
    x = torch.full((1, 32), float("nan"), dtype=DTYPES[made.dtype])
    assert made.activate(x, CURVES["silu"]).isnan().all()
    assert made.norm(x, None, x, 1e-6)[0].isnan().all()


@pytest.mark.parametrize("with_norm", [False, True])
def test_turn_heads(made, draw, with_norm):
    tokens, heads, size = 6, 3, 16
    whole = draw(tokens, (heads + 2) * size).requires_grad_()  # other numbers stand behind the heads
    weight, angle, upstream = draw(size), draw(tokens, size // 2), draw(tokens, heads * size)
    cosine, sine = angle.cos().repeat(1, 2), torch.cat([-angle.sin(), angle.sin()], dim=1)
    x = whole[:, : heads * size].unflatten(1, (heads, size))
    unit = functional.rms_norm(x, (size,), weight, 1e-6) if with_norm else x
    wanted = unit * cosine[:, None] + unit.roll(size // 2, -1) * sine[:, None]
    given = weight if with_norm else None
    found, inverse = made.turn_heads(whole.detach(), heads, size, given, 1e-6, (cosine, sine))
    same(made, found, wanted.detach().flatten(1))
    out = torch.zeros_like(whole)
    made.turn_heads_back(whole.detach(), heads, size, given, inverse, (cosine, sine), upstream, out)
    same(made, out, torch.autograd.grad(wanted.flatten(1), whole, upstream)[0])


def picture_and_text(length: int) -> torch.Tensor:
    """Causal but for a block that sees itself both ways, and a window."""
    place = torch.arange(length)
    mask = place[:, None] >= place[None]
    mask[3:20, 3:20] = True
    return mask & (place[None] > place[:, None] - 30)


MASKS = {
    "none": lambda rows, length: None,
    "causal": lambda rows, length: torch.ones(1, length, length).tril().bool(),
    "picture": lambda rows, length: picture_and_text(length)[None],
    "its own for each row": lambda rows, length: torch.stack([picture_and_text(length), torch.eye(length).bool()]),
}


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize(("length", "size"), [(41, 16), (64, 32)])
def test_attention(made, draw, mask, length, size):
    rows, queries, keys = 2, 4, 2
    query, key, value = (draw(rows, length, heads, size) for heads in (queries, keys, keys))
    upstream, out = draw(rows, length, queries, size), torch.empty_like(query)
    seen = MASKS[mask](rows, length)
    leaves = [each.transpose(1, 2).detach().requires_grad_() for each in (query, key, value)]
    wanted = functional.scaled_dot_product_attention(
        *leaves, attn_mask=None if seen is None else seen[:, None], scale=0.3, enable_gqa=True
    )
    shape = Shape(rows, queries, keys, length, length, size)
    strides = [Strides(each.stride(0), each.stride(2), each.stride(1)) for each in (query, key, value, out)]
    sight = None if seen is None else made.see(seen)
    logsums = made.attend(shape, 0.3, sight, (query, key, value, out), strides)
    same(made, out, wanted.detach().transpose(1, 2))
    grown = [torch.empty_like(each) for each in (query, key, value)]
    made.attend_back(shape, 0.3, sight, (query, key, value, out), strides, logsums, (upstream, *grown))
    for found, right in zip(grown, torch.autograd.grad(wanted, leaves, upstream.transpose(1, 2)), strict=True):
        same(made, found, right.transpose(1, 2))


def test_a_query_that_sees_nothing_gives_nothing(made, draw):
    length, size = 20, 16
    query = key = value = draw(1, length, 1, size)
    out, upstream = torch.empty_like(query), draw(1, length, 1, size)
    seen = torch.ones(1, length, length).tril().bool()
    seen[0, 7] = False
    shape, strides = Shape(1, 1, 1, length, length, size), [Strides(length * size, size, size)] * 4
    logsums = made.attend(shape, 1.0, made.see(seen), (query, key, value, out), strides)
    assert not out[0, 7].any()
    assert out.isfinite().all()
    grown = [torch.empty_like(query) for _ in range(3)]
    made.attend_back(shape, 1.0, made.see(seen), (query, key, value, out), strides, logsums, (upstream, *grown))
    assert not grown[0][0, 7].any()
    assert all(each.isfinite().all() for each in grown)


def test_attention_does_not_depend_on_threads(made, draw):
    length, size, keys = 70, 16, 3
    query, key, value = (draw(1, length, keys, size) for _ in range(3))
    shape, strides = Shape(1, keys, keys, length, length, size), [Strides(0, size, keys * size)] * 4
    outs = []
    before = torch.get_num_threads()
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        outs.append(torch.empty_like(query))
        made.attend(shape, 0.2, None, (query, key, value, outs[-1]), strides)
    torch.set_num_threads(before)
    assert torch.equal(outs[0], outs[1])
    assert torch.equal(outs[0], outs[2])


def chosen(made, logits, uniform, temperature, top_p):
    room = -(-len(logits) // made.lanes) * made.lanes
    padded, logprob = functional.pad(logits, (0, room - len(logits))), ctypes.c_double()
    token = made.library.choose(padded.data_ptr(), len(logits), temperature, top_p, uniform, ctypes.addressof(logprob))
    return token, logprob.value


@pytest.mark.parametrize("count", [5, 33, 772])
@pytest.mark.parametrize(("temperature", "top_p"), [(0.0, 1.0), (1.0, 1.0), (0.8, 0.95), (1.0, 0.5), (2.0, 0.05)])
@pytest.mark.parametrize("equals", [False, True])
def test_tokens_are_chosen_as_by_torch(made, draw, count, temperature, top_p, equals):
    """`equals`: many logits alike, as bfloat16's are."""
    uniforms = torch.rand(40, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    logits = draw(40, count, scale=2)
    if equals:
        logits = logits.round()
    given = None if temperature == 0 else uniforms
    tokens, logprobs = choose.choose(logits, given, temperature, top_p)
    for row, uniform, token, logprob in zip(logits, uniforms.tolist(), tokens.tolist(), logprobs.tolist(), strict=True):
        found = chosen(made, row, uniform, temperature, top_p)
        assert found[0] == token
        assert abs(found[1] - logprob) < 1e-5
