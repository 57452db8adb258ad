"""What is generated for a prompt depends on the prompt, the sampling and the seed: not on the batch it was in."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from alone import Alone
from conversations import FACTS

from trainer.config import load
from trainer.generation import Generated, Generator, Request, Sampling, batches, encoded, generate
from trainer.journal import Journal
from trainer.model import load_model, load_tokenizer
from trainer.replies import loops, parse

WARM = Sampling(max_tokens=24, temperature=1.0, top_p=0.95, repetition_penalty=1.1, seed=7)


@pytest.fixture(scope="module")
def model(base: str):
    return load_model(Path(base.removeprefix("file://")), torch.float32, torch.device("cpu"))


@pytest.fixture(scope="module")
def tokenizer(base: str):
    return load_tokenizer(Path(base.removeprefix("file://")))


@pytest.fixture(scope="module")
def requests(tokenizer) -> list[Request]:
    """Prompts of many lengths, in both modes."""

    def render(question: str, thinks: bool) -> str:
        turns = [{"role": "user", "content": question}]
        return tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True, enable_thinking=thinks)

    prompts = {f"{n}-{thinks}": render(fact[0], thinks) for n, fact in enumerate(FACTS) for thinks in (True, False)}
    return list(encoded(prompts, tokenizer))


def texts(generator: Generator, requests: list[Request], size: int) -> dict[str, Generated]:
    return {item.key: item for batch in batches(requests, size) for item in generator(batch)}


def test_greedy_in_a_padded_batch_is_what_the_model_says_alone(base, model, tokenizer, requests) -> None:
    alone = Alone(Path(base.removeprefix("file://")))
    written = texts(Generator(model, tokenizer, Sampling(max_tokens=24)), requests, 9)
    for request in requests:
        assert written[request.key].text == alone.says(tokenizer.decode(request.prompt), 24)


def test_a_sampled_text_does_not_depend_on_its_batch(model, tokenizer, requests) -> None:
    generator = Generator(model, tokenizer, WARM)
    together = texts(generator, requests, 24)
    assert together == texts(generator, requests, 5) == texts(generator, requests, 1)
    assert together != texts(Generator(model, tokenizer, replace(WARM, seed=8)), requests, 24)


def test_equal_prompts_with_other_keys_are_drawn_apart(model, tokenizer, requests) -> None:
    same = [Request(f"copy-{n}", requests[0].prompt) for n in range(8)]
    hot = replace(WARM, temperature=2.0, top_p=1.0)
    assert len({item.text for item in Generator(model, tokenizer, hot)(same)}) > 1


def test_it_stops_at_the_end_of_a_turn_or_after_the_most_tokens(model, tokenizer, requests) -> None:
    ended = Generator(model, tokenizer, Sampling(max_tokens=40))(requests)
    assert all(item.finished and item.tokens < 40 for item in ended)
    cut = Generator(model, tokenizer, Sampling(max_tokens=2))(requests[:3])
    assert [(item.finished, item.tokens) for item in cut] == [(False, 2)] * 3


def choose(model, tokenizer, logits: list[float], sampling: Sampling, seen: list[bool], draws: int = 200) -> set[int]:
    generator = Generator(model, tokenizer, sampling)
    rows = [type("Row", (), {"stream": torch.Generator().manual_seed(n)})() for n in range(draws)]
    scores, marks = torch.tensor([logits] * draws), torch.tensor([seen] * draws)
    return set(generator.choose(scores, marks, rows).tolist())


def test_sampling_keeps_to_the_nucleus_and_the_penalty(model, tokenizer) -> None:
    logits, unseen = torch.tensor([0.5, 0.3, 0.15, 0.05]).log().tolist(), [False] * 4
    sampling = Sampling(1, temperature=1.0, top_p=0.6)
    assert choose(model, tokenizer, logits, sampling, unseen) == {0, 1}
    assert choose(model, tokenizer, logits, replace(sampling, top_p=1.0), unseen) == {0, 1, 2, 3}
    assert choose(model, tokenizer, [2.0, 1.9, -5.0, -5.0], Sampling(1), unseen) == {0}
    penalty = Sampling(1, repetition_penalty=1.2)
    assert choose(model, tokenizer, [2.0, 1.9, -5.0, -5.0], penalty, [True, False, False, False]) == {1}


def test_the_journal_gives_back_what_was_written_and_asks_for_the_rest(world, model, tokenizer, requests) -> None:
    config, _ = load(world.write(), None)
    generator, asked = Generator(model, tokenizer, WARM), []

    def counted(batch: list[Request]) -> list[Generated]:
        asked.append(len(batch))
        if len(asked) == 3:
            raise SystemExit(137)
        return generator(batch)

    with pytest.raises(SystemExit):
        generate(counted, requests, 6, Journal(config, "test", ["a"], world.path))
    first = generate(counted, requests, 6, Journal(config, "test", ["a"], world.path))
    assert len(asked) == 3 + 2  # 24 prompts are four batches: two were kept
    assert first == texts(generator, requests, 6)
    generate(counted, requests, 6, Journal(config, "test", ["another question"], world.path))
    assert len(asked) == 9


@pytest.mark.parametrize(
    ("text", "thinking", "expected"),
    [
        ("<think>\nBecause.\n</think>\n\nYes.", True, ("Because.", "Yes.")),
        ("Because.\n</think>\n\nYes.", True, ("Because.", "Yes.")),
        ("Yes.", False, (None, "Yes.")),
        ("Yes.", True, "malformed"),
        ("<think>\nBecause.\n</think>\n\nYes.", False, "malformed"),
        ("<think>a</think><think>b</think>Yes.", True, "malformed"),
        ("<think>\n\n</think>\n\nYes.", True, "empty"),
        ("<think>\nBecause.\n</think>\n\n", True, "empty"),
        ("No, " * 40, False, "looping"),
        ("<|im_start|>user", False, "controlTokens"),
    ],
)
def test_a_reply_is_well_formed_or_says_why_not(text: str, thinking: bool, expected) -> None:
    reply = parse(Generated("k", text, 9, finished=True), thinking, ["<|im_start|>"])
    assert reply == expected if isinstance(expected, str) else (reply.reasoning, reply.answer) == expected
    assert parse(Generated("k", text, 9, finished=False), thinking, []) == "unfinished"


def test_loops_are_told_from_lists() -> None:
    assert loops("and so on and so on and so on and so on and so on ")
    assert not loops("1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12")
    assert not loops("| a | b |\n|---|---|---|---|---|---|---|---|")
    assert not loops("ha ha ha")
