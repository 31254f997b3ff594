"""Starts the engine: python -m chexengine --launch-id ID, with the token in CHEXENGINE_TOKEN.

Under torchrun's environment variables it is one of several ranks (`seat.py`, `ranks.py`), each with a port of its own.
One JSON line on standard output says where it listens; everything else goes to standard error. The process
ends when its standard input does.
"""

import argparse
import json
import logging
import os
import sys

from chexengine import allocator, lean_imports, waiting
from chexengine.parent import follow_parent
from chexengine.seat import SeatError, take_seat


def main() -> None:
    parser = argparse.ArgumentParser(prog="chexengine", description="The engine of chexreason.")
    parser.add_argument("--launch-id", required=True, help="returned by Describe, tells this launch from others")
    options = parser.parse_args()
    token = os.environ.pop("CHEXENGINE_TOKEN", "")
    if not token:
        sys.exit("chexengine: CHEXENGINE_TOKEN is empty: the launcher makes a token and puts it there")
    follow_parent()
    # Libraries print where they like; only the one line below may reach standard output.
    line_out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)

    waiting.choose(os.environ)
    allocator.keep_freed_memory()

    try:
        seat = take_seat()
    except SeatError as error:
        sys.exit(f"chexengine: {error}")

    # Imported late, so that a parent that dies meanwhile is noticed: torch takes seconds.
    import transformers

    lean_imports.leave_out()
    from chexengine import CONTRACT
    from chexengine.engine import Engine
    from chexengine.ranks import join
    from chexengine.server import start

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    server, port = start(Engine(options.launch_id, join(seat)), token)
    launch = {"port": port, "pid": os.getpid(), "launch_id": options.launch_id, "contract": CONTRACT}
    line_out.write(json.dumps({"chexengine": launch}) + "\n")
    line_out.flush()  # and stays open: its end would look like the end of this process
    server.wait_for_termination()


if __name__ == "__main__":
    main()
