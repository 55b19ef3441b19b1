"""A block of a transformer: layer norm, causal multi-head attention, a feed-forward part."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def layer_norm(x, gain, bias, eps=1e-5):
    mean = np.mean(x, axis=-1, keepdims=True)
    variance = np.var(x, axis=-1, keepdims=True)
    return gain * (x - mean) / np.sqrt(variance + eps) + bias


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def split_heads(x: Float[ndarray, "t d"], heads: int) -> Float[ndarray, "heads t k"]:
    t, d = x.shape
    return x.reshape(t, heads, d // heads).transpose(1, 0, 2)


def attention(x, Wq, Wk, Wv, Wo, heads=2):
    q, k, v = (split_heads(x @ W, heads) for W in (Wq, Wk, Wv))
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
    t = x.shape[0]
    mask = np.triu(np.ones((t, t), dtype=bool), k=1)
    scores = np.where(mask, -1e9, scores)
    mixed = softmax(scores) @ v
    return mixed.transpose(1, 0, 2).reshape(t, -1) @ Wo


def block(params, x):
    gain, bias = params["ln1"]
    a = layer_norm(x, gain, bias)
    weights = params["attention"]
    x = x + attention(a, weights["Wq"], weights["Wk"], weights["Wv"], weights["Wo"])
    f = layer_norm(x, params["ln2"][0], params["ln2"][1])
    x = x + np.maximum(f @ params["W1"], 0) @ params["W2"]
    return x


def language_loss(params, tokens):
    embedding = params["embedding"]
    x = embedding[tokens[:-1]]
    for p in params["blocks"]:
        x = block(p, x)
    logits = x @ embedding.T
    log_z = np.log(np.exp(logits).sum(axis=1))
    return np.mean(log_z - logits[np.arange(len(tokens) - 1), tokens[1:]])


def _call():
    rng = np.random.default_rng(29)
    d = 4

    def one():
        return {
            "ln1": (rng.normal(size=d), rng.normal(size=d)),
            "ln2": (rng.normal(size=d), rng.normal(size=d)),
            "attention": {name: 0.5 * rng.normal(size=(d, d)) for name in ("Wq", "Wk", "Wv", "Wo")},
            "W1": rng.normal(size=(d, 6)),
            "W2": rng.normal(size=(6, d)),
        }

    return {"embedding": rng.normal(size=(5, d)), "blocks": [one(), one()]}, np.array(
        [0, 3, 1, 4, 3]
    )


CALLS = {"language_loss": ("params", [_call()])}
