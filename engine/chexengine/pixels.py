"""Pictures as the contract carries them: 8 bit, row by row, channels interleaved."""

import hashlib

import numpy as np
from PIL import Image

from chexengine.errors import invalid
from chexengine.gen import engine_pb2 as pb


def decode(image: pb.Image, where: str) -> Image.Image:
    """The request's picture as an RGB image; a grey one is repeated over the channels, which changes no value."""
    if image.channels not in (1, 3) or image.width == 0 or image.height == 0:
        raise invalid(f"{where}: an image has 1 or 3 channels and a size, this one {_describe(image)}")
    if len(image.pixels) != image.width * image.height * image.channels:
        raise invalid(f"{where}: {_describe(image)} needs another number of bytes than the {len(image.pixels)} given")
    array = np.frombuffer(image.pixels, dtype=np.uint8).reshape(image.height, image.width, image.channels)
    return Image.fromarray(np.repeat(array, 3, axis=2) if image.channels == 1 else array)


def pixel_hash(image: pb.Image) -> str:
    """SHA-256 of the size and the bytes."""
    digest = hashlib.sha256(f"{image.width}x{image.height}x{image.channels}:".encode())
    digest.update(image.pixels)
    return digest.hexdigest()


def _describe(image: pb.Image) -> str:
    return f"{image.width} x {image.height} pixels, {image.channels} channels"
