"""What a model says, in the plainest way: loaded whole, one prompt, one greedy token after the other."""

from pathlib import Path

import torch

from trainer.model import load_model, load_tokenizer


class Alone:
    def __init__(self, folder: Path):
        self.tokenizer = load_tokenizer(folder)
        self.model = load_model(folder, torch.float32, torch.device("cpu")).eval()

    def prompt(self, question: str) -> str:
        turns = [{"role": "user", "content": question}]
        return self.tokenizer.apply_chat_template(
            turns, tokenize=False, add_generation_prompt=True, enable_thinking=False
        )

    @torch.no_grad()
    def says(self, prompt: str, tokens: int) -> str:
        """At most so many tokens, special ones left out."""
        ids = self.tokenizer(prompt, add_special_tokens=False, return_tensors="pt")["input_ids"]
        asked = ids.shape[1]
        while ids.shape[1] < asked + tokens:
            token = self.model(input_ids=ids, use_cache=False).logits[0, -1].argmax()
            ids = torch.cat([ids, token.reshape(1, 1)], dim=1)
            if token == self.tokenizer.eos_token_id:
                break
        return self.tokenizer.decode(ids[0, asked:], skip_special_tokens=True)
