"""A prepared prompt as bytes, to take it from one rank to another: its features move, not its picture.

The vision tower runs on the rank that prepared the prompt; another that computes with it gets tokens, positions and
features, to the bit. In safetensors, the fields in a tensor of JSON's bytes.
"""

import json

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from chexengine.errors import invalid
from chexengine.families import Pixels
from chexengine.gen import engine_pb2 as pb
from chexengine.prompts import ImageSpan, Prompt, PromptStore

_FIELDS = "fields"


def export(store: PromptStore, handle: str) -> bytes:
    """Answers ExportPrompt."""
    prompt = store.get(handle)
    tensors = {"positions": prompt.positions.contiguous()}
    spans = []
    # With full training the tower runs inside Forward: what moves is what it takes.
    features = [None] * len(prompt.images) if store.full else store.features(prompt)
    for number, (span, found) in enumerate(zip(prompt.images, features, strict=True)):
        kept = span.pixels.values if span.pixels is not None else found
        tensors[f"image {number}"] = kept.contiguous()
        grid = span.pixels.grid if span.pixels is not None else None
        store_it = span.pixels is None and span.features is None
        spans.append({"start": span.start, "length": span.length, "key": span.key, "grid": grid, "cache": store_it})
    fields = {"handle": handle, "ids": prompt.ids, "spans": spans, "full": store.full}
    tensors[_FIELDS] = torch.frombuffer(bytearray(json.dumps(fields).encode()), dtype=torch.uint8)
    return save(tensors)


def adopt(store: PromptStore, data: bytes) -> pb.Prompt:
    """Answers ImportPrompt; importing a prompt that is there changes nothing."""
    try:
        tensors = load(data)
        fields = json.loads(bytes(tensors[_FIELDS].tolist()))
    except (SafetensorError, KeyError, ValueError) as error:
        raise invalid("ImportPrompt: these are not the bytes of an ExportPrompt") from error
    if fields["full"] != store.full:
        raise invalid("ImportPrompt: the prompt is of an engine that was loaded for another kind of training")
    images = []
    for number, span in enumerate(fields["spans"]):
        tensor, place = tensors[f"image {number}"], (span["start"], span["length"], span["key"])
        if store.full:
            grid = tuple(span["grid"]) if span["grid"] else None
            images.append(ImageSpan(*place, pixels=Pixels(tensor, grid)))
        elif span["cache"]:
            store.keep_features(span["key"], tensor)
            images.append(ImageSpan(*place))
        else:
            images.append(ImageSpan(*place, features=tensor))
    prompt = Prompt(fields["handle"], fields["ids"], tensors["positions"], images)
    store.adopt(prompt)
    return pb.Prompt(
        handle=prompt.handle,
        tokens=len(prompt.ids),
        image_tokens=sum(span.length for span in images),
        features_cached=bool(images) and not store.full,
    )
