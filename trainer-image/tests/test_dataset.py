"""Bad data is refused with a line number and a reason, and never quoted."""

import json
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from conversations import base_examples, conversation

from trainer import dataset

GOOD = json.dumps(conversation("Hello", None, "Hi.")).encode() + b"\n"
CANARY = "canary-7f3a"


def lines(*values: object) -> bytes:
    return b"".join(v if isinstance(v, bytes) else json.dumps(v).encode() + b"\n" for v in values)


def messages(*items: object) -> dict:
    return {"messages": list(items)}


USER = {"role": "user", "content": CANARY}


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (lines(GOOD, b"{" + CANARY.encode() + b"\n"), "line 2: is not JSON"),
        (lines(GOOD, b"\n", b"[1]\n"), "line 3: must be an object with the key messages"),
        (lines(b"\xff\xfe\n"), "line 1: is not UTF-8"),
        (lines(messages()), "line 1: messages must be a list with at least one message"),
        (lines({"messages": CANARY}), "line 1: messages must be a list with at least one message"),
        (lines(GOOD, GOOD, messages(USER, CANARY)), "line 3: messages[1] must be an object"),
        (
            lines(messages(USER | {"role": CANARY})),
            "line 1: messages[0].role must be one of system, user, assistant, tool",
        ),
        (lines(messages({"role": "user"})), "line 1: messages[0].content must be a string"),
        (lines(messages(USER | {"content": [CANARY]})), "line 1: messages[0].content must be a string"),
        (
            lines(messages(USER | {CANARY: 1})),
            "line 1: messages[0] has a key other than role, content and reasoning_content",
        ),
        (
            lines(messages(USER, {"role": "assistant", "content": "a", "reasoning_content": 1})),
            "line 1: messages[1].reasoning_content must be a string",
        ),
        (
            lines(messages(USER | {"reasoning_content": CANARY})),
            "line 1: messages[0].reasoning_content belongs to assistant messages only",
        ),
        (lines(GOOD, messages(USER) | {"weight": 0}), "line 2: weight must be a number > 0 and <= 1"),
        (lines(messages(USER) | {"weight": 1.01}), "line 1: weight must be a number > 0 and <= 1"),
        (lines(messages(USER) | {"weight": True}), "line 1: weight must be a number > 0 and <= 1"),
        (lines(messages(USER) | {"weight": CANARY}), "line 1: weight must be a number > 0 and <= 1"),
        (lines(messages(USER) | {"weight": float("nan")}), "line 1: weight must be a number > 0 and <= 1"),
        (b"", "line 1: the dataset is empty"),
    ],
)
def test_a_malformed_line_is_named(world, data: bytes, complaint: str) -> None:
    world.dataset(data)
    result = world.train()
    assert (*result.reason, result.message) == (42, "DatasetInvalid", complaint)
    assert CANARY not in result.output + json.dumps(result.termination)


def test_another_checksum_is_refused(world) -> None:
    world.config["dataset"]["sha256"] = "0" * 64
    assert world.train().reason == (42, "DatasetChecksumMismatch")


def test_a_dataset_without_assistant_is_refused(world) -> None:
    world.dataset([messages({"role": "user", "content": "Hello"})] * 3)
    assert world.train().reason == (42, "DatasetHasNoAssistantTurn")


def test_a_missing_dataset_is_refused(world) -> None:
    world.config["dataset"]["uri"] = "file:///nowhere/data.jsonl"
    assert world.train().reason == (42, "DatasetMissing")


def test_a_dataset_in_which_nothing_fits_is_refused(world) -> None:
    world.dataset([conversation("Hello " * 50, None, "Hi.")] * 3)
    result = world.optimize(maxSequenceLength=32).train()
    assert result.reason == (42, "DatasetInvalid")
    assert "3 are longer than 32 tokens" in result.message


@pytest.mark.parametrize("as_text", [True, False])
def test_parquet_holds_the_same_rows(tmp_path: Path, as_text: bool) -> None:
    rows = base_examples()
    values = [json.dumps(row["messages"]) if as_text else row["messages"] for row in rows]
    weights = [None if n % 3 == 0 else 1 / (1 + n) for n in range(len(rows))]
    table = pyarrow.table({"messages": values, "weight": weights})
    pyarrow.parquet.write_table(table, tmp_path / "rows", row_group_size=7)
    found = list(dataset.read(tmp_path / "rows"))
    assert [list(row.messages) for row in found] == [row["messages"] for row in rows]
    assert [row.weight for row in found] == [1.0 if weight is None else weight for weight in weights]


def test_a_parquet_file_cut_short_is_refused(world) -> None:
    world.dataset(b"PAR1" + CANARY.encode(), name="rows.parquet")
    result = world.train()
    assert (*result.reason, result.message) == (42, "DatasetInvalid", "line 1: the Parquet file cannot be read")


def test_about_five_percent_are_held_out_by_their_hash_and_not_by_their_place() -> None:
    rows = [dataset.Row(n, (USER | {"content": f"question {n}"},)) for n in range(1, 101)]
    kept, held = dataset.hold_out(rows)
    assert (len(kept), len(held)) == (95, 5)
    turned = dataset.hold_out(list(reversed(rows)))[1]
    assert {row.digest for row in turned} == {row.digest for row in held}


def test_few_rows_are_all_learnt_from_and_twenty_leave_one() -> None:
    rows = [dataset.Row(n, (USER,)) for n in range(1, 21)]
    assert dataset.hold_out(rows[:19]) == (rows[:19], [])
    assert len(dataset.hold_out(rows)[1]) == 1
