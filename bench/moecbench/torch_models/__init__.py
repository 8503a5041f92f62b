"""The models that peers run, in PyTorch: one file a family."""


def build(task):
    """The module of a model of the zoo, with its weights."""
    import torch

    from ..weights import read_weights
    from .layers import load
    from .mixer import Mixer
    from .mlit import Mlit
    from .soft_moe import SoftMoeVit
    from .sparse_mlp import SparseMlp
    from .v_moe import VMoe
    from .vit import Vit

    families = {"mixer": Mixer, "vit": Vit, "soft_moe": SoftMoeVit, "v_moe": VMoe, "sparse_mlp": SparseMlp,
                "mlit": Mlit}
    with torch.device("meta"):  # drawing start values would take a while
        model = families[task["family"]](task["dims"])
    return load(model.to_empty(device="cpu"), read_weights(task["weights"]))
