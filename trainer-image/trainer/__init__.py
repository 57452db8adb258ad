"""Trains a LoRA adapter for a Qwen3 model, merges it and exports a GGUF proven equal to it. Start at `train.py`."""

__version__ = "0.1.0"
