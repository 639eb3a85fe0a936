"""Writes a random checkpoint of LlamaForCausalLM or Qwen3ForCausalLM in Hugging Face's layout.

Usage: write_model.py FOLDER OPTIONS, where OPTIONS is JSON with
  architecture  llama | qwen3
  dtype         F32 | BF16 | F16 | F64
  files         number of weight files; more than one with an index
  extra         names of tensors to add, copies of the embedding
  config        fields of config.json that are other than here; null removes a field
"""

import json
import os
import random
import sys

import safetensors


def round_to_bfloat16(value):
    """Few enough digits for each of the types."""
    return round(value * 256) / 256 if abs(value) < 0.5 else round(value * 64) / 64


def tensors(config, qwen3):
    generator = random.Random(7)

    def matrix(rows, columns):
        values = [
            round_to_bfloat16(generator.uniform(-0.4, 0.4)) for _ in range(rows * columns)
        ]
        return [rows, columns], values

    def gain(size):
        return [size], [round_to_bfloat16(generator.uniform(0.6, 1.4)) for _ in range(size)]

    width = config["hidden_size"]
    inner = config["intermediate_size"]
    dim = config["head_dim"]
    queries = config["num_attention_heads"] * dim
    keys = config["num_key_value_heads"] * dim
    weights = {"model.embed_tokens.weight": matrix(config["vocab_size"], width)}
    for layer in range(config["num_hidden_layers"]):
        prefix = "model.layers.%d." % layer
        weights[prefix + "self_attn.q_proj.weight"] = matrix(queries, width)
        weights[prefix + "self_attn.k_proj.weight"] = matrix(keys, width)
        weights[prefix + "self_attn.v_proj.weight"] = matrix(keys, width)
        weights[prefix + "self_attn.o_proj.weight"] = matrix(width, queries)
        if qwen3:
            weights[prefix + "self_attn.q_norm.weight"] = gain(dim)
            weights[prefix + "self_attn.k_norm.weight"] = gain(dim)
        weights[prefix + "mlp.gate_proj.weight"] = matrix(inner, width)
        weights[prefix + "mlp.up_proj.weight"] = matrix(inner, width)
        weights[prefix + "mlp.down_proj.weight"] = matrix(width, inner)
        weights[prefix + "input_layernorm.weight"] = gain(width)
        weights[prefix + "post_attention_layernorm.weight"] = gain(width)
    weights["model.norm.weight"] = gain(width)
    if not config["tie_word_embeddings"]:
        weights["lm_head.weight"] = matrix(config["vocab_size"], width)
    return weights


def main(folder, options):
    qwen3 = options["architecture"] == "qwen3"
    config = {
        "architectures": ["Qwen3ForCausalLM" if qwen3 else "LlamaForCausalLM"],
        "model_type": options["architecture"],
        "vocab_size": 13,
        "hidden_size": 24,
        "intermediate_size": 20,
        "num_hidden_layers": 2,
        "num_attention_heads": 6,
        "num_key_value_heads": 2,
        "head_dim": 4,
        "max_position_embeddings": 16,
        "hidden_act": "silu",
        "rms_norm_eps": 1e-5,
        "rope_theta": 500.0,
        "tie_word_embeddings": False,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "transformers_version": "4.51.3",
    }
    config.update(options.get("config", {}))
    weights = tensors(config, qwen3)
    for name in options.get("extra", []):
        weights[name] = weights["model.embed_tokens.weight"]
    os.makedirs(folder, exist_ok=True)
    files = options.get("files", 1)
    if files == 1:
        safetensors.write(os.path.join(folder, "model.safetensors"), weights, options["dtype"])
    else:
        weight_map = {}
        for number in range(files):
            name = "model-%05d-of-%05d.safetensors" % (number + 1, files)
            part = {key: weights[key] for key in list(weights)[number::files]}
            weight_map.update({key: name for key in part})
            safetensors.write(os.path.join(folder, name), part, options["dtype"])
        with open(os.path.join(folder, "model.safetensors.index.json"), "w") as file:
            json.dump({"metadata": {"total_size": 0}, "weight_map": weight_map}, file)
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump({key: value for key, value in config.items() if value is not None}, file)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
