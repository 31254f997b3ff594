"""How the rows of a Forward are dealt out to threads."""

from itertools import accumulate, pairwise

# Tokens of a part at most, where it has more than one row: what a part works on then stays near the processor, and with
# gradients known beforehand no more graphs exist at once than there are threads.
PART_TOKENS = 1024


def parts_of(lengths: list[int], threads: int) -> list[slice]:
    """Neighbouring rows in parts about equal in tokens; as many parts as threads at least, if there are rows enough."""
    total = sum(lengths)
    count = min(len(lengths), max(threads, -(-total // PART_TOKENS)))
    ends = list(accumulate(lengths))
    bounds = [0]
    for part in range(1, count):
        # The row whose end is nearest to the part's share, leaving a row at least for each part.
        goal = total * part / count
        least, most = bounds[-1] + 1, len(lengths) - (count - part)
        bounds.append(min(range(least, most + 1), key=lambda bound: abs(ends[bound - 1] - goal)))
    bounds.append(len(lengths))
    return [slice(begin, end) for begin, end in pairwise(bounds)]
