"""What transformers imports for things that the engine does not do.

Its assisted generation takes one function of scikit-learn, which with scipy.stats costs 40 MB and two thirds of a
second at every start. The engine has a decoding loop of its own; scikit-learn is in the environment for checks alone.
"""


def leave_out() -> None:
    """To be called before transformers' models are imported."""
    from transformers import utils
    from transformers.utils import import_utils

    for module in (utils, import_utils):
        module.is_sklearn_available = lambda: False
