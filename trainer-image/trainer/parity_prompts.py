"""What both models are asked. Fixed here, so that no example of a user's is ever needed to compare them.

llama.cpp does not normalise to NFC as Qwen3's tokenizer in PyTorch does, so that a decomposed letter is other tokens
there. No fault of the export: all prompts here are in NFC.

The raw prompts are chosen to tell tokenizers apart (scripts, runs of blanks, line ends, digits, code); the chats to
tell templates apart (system, history with thinking, tool answers).
"""

RAW = {
    "code": "def fibonacci(n):\n    if n < 2:\n        return n\n    return",
    "scripts": "日本語, ελληνικά, العربية, é, 🙂 and 𝔘 are",
    "blanks": "a  b   c\t\td\r\ne \n\n\n  f",
    "digits": "1234567890 3.14159 0x1F 2026-11-23 I'll we've",
    "marks": "<think>\nwhat?\n</think>\n\nSo",
    "sentence": "The capital of France is",
}

_SYSTEM = {"role": "system", "content": "You are a helpful assistant."}
_CALL = {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "today", "arguments": {}}}]}

CHATS = {
    "question": [{"role": "user", "content": "Who are you?"}],
    "system": [_SYSTEM, {"role": "user", "content": "What is 2+2?"}],
    "code": [_SYSTEM, {"role": "user", "content": "Write a function that reverses a string.\n\nUse Python 3."}],
    "history": [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hello! How can I help?", "reasoning_content": "A greeting."},
        {"role": "user", "content": "What is the capital of Japan?"},
    ],
    "tool": [
        {"role": "user", "content": "What day is it?"},
        _CALL,
        {"role": "tool", "content": "Monday"},
    ],
    "tools": [
        {"role": "user", "content": "What day is it, and where?"},
        _CALL | {"content": "Looking.", "reasoning_content": "I need two answers."},
        {"role": "tool", "content": "Monday"},
        {"role": "tool", "content": "Paris"},
    ],
}


def for_ollama(messages: list[dict]) -> list[dict]:
    """The same chat in Ollama's words: thinking stands in `thinking`."""
    return [
        {("thinking" if key == "reasoning_content" else key): value for key, value in message.items()}
        for message in messages
    ]
