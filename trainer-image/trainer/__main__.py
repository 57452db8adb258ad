"""`python -m trainer augment|rehearse|train|evaluate|merge|export|tiny-model`: parses the command, runs one step, and
turns its end into an exit code and a termination message."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from . import config as configuration
from . import launch, progress_channels
from .errors import ExitCode, Stopped, chain, classify, invalid, name
from .events import Outcome, emit, silence_libraries
from .stop import StopSignal


class Parser(argparse.ArgumentParser):
    """A wrong command line is a wrong configuration, with the same exit code and a termination message."""

    def error(self, message: str) -> NoReturn:
        raise invalid("ConfigInvalid", f"command line: {message}")


def arguments() -> argparse.ArgumentParser:
    parser = Parser(prog="trainer")
    commands = parser.add_subparsers(dest="command", required=True)
    for command in ("augment", "rehearse", "train", "evaluate", "merge", "export"):
        sub = commands.add_parser(command)
        sub.add_argument("--config", type=Path, default=Path("/etc/qi-learning/run.json"))
        sub.add_argument("--attempt", help="JSON: number, learningRate, microBatchSize, checkpointKey")
        sub.add_argument("--work", type=Path, default=Path("/work"))
        if command in ("evaluate", "merge"):
            sub.add_argument("--adapter-uri")
            sub.add_argument("--adapter-sha256")
    tiny = commands.add_parser("tiny-model")
    tiny.add_argument("--examples", type=Path, required=True)
    tiny.add_argument("--output", required=True, help="s3:// or file:// URI of a folder")
    tiny.add_argument("--steps", type=int, default=150)
    tiny.add_argument("--seed", type=int, default=7)
    tiny.add_argument("--work", type=Path, default=Path("/work"))
    return parser


def run(options: argparse.Namespace, outcome: Outcome, stop: StopSignal) -> int | None:
    """None, or the exit code where other processes did the work and have left the termination message.

    torch takes seconds to import: a bad configuration is told before that.
    """
    if options.command == "tiny-model":
        from .tiny_model import tiny_model

        return tiny_model(options.examples, options.output, options.steps, options.seed, options.work, outcome)
    config, attempt = configuration.load(options.config, options.attempt)
    outcome.note(attempt=attempt.number)
    options.work.mkdir(parents=True, exist_ok=True)
    if options.command == "augment":
        from .augment import augment

        return augment(config, options.work, outcome)
    if options.command == "rehearse":
        from .rehearsal.step import rehearse

        return rehearse(config, options.work, outcome)
    if options.command == "train":
        if config.dataset and (where := launch.place()).world > 1:
            return launch.launch(options.given, where, stop)
        from .train import train

        with progress_channels.opened():
            return train(config, attempt, options.work, outcome, stop)
    if options.command == "evaluate":
        if launch.place().machine > 0:
            outcome.note(message="the first of the pods that trained together evaluates")
            return None
        from .evaluation.step import evaluate
        from .merge import adapter_from

        return evaluate(config, adapter_from(options.adapter_uri, options.adapter_sha256), options.work, outcome)
    if options.command == "merge":
        from .merge import adapter_from, merge

        return merge(config, adapter_from(options.adapter_uri, options.adapter_sha256), options.work, outcome)
    from .export import export

    return export(config, options.work, outcome)


def supervised(step: Callable[[Outcome, StopSignal], int | None]) -> int:
    outcome = Outcome()
    try:
        stop = StopSignal().install()
        code = step(outcome, stop)
    except Stopped as stopped:
        outcome.close("Checkpointed", stopped.reason, stopped.message, stopped.code)
        return stopped.code
    except BaseException as error:  # noqa: BLE001 this is the one place where every end becomes an exit code
        failure = classify(error)
        emit("error", level="error", reason=failure.reason, exceptions=[name(e) for e in chain(error)])
        outcome.close("Failed", failure.reason, failure.message, failure.code)
        return failure.code
    if code is not None:
        return code
    outcome.close("Succeeded", "Completed", outcome.body["message"], ExitCode.SUCCEEDED)
    return ExitCode.SUCCEEDED


def main(arguments_given: Sequence[str] | None = None) -> int:
    silence_libraries()
    given = list(sys.argv[1:] if arguments_given is None else arguments_given)

    def step(outcome: Outcome, stop: StopSignal) -> int | None:
        return run(arguments().parse_args(given, argparse.Namespace(given=given)), outcome, stop)

    return supervised(step)


if __name__ == "__main__":
    sys.exit(main())
