"""What the merged model says in PyTorch: the reference that the served GGUF is held against."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch

from .model import load_model, load_tokenizer

TOP = 5
END_TOKENS = ("<|im_end|>", "<|endoftext|>")  # what llama.cpp ends a generation at, whatever eos_token_id says


@dataclass(frozen=True)
class Step:
    """One greedy token: what it adds to the text, its lead over the second, and the likeliest with their logprobs."""

    text: bytes
    margin: float  # nats
    top: dict[str, float]  # unambiguous texts only
    ends: bool


class Reference:
    def __init__(self, folder: Path):
        self.tokenizer = load_tokenizer(folder)
        self.model = load_model(folder, torch.float32, roomiest(folder)).eval()
        ids = self.tokenizer.convert_tokens_to_ids(list(END_TOKENS))
        self.ends = [i for i in ids if i is not None] or [self.tokenizer.eos_token_id]

    def encode(self, prompt: str) -> list[int]:
        return self.tokenizer(prompt, add_special_tokens=False)["input_ids"]

    def render(self, messages: list[dict], think: bool) -> str:
        return self.tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True, enable_thinking=think
        )

    @torch.no_grad()
    def greedy(self, prompt: str, tokens: int) -> list[Step]:
        """At most `tokens` steps, the last one an end token where the model ended by itself."""
        ids = torch.tensor([self.encode(prompt)], device=self.model.device)
        cache, steps = None, []
        for _ in range(tokens):
            out = self.model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
            cache = out.past_key_values
            logprobs = out.logits[0, -1].float().log_softmax(-1)
            steps.append(self.step(logprobs))
            if steps[-1].ends:
                break
            ids = logprobs.argmax().reshape(1, 1)
        return steps

    def step(self, logprobs: torch.Tensor) -> Step:
        values, ids = (t.tolist() for t in logprobs.topk(TOP))
        texts = [self.text(i).decode("utf-8", "replace") for i in ids]
        top = {t: v for t, v in zip(texts, values, strict=True) if t and "\ufffd" not in t and texts.count(t) == 1}
        return Step(self.text(ids[0]), values[0] - values[1], top, ids[0] in self.ends)

    def text(self, token: int) -> bytes:
        """The bytes of one token; none for a control token, which no runtime shows."""
        if token in self.control:
            return b""
        piece = self.tokenizer.convert_ids_to_tokens(token)
        if token in self.tokenizer.added_tokens_decoder:
            return piece.encode()
        return bytes(BYTE_OF[c] for c in piece if c in BYTE_OF)

    @cached_property
    def control(self) -> set[int]:
        return {i for i, token in self.tokenizer.added_tokens_decoder.items() if token.special}


def byte_alphabet() -> dict[str, int]:
    """GPT-2's printable stand-in for every byte (Radford et al. 2019), inverted."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [b for b in range(256) if b not in printable]
    return {chr(b): b for b in printable} | {chr(256 + n): b for n, b in enumerate(hidden)}


BYTE_OF = byte_alphabet()


def roomiest(folder: Path) -> torch.device:
    """The GPU only if the model fits beside what is there: the serving Ollama uses it too."""
    need = sum(path.stat().st_size for path in folder.glob("*.safetensors")) * 1.2
    if torch.cuda.is_available() and torch.cuda.mem_get_info()[0] > need:
        return torch.device("cuda")
    return torch.device("cpu")


def text_of(steps: list[Step]) -> bytes:
    return b"".join(step.text for step in steps)
