"""Who is timed. A peer is one file here with

    KINDS     the kinds of rows that it takes part in
    PACKAGES  the Python packages that it needs
    refuses(case)   why it cannot run a case, or None
    Peer(task)      prepares it; `compile_seconds` is what compiling took
    Peer.result()   the first run: logits, the product, or the losses of the
                    first STEPS steps, as a NumPy array
    Peer.run()      one run, which is what is timed

and a name in PEERS. `moec` is us.
"""

import importlib
import importlib.util

OURS = "moec"
PEERS = ("onednn", "mkl", "openblas", "torch_eager", "torch_compile", "jax", "onnxruntime", "openvino", "iree")
# Steps of training whose losses are compared.
STEPS = 3
# The same step for everybody; moec's training loop gives it as an input.
LEARNING_RATE = 1e-3


def module(name):
    return importlib.import_module(f"{__name__}.{name}")


def installed(package):
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:  # the package around it
        return False


def reason_against(name, case):
    """Why a peer has no number in a row, as far as it is known before trying."""
    peer = module(name)
    missing = [p for p in peer.PACKAGES if not installed(p)]
    if missing:
        return "not installed: " + ", ".join(missing)
    return peer.refuses(case)


def taking_part(case, without=()):
    """The peers of a kind of row."""
    return [name for name in PEERS if name not in without and case.kind in module(name).KINDS]
