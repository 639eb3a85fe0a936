"""The forward pass of LlamaForCausalLM and Qwen3ForCausalLM, from a folder of Hugging Face's layout.

Plain Python, double precision, from the formulas of transformers' modeling_llama.py and
modeling_qwen3.py; it shares nothing with the program under test.

Usage: forward.py FOLDER ID... ; prints the logits after each token as JSON.
"""

import json
import math
import os
import sys

import safetensors

DEFAULTS = {
    "llama": {"num_key_value_heads": None, "head_dim": None, "rope_theta": 10000.0},
    "qwen3": {"num_key_value_heads": 32, "head_dim": 128, "rope_theta": 10000.0},
}


def load(folder):
    index = os.path.join(folder, "model.safetensors.index.json")
    if not os.path.exists(index):
        return safetensors.read(os.path.join(folder, "model.safetensors"))
    with open(index) as file:
        weight_map = json.load(file)["weight_map"]
    tensors = {}
    for name in sorted(set(weight_map.values())):
        tensors.update(safetensors.read(os.path.join(folder, name)))
    if sorted(tensors) != sorted(weight_map):
        raise SystemExit("the index is not that of the files")
    return tensors


def linear(x, weight):
    (rows, columns), values = weight
    return [
        [
            sum(a * b for a, b in zip(row, values[i * columns : (i + 1) * columns]))
            for i in range(rows)
        ]
        for row in x
    ]


def rms_norm(row, weight, eps):
    gain = weight[1]
    root = math.sqrt(sum(value * value for value in row) / len(row) + eps)
    return [g * (value / root) for g, value in zip(gain, row)]


def rotate(head, position, theta):
    """x * cos + rotate_half(x) * sin."""
    half = len(head) // 2
    turned = []
    for i, value in enumerate(head):
        angle = position * theta ** (-2.0 * (i % half) / len(head))
        other = -head[i + half] if i < half else head[i - half]
        turned.append(value * math.cos(angle) + other * math.sin(angle))
    return turned


def silu(value):
    return value / (1.0 + math.exp(-value))


class Decoder:
    def __init__(self, folder):
        with open(os.path.join(folder, "config.json")) as file:
            given = json.load(file)
        self.config = dict(DEFAULTS[given["model_type"]])
        self.config.update(given)
        self.qwen3 = given["architectures"] == ["Qwen3ForCausalLM"]
        if not self.qwen3 and given["architectures"] != ["LlamaForCausalLM"]:
            raise SystemExit("unknown architecture")
        self.tensors = load(folder)
        self.heads = self.config["num_attention_heads"]
        self.groups = self.config["num_key_value_heads"] or self.heads
        self.dim = self.config["head_dim"] or self.config["hidden_size"] // self.heads
        self.eps = self.config["rms_norm_eps"]
        self.theta = self.config["rope_theta"]
        if self.config["hidden_act"] != "silu" or self.config.get("rope_scaling"):
            raise SystemExit("unknown activation or scaling")

    def split(self, rows, count, norm):
        """[position][head], each head normalized where there is a norm."""
        heads = []
        for row in rows:
            parts = [row[h * self.dim : (h + 1) * self.dim] for h in range(count)]
            heads.append([rms_norm(part, norm, self.eps) for part in parts] if norm else parts)
        return heads

    def attention(self, x, prefix):
        weight = lambda name: self.tensors[prefix + name + ".weight"]
        q_norm = weight("q_norm") if self.qwen3 else None
        k_norm = weight("k_norm") if self.qwen3 else None
        q = self.split(linear(x, weight("q_proj")), self.heads, q_norm)
        k = self.split(linear(x, weight("k_proj")), self.groups, k_norm)
        v = self.split(linear(x, weight("v_proj")), self.groups, None)
        q = [[rotate(head, p, self.theta) for head in row] for p, row in enumerate(q)]
        k = [[rotate(head, p, self.theta) for head in row] for p, row in enumerate(k)]
        mixed = []
        for p in range(len(x)):
            row = []
            for h in range(self.heads):
                g = h // (self.heads // self.groups)
                scores = [
                    sum(a * b for a, b in zip(q[p][h], k[s][g])) / math.sqrt(self.dim)
                    for s in range(p + 1)
                ]
                top = max(scores)
                shares = [math.exp(score - top) for score in scores]
                total = sum(shares)
                for i in range(self.dim):
                    row.append(sum(share / total * v[s][g][i] for s, share in enumerate(shares)))
            mixed.append(row)
        return linear(mixed, weight("o_proj"))

    def mlp(self, x, prefix):
        weight = lambda name: self.tensors[prefix + name + ".weight"]
        gate = linear(x, weight("gate_proj"))
        up = linear(x, weight("up_proj"))
        hidden = [[silu(g) * u for g, u in zip(*rows)] for rows in zip(gate, up)]
        return linear(hidden, weight("down_proj"))

    def logits(self, ids):
        norm = lambda x, name: [rms_norm(row, self.tensors[name + ".weight"], self.eps) for row in x]
        add = lambda a, b: [[c + d for c, d in zip(*rows)] for rows in zip(a, b)]
        (_, width), embedding = self.tensors["model.embed_tokens.weight"]
        x = [embedding[i * width : (i + 1) * width] for i in ids]
        for layer in range(self.config["num_hidden_layers"]):
            prefix = "model.layers.%d." % layer
            x = add(x, self.attention(norm(x, prefix + "input_layernorm"), prefix + "self_attn."))
            x = add(x, self.mlp(norm(x, prefix + "post_attention_layernorm"), prefix + "mlp."))
        tied = self.config.get("tie_word_embeddings", False)
        head = self.tensors["model.embed_tokens.weight" if tied else "lm_head.weight"]
        return linear(norm(x, "model.norm"), head)


if __name__ == "__main__":
    print(json.dumps(Decoder(sys.argv[1]).logits([int(token) for token in sys.argv[2:]])))
