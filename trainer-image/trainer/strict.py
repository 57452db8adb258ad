"""JSON → a tree of frozen dataclasses, strictly: every missing key, unknown key and wrong type is an error with its
field path, and all of them are reported at once.

Names in Python are snake_case, in JSON camelCase. A field's rule, in `metadata["rule"]`, is a function from its value
to what is allowed, or None where the value is. Types may be int, float, str, bool, a Literal, another dataclass, dict,
or any of them `| None`.
"""

import dataclasses
import math
import types
import typing
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
Rule = Callable[[Any], str | None]
_NAMES = {dict: "an object", str: "a string", int: "an integer", float: "a number", bool: "true or false"}


def field(rule: Rule | None = None, **options: Any) -> Any:
    return dataclasses.field(metadata={"rule": rule}, **options)


def above(bound: float) -> Rule:
    return lambda v: None if v > bound else f"must be > {bound}"


def at_least(bound: float) -> Rule:
    return lambda v: None if v >= bound else f"must be >= {bound}"


def within(low: float, high: float) -> Rule:
    return lambda v: None if low <= v < high else f"must be in [{low}, {high})"


def between(low: float, high: float) -> Rule:
    return lambda v: None if low <= v <= high else f"must be in [{low}, {high}]"


def share(value: float) -> str | None:
    """A part of a whole, and not nothing."""
    return None if 0 < value <= 1 else "must be in (0, 1]"


def parse(kind: type[T], value: Any, path: str = "") -> tuple[T | None, list[str]]:
    """The tree, or None and every complaint, each beginning with its field path."""
    if not isinstance(value, dict):
        return None, [f"{path or 'document'}: must be an object, got {describe(value)}"]
    errors, values, names = [], {}, {}
    hints = typing.get_type_hints(kind)
    for f in dataclasses.fields(kind):
        names[camel(f.name)] = f
    errors += [f"{join(path, key)}: unknown key" for key in value if key not in names]
    for key, f in names.items():
        here = join(path, key)
        if key in value:
            values[f.name], found = convert(hints[f.name], value[key], here)
            rule = f.metadata.get("rule")
            if not found and rule and values[f.name] is not None:
                allowed = rule(values[f.name])
                found = [f"{here}: {allowed}, got {describe(values[f.name])}"] if allowed else []
            errors += found
        elif f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING:
            errors.append(f"{here}: missing")
    return (None if errors else kind(**values)), errors


def convert(kind: Any, value: Any, path: str) -> tuple[Any, list[str]]:
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        options = [o for o in typing.get_args(kind) if o is not type(None)]
        return (None, []) if value is None else convert(options[0], value, path)
    if typing.get_origin(kind) is typing.Literal:
        choices = typing.get_args(kind)
        known = isinstance(value, str) and value in choices
        return value, [] if known else [f"{path}: must be one of {', '.join(choices)}, got {describe(value)}"]
    if dataclasses.is_dataclass(kind):
        return parse(kind, value, path)
    plain = typing.get_origin(kind) or kind
    if plain is float and type(value) is int:
        value = float(value)
    if type(value) is not plain or (plain is float and not math.isfinite(value)):
        return None, [f"{path}: must be {_NAMES[plain]}, got {describe(value)}"]
    return value, []


SHORT = 40


def describe(value: Any) -> str:
    """A wrong value, shown where it is short and on one line."""
    if isinstance(value, str) and len(value) <= SHORT and value.isprintable():
        return repr(value)
    return repr(value) if isinstance(value, (int, float, bool, type(None))) else f"a {type(value).__name__}"


def camel(snake: str) -> str:
    head, *rest = snake.split("_")
    return head + "".join(part.capitalize() for part in rest)


def join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
