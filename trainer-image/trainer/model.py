"""Loads models and tokenizers from a local folder, with or without LoRA layers."""

from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from .config import Lora
from .errors import TrainerError, classify, invalid, name


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def load_model(folder: Path, dtype: torch.dtype, where: torch.device, attention: str = "sdpa") -> Any:
    """A Qwen3ForCausalLM. Raises 42 BaseModelInvalid when its files contradict each other."""
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, attn_implementation=attention, local_files_only=True
        )
    except (ValueError, KeyError, TypeError, OSError, RuntimeError) as error:
        if classify(error).reason != "InternalError":
            raise
        raise unusable(error) from None
    return model.to(where)


def load_tokenizer(folder: Path) -> Any:
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise unusable(error) from None
    if tokenizer.eos_token_id is None or not tokenizer.chat_template:
        raise invalid("BaseModelInvalid", "the tokenizer has no end-of-turn token or no chat template")
    return tokenizer


def unusable(error: Exception) -> TrainerError:
    return invalid("BaseModelInvalid", f"the model's files do not load together ({name(error)})")


def add_lora(model: Any, lora: Lora) -> Any:
    """LoRA (arXiv 2106.09685) on every linear layer except the output head, the adapter in fp32 whatever the base."""
    return get_peft_model(
        model,
        LoraConfig(
            r=lora.rank,
            lora_alpha=lora.alpha,
            lora_dropout=lora.dropout,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        ),
    )
