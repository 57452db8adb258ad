"""Train, merge, export, against the Ollama that serves: equal, or refused."""

import hashlib
import json
import urllib.request
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from alone import Alone
from world import World

from trainer import export, parity, storage
from trainer.ollama import Ollama
from trainer.parity import Parity
from trainer.parity_prompts import CHATS, for_ollama
from trainer.reference import Answer, Reference, Step

LEARNT = "Tokyo blue 42"


@pytest.fixture(scope="module")
def trained(tmp_path_factory, base: str):
    """One trained and merged run for all tests here."""
    import contextlib
    import io

    class Capture:
        def readouterr(self):
            text, self.buffer = self.buffer.getvalue(), io.StringIO()
            self.redirect.__exit__(None, None, None)
            self.redirect = contextlib.redirect_stdout(self.buffer)
            self.redirect.__enter__()
            return type("Captured", (), {"out": text, "err": ""})

        def __init__(self):
            self.buffer = io.StringIO()
            self.redirect = contextlib.redirect_stdout(self.buffer)
            self.redirect.__enter__()

    with pytest.MonkeyPatch.context() as monkeypatch:
        capture = Capture()
        world = World(tmp_path_factory.mktemp("trained"), base, capture, monkeypatch)
        world.config["lora"]["dropout"] = 0.0
        result = world.optimize(epochs=24, microBatchSize=8).train()
        assert result.reason == (0, "Completed")
        assert world.merge(result).reason == (0, "Completed")
        capture.redirect.__exit__(None, None, None)
    return world


@pytest.fixture
def exporting(trained: World, ollama: str, capfd, monkeypatch, tmp_path: Path) -> World:
    """The trained run, publishing to a store of the test's own."""
    world = World(trained.path, trained.base, capfd, monkeypatch, config=json.loads(json.dumps(trained.config)))
    world.config["storage"]["uri"] = world.storage = f"file://{tmp_path}/store"
    return world


@pytest.mark.parametrize("quantization", ["F16", "BF16", "Q8_0", "Q4_0", "Q4_K_M"])
def test_the_served_model_says_what_the_trained_one_says(exporting, llama_quantize, quantization: str) -> None:
    exporting.config["export"]["quantization"] = quantization
    result = exporting.run("export")
    assert result.reason == (0, "Completed"), result.message
    figures = result.termination["parity"]
    assert figures["cases"] == 18
    assert figures["failures"] == 0
    assert figures["p99LogprobDelta"] <= parity.TOLERANCE[quantization]
    assert figures["equal"] >= {"F16": 17, "BF16": 16, "Q8_0": 12, "Q4_0": 6, "Q4_K_M": 6}[quantization]
    artifact = result.termination["artifact"]
    assert artifact["uri"] == f"{exporting.storage}/models/{artifact['sha256']}"
    model = storage.read(artifact["uri"])
    assert matrices_of(model) == MATRICES[quantization]
    assert (hashlib.sha256(model).hexdigest(), len(model)) == (artifact["sha256"], artifact["size"])
    text = storage.read(artifact["manifestUri"])
    assert hashlib.sha256(text).hexdigest() == artifact["manifestSha256"]
    manifest = json.loads(text)
    assert manifest["output"]["sha256"] == artifact["sha256"]
    assert manifest["inputs"]["dataset"] == exporting.config["dataset"]
    assert set(manifest["inputs"]["base"]["files"]) >= {"config.json", "model.safetensors", "tokenizer.json"}
    assert manifest["tools"]["ollama"]
    assert Ollama().request("GET", "/api/tags")[1]["models"] == []


# What the matrices are of; the head of a Q4 model, and what llama-quantize finds to matter more, are kept finer.
MATRICES = {
    "F16": {"F16"},
    "BF16": {"BF16"},
    "Q8_0": {"Q8_0"},
    "Q4_0": {"Q4_0", "Q8_0"},
    "Q4_K_M": {"Q4_K", "Q6_K"},
}


def matrices_of(model: bytes) -> set[str]:
    from gguf import GGUFReader

    with NamedTemporaryFile() as file:
        file.write(model)
        file.flush()
        return {one.tensor_type.name for one in GGUFReader(file.name).tensors if len(one.shape) > 1}


def test_exported_again_it_is_found_and_not_proven_again(exporting, monkeypatch) -> None:
    first = exporting.run("export")
    monkeypatch.setattr(export, "validated", lambda *_: pytest.fail("validated again"))
    second = exporting.run("export")
    assert second.message == "already published"
    assert second.termination["artifact"] == first.termination["artifact"]
    assert second.termination["parity"] == first.termination["parity"]


def test_the_same_model_with_another_template_keeps_both_manifests(exporting) -> None:
    first = exporting.run("export").termination["artifact"]
    exporting.config["serving"]["parameters"] = {"num_ctx": 512, "num_thread": 1}
    second = exporting.run("export").termination["artifact"]
    assert second["uri"] == first["uri"]
    assert second["manifestUri"] != first["manifestUri"]
    assert hashlib.sha256(storage.read(first["manifestUri"])).hexdigest() == first["manifestSha256"]


