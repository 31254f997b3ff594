"""Tickets and the gradients they bring: whole or not at all."""

from collections import OrderedDict
from dataclasses import dataclass

import torch

from chexengine.adapters import Adapter, Adapters
from chexengine.errors import invalid, not_found, precondition
from chexengine.forward import Mode, Shape
from chexengine.gen import engine_pb2 as pb
from chexengine.side_by_side import in_parts
from chexengine.weight_gradients import add_to_sums, weight_gradients

REMEMBERED_TICKETS = 10_000  # retired ones, so that a second use is told from an unknown name


@dataclass
class Ticket:
    graphs: list[torch.Tensor]  # the log-probabilities of each part of the Forward, one after another, with its graph
    shape: Shape
    mode: Mode
    version: int  # of the adapter's weights


class Tickets:
    """Graphs kept for one Backward each."""

    def __init__(self, prefix: str):
        self._prefix = prefix
        self._made = 0
        self._open: dict[str, Ticket] = {}
        self._retired: OrderedDict[str, str] = OrderedDict()

    def __len__(self) -> int:
        return len(self._open)

    def keep(self, ticket: Ticket) -> str:
        self._made += 1
        name = f"{self._prefix}-{self._made}"
        self._open[name] = ticket
        return name

    def take(self, name: str) -> Ticket:
        """Removes the ticket. FAILED_PRECONDITION says what became of a used one, NOT_FOUND knows of none."""
        if name in self._open:
            return self._open[name]
        if name in self._retired:
            raise precondition(f"ticket {name} {self._retired[name]}: call Forward again")
        raise not_found(f"ticket {name!r} is unknown to this engine")

    def retire(self, name: str, why: str) -> None:
        self._open.pop(name, None)
        self._retired[name] = why
        while len(self._retired) > REMEMBERED_TICKETS:
            self._retired.popitem(last=False)

    def expire(self, adapter: str) -> None:
        """Drops the graphs of an adapter whose weights changed."""
        for name in [name for name, ticket in self._open.items() if ticket.mode.adapter == adapter]:
            self.retire(name, "is of older weights")


def read_gradients(groups, shape: Shape) -> list[float]:
    """The request's gradients, flat. INVALID_ARGUMENT unless they have the shape of the ticket's Forward."""
    given = tuple(tuple(len(completion.logprob) for completion in group.completions) for group in groups)
    if given != shape.groups:
        raise invalid(
            f"Backward: gradients for tokens {_brief(given)}, the ticket's Forward had {_brief(shape.groups)}"
        )
    if any(completion.entropy for group in groups for completion in group.completions):
        raise invalid("Backward: gradients of the entropy are reserved: leave them empty")
    return [value for group in groups for completion in group.completions for value in completion.logprob]


def read_known_gradients(groups) -> list[float] | None:
    """Gradients given with a Forward: for all its completions, or for none."""
    completions = [completion for group in groups for completion in group.completions]
    given = [completion for completion in completions if completion.gradient]
    if not given:
        return None
    for completion in completions:
        if len(completion.gradient) != len(completion.tokens):
            raise invalid("Forward: gradients must be given for every token of all completions, or for none")
    return [value for completion in completions for value in completion.gradient]


def add_gradient(adapters: Adapters, adapter: Adapter, ticket: Ticket, given: list[float]) -> None:
    """Adds dL/dweights, from dL/dlogprob, to the adapter's sums: whole, or where something fails not at all.

    The adapter and dropout of the ticket's Forward are active again, because gradient checkpointing runs it a
    second time.
    """
    upstream = torch.tensor(given, dtype=ticket.graphs[0].dtype, device=ticket.graphs[0].device)
    parts = list(zip(ticket.graphs, upstream.split([len(graph) for graph in ticket.graphs]), strict=True))
    with ticket.mode.active(adapters):
        add_to_sums(adapter, in_parts(lambda part: weight_gradients(adapter, *part), parts, gradients=True))


def _brief(shape) -> str:
    text = str([list(group) for group in shape])
    return text if len(text) < 100 else text[:97] + "..."


def ticket_of(tickets: Tickets, adapters: Adapters, name: str) -> tuple[Ticket, Adapter]:
    """The open ticket and its adapter, whose weights are still those of the ticket's Forward."""
    ticket = tickets.take(name)
    adapter = adapters.get(ticket.mode.adapter)
    if adapter.version != ticket.version:
        tickets.retire(name, "is of older weights")
        raise precondition(f"ticket {name} is of older weights: call Forward again")
    return ticket, adapter


def backward(tickets: Tickets, adapters: Adapters, request: pb.BackwardRequest) -> None:
    """Answers Backward. A gradient of the wrong shape leaves the ticket open; anything else uses it up."""
    ticket, adapter = ticket_of(tickets, adapters, request.ticket)
    given = read_gradients(request.groups, ticket.shape)
    tickets.retire(request.ticket, "was used")
    add_gradient(adapters, adapter, ticket, given)
