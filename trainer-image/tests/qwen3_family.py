"""The Qwen3 dense family as its models' config.json has it, and models of the same proportions that fit a test."""

import json
from pathlib import Path

import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

# name: hidden, intermediate, layers, heads, key-value heads, tied, parameters
SIZES = {
    "0.6B": (1024, 3072, 28, 16, 8, True, 596_049_920),
    "1.7B": (2048, 6144, 28, 16, 8, True, 1_720_574_976),
    "4B": (2560, 9728, 36, 32, 8, True, 4_022_468_096),
    "8B": (4096, 12288, 36, 32, 8, False, 8_190_735_360),
    "14B": (5120, 17408, 40, 40, 8, False, 14_768_307_200),
    "32B": (5120, 25600, 64, 64, 8, False, 32_762_123_264),
}
HEAD, SMALL_HEAD, SMALL_KEY_VALUE_HEADS = 128, 32, 2


def real(name: str) -> Qwen3Config:
    hidden, intermediate, layers, heads, key_value_heads, tied, _ = SIZES[name]
    return config(hidden, intermediate, layers, heads, key_value_heads, tied, HEAD, vocab_size=151_936)


def small(name: str, **changes: object) -> Qwen3Config:
    """With the ratios of the real one: heads to key-value heads, heads' width to hidden, intermediate to hidden."""
    hidden, intermediate, _, heads, key_value_heads, tied, _ = SIZES[name]
    few = heads * SMALL_KEY_VALUE_HEADS // key_value_heads
    narrow = few * SMALL_HEAD * hidden // (heads * HEAD)
    return config(narrow, narrow * intermediate // hidden, 3, few, SMALL_KEY_VALUE_HEADS, tied, SMALL_HEAD, **changes)


def config(
    hidden: int, intermediate: int, layers: int, heads: int, key_value_heads: int, tied: bool, head: int, **more: object
) -> Qwen3Config:
    return Qwen3Config(
        hidden_size=hidden,
        intermediate_size=intermediate,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=key_value_heads,
        tie_word_embeddings=tied,
        head_dim=head,
        max_position_embeddings=40_960,
        rope_parameters={"rope_type": "default", "rope_theta": 1e6},
        **more,
    )


def write_small(name: str, folder: Path, tokenizer_of: Path, seed: int = 1) -> Path:
    """Random weights, spread so widely that the model is as sure of its next token as a trained one; norms too."""
    known = json.loads((tokenizer_of / "config.json").read_text())
    torch.manual_seed(seed)
    described = small(
        name,
        vocab_size=known["vocab_size"],
        eos_token_id=known["eos_token_id"],
        pad_token_id=known["pad_token_id"],
        initializer_range=0.1,
    )
    model = Qwen3ForCausalLM(described)
    for parameter in (p for p in model.parameters() if p.dim() == 1):
        torch.nn.init.normal_(parameter, 1.0, 0.3)
    model.save_pretrained(folder)
    for file in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        (folder / file).write_bytes((tokenizer_of / file).read_bytes())
    return folder
