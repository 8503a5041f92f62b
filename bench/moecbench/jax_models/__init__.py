"""The models that peers run, in JAX: one file a family. A model is a function
of parameters and pixels; the parameters are those of the zoo's model, with a
list of layers in place of each stack."""


def build(task):
    """(forward, parameters): forward(parameters, image, training) gives logits
    and what layers add to the loss."""
    import jax.numpy as jnp

    from ..weights import read_weights
    from . import layers, mixer, mlit, soft_moe, sparse_mlp, v_moe, vit

    families = {"mixer": mixer, "vit": vit, "soft_moe": soft_moe, "v_moe": v_moe, "sparse_mlp": sparse_mlp,
                "mlit": mlit}
    dims = task["dims"]
    dtype = jnp.bfloat16 if task["dtype"] == "bf16" else jnp.float32
    body = families[task["family"]].body

    def forward(parameters, image):
        return layers.model(parameters, image, dims, dtype, body)

    return forward, layers.parameters(read_weights(task["weights"]), dims)
