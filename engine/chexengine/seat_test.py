"""A place among ranks from torchrun's variables."""

import os
import socket

import pytest

from chexengine.seat import SeatError, take_seat


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def variables(rank=1, **more):
    return {
        "RANK": str(rank),
        "WORLD_SIZE": "2",
        "LOCAL_RANK": str(rank),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": "4242",
        **more,
    }


@pytest.mark.parametrize("environment", [{}, {"WORLD_SIZE": "1", "RANK": "0"}])
def test_alone(environment):
    before = dict(environment)
    assert take_seat(environment) is None
    assert environment == before


def test_a_place_among_several():
    seat = take_seat(variables(1))
    assert (seat.rank, seat.size, seat.local_rank, seat.local_size) == (1, 2, 1, 2)
    assert (seat.address, seat.port, seat.listener) == ("127.0.0.1", 4242, None)


def test_rank_0_holds_the_meeting_point_on_its_address_alone():
    port = free_port()
    seat = take_seat(variables(0, MASTER_PORT=str(port)))
    held = socket.socket(fileno=seat.listener)
    try:
        assert held.getsockname() == ("127.0.0.1", port)
        with pytest.raises(SeatError, match=f"127.0.0.1:{port} cannot be opened"):
            take_seat(variables(0, MASTER_PORT=str(port)))
    finally:
        held.close()


def test_torchruns_own_agent_holds_it_otherwise():
    assert take_seat(variables(0, TORCHELASTIC_USE_AGENT_STORE="True")).listener is None


@pytest.mark.parametrize("name", ["RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"])
def test_a_missing_variable_is_named(name):
    environment = variables()
    del environment[name]
    with pytest.raises(SeatError, match=f"{name} is not set"):
        take_seat(environment)


def test_a_rank_outside_is_refused():
    with pytest.raises(SeatError, match="rank 2 of 2"):
        take_seat(variables(2))


@pytest.mark.parametrize(
    ("listed", "kept"), [(None, "1"), ("4,5", "5"), ("GPU-aa, GPU-bb", "GPU-bb"), ("", ""), (" ", " ")]
)
def test_each_rank_sees_one_gpu(listed, kept):
    environment = variables() if listed is None else variables(CUDA_VISIBLE_DEVICES=listed)
    take_seat(environment)
    assert environment["CUDA_VISIBLE_DEVICES"] == kept


def test_a_rank_without_a_gpu_is_refused():
    with pytest.raises(SeatError, match="local rank 1 has no GPU: CUDA_VISIBLE_DEVICES has 1"):
        take_seat(variables(CUDA_VISIBLE_DEVICES="0"))


@pytest.mark.skipif(os.name == "nt", reason="Windows names its interfaces otherwise")
def test_one_machines_ranks_speak_over_loopback():
    environment = variables()
    take_seat(environment)
    assert environment["GLOO_SOCKET_IFNAME"] in ("lo", "lo0")
    elsewhere = variables(MASTER_ADDR="192.0.2.7")
    take_seat(elsewhere)
    assert "GLOO_SOCKET_IFNAME" not in elsewhere