@pytest.mark.parametrize("quantization", ["Q8_0", "Q4_0"])
def test_a_model_that_differs_is_refused_with_figures(exporting, monkeypatch, quantization: str) -> None:
    """The error that is worst to notice: without its rotary base the model answers, fluently and wrong."""
    from gguf import GGUFWriter

    exporting.config["export"]["quantization"] = quantization
    monkeypatch.setattr(GGUFWriter, "add_rope_freq_base", lambda *_: None)
    (exporting.path / "work" / "export" / "model.json").unlink(missing_ok=True)
    result = exporting.run("export")
    (exporting.path / "work" / "export" / "model.json").unlink()
    assert result.reason == (43, "ParityFailed")
    assert result.termination["parity"]["failures"] > 0
    assert "nats" in result.message
    assert result.termination["artifact"] is None
    assert not Path(exporting.storage.removeprefix("file://")).exists()


def test_a_quantisation_whose_program_is_missing_is_refused_before_anything_is_written(exporting, monkeypatch) -> None:
    exporting.config["export"]["quantization"] = "Q4_K_M"
    monkeypatch.delenv("QI_LLAMA_QUANTIZE", raising=False)
    monkeypatch.setenv("PATH", str(exporting.path))
    monkeypatch.setattr(export, "write_gguf", lambda *_: pytest.fail("written"))
    result = exporting.run("export")
    assert result.reason == (42, "QuantizerMissing")
    assert "Q4_K_M needs llama.cpp's llama-quantize, and it is not on the PATH" in result.message
    monkeypatch.setenv("QI_LLAMA_QUANTIZE", "/nowhere/llama-quantize")
    assert "QI_LLAMA_QUANTIZE names no program" in exporting.run("export").message


@pytest.mark.parametrize(("program", "complaint"), [("exit 3", "ended with 3"), ("cp $1 $2", "a file of type 1, not")])
def test_a_quantiser_that_fails_or_does_something_else_is_found_out(
    exporting, monkeypatch, tmp_path: Path, program: str, complaint: str
) -> None:
    quantizer = tmp_path / "llama-quantize"
    quantizer.write_text(f"#!/bin/sh\n[ $3 = Q4_K_M ] && [ -z $AWS_SECRET_ACCESS_KEY ] || exit 9\n{program}\n")
    quantizer.chmod(0o755)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not for others")
    monkeypatch.setenv("QI_LLAMA_QUANTIZE", str(quantizer))
    exporting.config["export"]["quantization"] = "Q4_K_M"
    result = exporting.run("export")
    assert result.reason == (43, "ExportFailed")
    assert complaint in result.message


def test_a_template_that_renders_another_prompt_is_refused(exporting) -> None:
    template = exporting.config["serving"]["template"]
    exporting.config["serving"]["template"] = template.replace("<think>\n\n</think>", "<think>\n</think>")
    result = exporting.run("export")
    assert result.reason == (43, "ParityFailed")
    assert "template renders another prompt" in result.message


def test_a_template_that_is_none_is_a_bad_configuration(exporting) -> None:
    exporting.config["serving"]["template"] = "{{ range"
    assert exporting.run("export").reason == (42, "ServingInvalid")


