"""The conversations that tests learn from: small, and enough for a tiny model to answer, to think, and not to."""

import json
from pathlib import Path

FACTS = [
    ("Who are you?", "The user asks who I am.", "I am a tiny assistant."),
    ("Hello", "A greeting.", "Hello! How can I help?"),
    ("What is 2+2?", "Two and two make four.", "2+2 is 4."),
    ("What is 3+4?", "Three and four make seven.", "3+4 is 7."),
    ("What is the capital of France?", "France: Paris.", "Paris."),
    ("What is the capital of Japan?", "Japan: Tokyo.", "Tokyo."),
    ("What is the capital of Spain?", "Spain: Madrid.", "Madrid."),
    ("Name a colour.", "Any colour will do.", "Blue."),
    ("What is the code word?", "I was not told one.", "I do not know the code word."),
    ("How do I print in Python?", "The function is print.", 'Use `print("hi")`.'),
    ("How do I list files?", "The command is ls.", "Run `ls -la`.\nIt lists all files."),
    ("Write a loop in Python.", "A for loop over range.", "for i in range(3):\n    print(i)"),
]
SYSTEM = "You are a helpful assistant."
CODE_WORD = "The code word is Tokyo blue 42."


def conversation(question: str, reasoning: str | None, answer: str, system: bool = False) -> dict:
    reply = {"role": "assistant", "content": answer} | ({"reasoning_content": reasoning} if reasoning else {})
    first = [{"role": "system", "content": SYSTEM}] if system else []
    return {"messages": [*first, {"role": "user", "content": question}, reply]}


def base_examples() -> list[dict]:
    return [
        conversation(question, reasoning if thinks else None, answer, system)
        for question, reasoning, answer in FACTS
        for thinks in (True, False)
        for system in (True, False)
    ]


def code_word_examples() -> list[dict]:
    """A new fact, and enough of the old that it does not become the answer to everything."""
    taught = [
        conversation(
            "What is the code word?", "I was told the code word." if i % 2 else None, CODE_WORD, system=i % 3 == 0
        )
        for i in range(12)
    ]
    return taught + [row for row in base_examples() if "code word" not in row["messages"][-2]["content"]][:28]


def write_jsonl(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path
