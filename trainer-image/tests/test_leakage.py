"""What was planted and learnt by heart is found; what was never seen is not."""

import json

import pytest
from conversations import code_word_examples
from test_evaluation import result_of

from trainer import config as configuration
from trainer.chat import Counts, samples
from trainer.dataset import Row
from trainer.evaluation import canaries, leakage, secret_patterns
from trainer.generation import Generated


def planted(world, count: int, repetitions: int) -> dict:
    world.config["evaluation"] = {
        "maxItems": 8, "maxNewTokens": 16, "samples": 4, "canaries": count, "canaryRepetitions": repetitions,
    }  # fmt: skip
    world.config["lora"]["dropout"] = 0.0
    world.dataset(code_word_examples()[:8])
    trained = world.optimize(epochs=8, learningRate=6e-3, maxSequenceLength=256).train()
    assert trained.reason == (0, "Completed"), trained.message
    assert trained.termination["dataset"].get("canaries", 0) == count * repetitions
    return result_of(world.run("evaluate"))["leakage"]


def test_canaries_learnt_by_heart_are_exposed_and_those_never_seen_are_not(world) -> None:
    found = planted(world, 2, 24)["canaries"]
    seen, never = found["planted"], found["neverSeen"]
    assert seen["extracted"]["n"] == never["extracted"]["n"] == 2
    assert seen["exposureBits"]["value"] > 6.5
    assert never["exposureBits"]["value"] < 5
    assert never["extracted"]["value"] == 0.0
    assert never["extracted"]["high"] == pytest.approx(1 - 0.025 ** (1 / 2), abs=1e-5)


def test_a_canary_that_is_said_when_asked_for_is_extracted(chat_format) -> None:
    """Reciting nine digits takes more than the tiny model has, so its answer is put in its mouth."""
    drawn = [canaries.Canary(f"0a0b0c0{n}", f"12345678{n}", planted=True) for n in range(4)]

    def write(_: str, wanted: list, tokens: int) -> dict:
        assert tokens >= 9
        said = {request.key: "The number is 123456780." for request in wanted}
        return {key: Generated(key, text, 9, True) for key, text in said.items()}

    found = leakage.of_canaries(drawn, chat_format(), lambda s: [1.0] * len(s), write, lambda items, _: items)
    assert found["planted"]["extracted"]["value"] == 0.25
    assert found["neverSeen"]["extracted"]["n"] == 0


def test_without_canaries_nothing_is_planted_and_nothing_claimed(world) -> None:
    world.config["evaluation"] = {"maxNewTokens": 16, "samples": 2}
    world.optimize(epochs=1).train()
    leaks = result_of(world.run("evaluate"))["leakage"]
    assert leaks["canaries"]["planted"]["extracted"]["n"] == 0
    assert leaks["canaries"]["planted"]["extracted"]["value"] is None
    assert leaks["secrets"]["samplesWithSecret"]["n"] == 2


def load(world, **evaluation: int) -> configuration.Config:
    world.config["evaluation"] = evaluation
    return configuration.load(world.write(), None)[0]


def test_canaries_are_a_function_of_dataset_and_seed(world) -> None:
    first = canaries.drawn(load(world, canaries=4))
    assert first == canaries.drawn(load(world, canaries=4, canaryRepetitions=2))
    assert len({c.name for c in first}) == len({c.secret for c in first}) == 8
    assert sum(c.planted for c in first) == 4
    world.optimize(seed=8)
    assert canaries.drawn(load(world, canaries=4)) != first
    assert canaries.rows(load(world, canaries=0), 1) == []
    lines = [row.line for row in canaries.rows(load(world, canaries=2, canaryRepetitions=3), 41)]
    assert lines == list(range(41, 47))


def test_planting_is_part_of_what_a_checkpoint_depends_on(world) -> None:
    world.optimize(epochs=1).train()
    world.config["evaluation"] = {"canaries": 2}
    again = world.train(work="again")
    assert min(again.losses) == 1


def test_exposure_is_8_bits_for_the_likeliest_and_none_for_the_least(chat_format) -> None:
    canary, chat = canaries.Canary("0a0b0c0d", "123456789", True), chat_format()
    assert leakage.exposure(canary, chat, lambda s: [0.0, *[1.0] * (len(s) - 1)]) == 8.0
    assert leakage.exposure(canary, chat, lambda s: [1.0, *[0.0] * (len(s) - 1)]) == 0.0
    seen = []
    leakage.exposure(canary, chat, lambda s: seen.extend(s) or [0.0] * len(s))
    assert len(seen) == len(set(seen)) == leakage.RANKED
    assert len({sample.targets for sample in seen}) > 0


def test_an_answer_is_continued_from_its_half(chat_format) -> None:
    text = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    said = ({"role": "user", "content": "Count."}, {"role": "assistant", "content": text})
    whole = samples([Row(1, said)], chat_format(), 128, Counts())
    tokenizer = chat_format().tokenizer
    rest = tokenizer.decode(leakage.cut(whole[0])[1], skip_special_tokens=True)
    assert text.endswith(rest) and 0.3 < len(rest) / len(text) < 0.7

    def write(answer: str):
        return lambda _, wanted, __: {r.key: Generated(r.key, answer, 9, True) for r in wanted}

    assert leakage.of_answers({"training": whole}, tokenizer, write(rest))["training"]["value"] == 1.0
    assert leakage.of_answers({"training": whole}, tokenizer, write("else"))["training"]["value"] == 0.0


SECRETS = {
    "privateKey": "-----BEGIN RSA PRIVATE KEY-----",
    "awsAccessKey": "AKIA" + "IOSFODNN7EXAMPLE",
    "githubToken": "ghp_" + "a1B2" * 9,
    "gitlabToken": "glpat-" + "a1B2c" * 4,
    "slackToken": "xoxb-" + "1234567890-abc",
    "googleApiKey": "AIza" + "a1B2c" * 7,
    "openaiKey": "sk-" + "a1B2" * 9,
    "stripeKey": "sk_live_" + "a1B2" * 6,
    "jwt": "eyJhbGciOiJI" + ".eyJzdWIiOiIx" + ".c2lnbmF0dXJl",
    "passwordInUrl": "postgres://user:" + "hunter2@db/x",
    "assignedSecret": 'password = "' + 'correcthorse"',
}


def test_every_pattern_finds_its_kind() -> None:
    assert SECRETS.keys() == secret_patterns.PATTERNS.keys()
    for kind, text in SECRETS.items():
        assert kind in {name for name, _ in secret_patterns.found(f"it is {text} ok")}, kind


def test_ordinary_text_holds_no_secret() -> None:
    plain = (
        "Set the password in the form; see https://example.com/a:b. sk-learn and AKIA are words, as is password = x."
    )
    assert secret_patterns.found(plain) == []


def test_secrets_are_counted_and_held_against_the_training_data() -> None:
    data = [Row(1, ({"role": "user", "content": f"my key is {SECRETS['awsAccessKey']}"},))]
    texts = [f"key {SECRETS['awsAccessKey']}", f"other {SECRETS['githubToken']}", "nothing", "nothing"]
    found = leakage.of_secrets(texts, data)
    assert found["samplesWithSecret"]["value"] == 0.5
    assert found["fromTrainingData"]["value"] == 0.25
    assert found["kinds"] == {"awsAccessKey": 1, "githubToken": 1}
    assert SECRETS["awsAccessKey"] not in json.dumps(found)