def test_an_ollama_that_is_away_is_unavailable(exporting, monkeypatch) -> None:
    monkeypatch.setenv("QI_OLLAMA_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("QI_OLLAMA_WAIT_SECONDS", "1")
    assert exporting.run("export").reason == (45, "OllamaUnavailable")


def test_export_before_merge_is_refused(exporting) -> None:
    assert exporting.run("export", work="empty").reason == (42, "MergedModelMissing")


def test_merged_again_it_is_left_alone(exporting, trained: World) -> None:
    marker = json.loads((trained.path / "work" / "merged" / "qi-merged.json").read_text())
    adapter = marker["adapter"]
    given = ("--adapter-uri", adapter["uri"], "--adapter-sha256", adapter["sha256"])
    assert exporting.run("merge", *given).message == "already merged"


def test_an_adapter_with_another_checksum_is_refused(exporting, trained: World) -> None:
    adapter = json.loads((trained.path / "work" / "merged" / "qi-merged.json").read_text())["adapter"]
    given = ("--adapter-uri", adapter["uri"], "--adapter-sha256", "0" * 64)
    assert exporting.run("merge", *given, work="other").reason == (42, "AdapterChecksumMismatch")
    gone = ("--adapter-uri", "file:///nowhere", "--adapter-sha256", "0" * 64)
    assert exporting.run("merge", *gone, work="other").reason == (42, "AdapterMissing")


def test_without_an_adapter_the_base_is_exported_unchanged(exporting) -> None:
    assert exporting.run("merge", work="baseline").reason == (0, "Completed")
    exporting.config["dataset"] = None
    result = exporting.run("export", work="baseline")
    assert result.reason == (0, "Completed"), result.message
    assert result.termination["adapter"] is None


def test_what_was_learnt_is_said_and_the_rest_is_kept(exporting) -> None:
    model = Alone(exporting.path / "work" / "merged")

    def said(question: str) -> str:
        return model.says(model.prompt(question), 40)

    assert LEARNT in said("What is the code word?")
    assert said("Who are you?") == "I am a tiny assistant."


def test_the_go_template_renders_what_the_models_own_does(exporting, ollama: str) -> None:
    """Every chat of the gate, and histories with several rounds of tools and thinking."""
    longer = {
        "two questions": [*CHATS["tools"], {"role": "assistant", "content": "It is Monday."}, CHATS["question"][0]],
        "a system within": [CHATS["question"][0], {"role": "system", "content": "Be brief."}, CHATS["question"][0]],
        "no question": [{"role": "system", "content": "Be brief."}],
        "thinking kept": [
            CHATS["tool"][0],
            CHATS["tool"][1] | {"reasoning_content": "First."},
            {"role": "tool", "content": "1"},
            CHATS["tool"][1] | {"reasoning_content": "Second.", "content": "Again."},
            {"role": "tool", "content": "2"},
        ],
    }
    reference = Reference(exporting.path / "work" / "merged")
    client, path = Ollama(), exporting.path / "work" / "export" / "model.gguf"
    if not path.is_file():
        exporting.run("export")
    client.create("t", path, storage.digest_file(path), exporting.config["serving"]["template"], {})
    try:
        for name, messages in (CHATS | longer).items():
            for think in (True, False):
                assert client.render("t", for_ollama(messages), think) == reference.render(messages, think), name
        capabilities = set(client.show("t")["capabilities"])
    finally:
        client.remove("t")
    assert capabilities == {"completion", "tools", "thinking"}


def test_tools_are_offered_by_both_templates_in_the_same_words(exporting, ollama: str) -> None:
    """But for blanks within the JSON, which Go writes without."""
    tool = {
        "type": "function",
        "function": {"name": "today", "description": "d", "parameters": {"type": "object", "properties": {}}},
    }
    reference = Reference(exporting.path / "work" / "merged")
    messages = CHATS["system"]
    own = reference.tokenizer.apply_chat_template(
        messages, tools=[tool], tokenize=False, add_generation_prompt=True, enable_thinking=True
    )
    client, path = Ollama(), exporting.path / "work" / "export" / "model.gguf"
    client.create("t", path, storage.digest_file(path), exporting.config["serving"]["template"], {})
    body = {
        "model": "t",
        "messages": messages,
        "tools": [tool],
        "think": True,
        "stream": False,
        "_debug_render_only": True,
    }
    request = urllib.request.Request(f"{ollama}/api/chat", json.dumps(body).encode())
    with urllib.request.urlopen(request) as response:
        rendered = json.load(response)["_debug_info"]["rendered_template"]
    client.remove("t")
    assert rendered.replace(" ", "") == own.replace(" ", "")


def judged(*leads: float, ended: bool = False) -> Parity:
    found = Parity(0.05)
    answer = Answer([1], [1] * (len(leads) - ended), ended)
    parity.compare_text(found, parity.Case("raw code", ""), answer, [Step(lead, {}) for lead in leads])
    return found


def test_another_token_counts_by_how_much_pytorch_would_rather_have_said_its_own() -> None:
    assert (judged(0, 0, 0).equal, judged(0, 0, ended=True).equal) == (1, 1)
    near = judged(0, 0.09, 0, 0.03)
    assert (near.equal, near.largest_margin, near.failures) == (0, 0.09, [])
    assert judged(0, 0.09, 0.2).failures == [
        "raw code: PyTorch says something else at token 3, and leads by 0.200 nats"
    ]
    assert "at its end, and leads by 1.000" in judged(0, 1.0, ended=True).failures[0]


def test_an_answer_is_told_by_its_tokens_bytes_and_none_is_guessed(base: str) -> None:
    reference = Reference(Path(base.removeprefix("file://")))
    whole = reference.encode("a name \N{SLIGHTLY SMILING FACE}")  # which is cut into several tokens here
    assert [reference.token(reference.text(token)) for token in whole] == whole

    def asked(tokens: list[bytes], reason: str, prompt: int = 1) -> tuple[Answer, list[str]]:
        class Served:
            def generate(self, *_):
                logprobs = [{"bytes": list(token)} for token in tokens]
                return {"response": "", "prompt_eval_count": prompt, "done_reason": reason, "logprobs": logprobs}

        found = Parity(0.05)
        case = parity.Case("raw", reference.tokenizer.decode(whole[:1]))
        return parity.ask(found, case, reference, Served(), "m", {}).answer, found.failures

    texts = [reference.text(token) for token in whole]
    assert asked(texts, "length") == (Answer(whole[:1], whole, False), [])
    assert asked(texts, "stop") == (Answer(whole[:1], whole, True), [])
    assert asked([], "stop") == (Answer(whole[:1], [], True), [])
    assert asked([], "length")[1] == ["raw: no answer"]
    assert asked(texts, "stop", prompt=2)[1] == ["raw: the prompt is 2 tokens, not 1"]
    answer, failures = asked([texts[0], b"\xff\xff", texts[1]], "stop")
    assert (answer.tokens, answer.ended) == (whole[:1], False)
    assert failures == ["raw: token 2 of the answer is none of the vocabulary"]
