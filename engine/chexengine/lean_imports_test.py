"""The engine starts without scikit-learn, in a process of its own."""

import subprocess
import sys


def loaded(lean: bool) -> bool:
    """Whether a process that imports the engine has loaded scikit-learn."""
    lines = ["import sys", "from chexengine import lean_imports"]
    lines += ["lean_imports.leave_out()"] if lean else []
    lines += ["import chexengine.engine", "print('sklearn.metrics' in sys.modules)"]
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
    return done.stdout.strip() == "True"


def test_scikit_learn_is_left_out():
    assert not loaded(lean=True)
    assert loaded(lean=False)  # or there would be nothing to leave out
