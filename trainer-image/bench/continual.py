"""Five tasks one after the other on the tiny model: what is kept, with and without rehearsal and gradient mask.

    python bench/continual.py [--seeds 7 8 9] [--arms plain mask rehearsal both] [--ratio 1] [--plot continual.svg]

Every arm goes through the real steps, `rehearse` and `train`, with a store of its own. As in a cluster each run starts
from the base model: what it does not rehearse it cannot know from earlier runs. After each run its model is asked, in
both modes, about things that the training did not show: of every task, and of a kind that is never taught, which it
should answer as the base model does. The order of the tasks changes with the seed.

BWT is the mean change of a task's accuracy from when it was learnt to the end (Lopez-Paz & Ranzato 2017, arXiv
1706.08840): 0 is nothing forgotten, -1 is all.
"""

import argparse
import contextlib
import hashlib
import io
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).parents[1]))

import skills
from continual_plot import plot
from conversations import write_jsonl
from world import run_json

from trainer.__main__ import main

TASKS = 5
BASE_STEPS = 500
GMT, SSR = {"method": "GMT", "keep": 0.7}, {"method": "SSR", "instances": 24}
ARMS = {
    "plain": {},
    "mask": {"gradientMask": GMT},
    "rehearsal": {"rehearsal": SSR},
    "both": {"rehearsal": SSR, "gradientMask": GMT},
}


@dataclass
class Course:
    """One arm with one seed."""

    accuracy: list[list[float]]  # [after run][task, in the order of learning]
    untaught: list[float]  # after each run
    thinking: list[float]
    seconds: float

    @property
    def average(self) -> float:
        return statistics.mean(self.accuracy[-1])

    @property
    def bwt(self) -> float:
        return statistics.mean(self.accuracy[-1][t] - self.accuracy[t][t] for t in range(TASKS - 1))

    def so_far(self, run: int) -> float:
        """Mean accuracy on the tasks learnt up to that run."""
        return statistics.mean(self.accuracy[run][: run + 1])


def step(work: Path, arguments: list[str]) -> dict:
    """The termination message of one subcommand, in this process."""
    os.environ["QI_TERMINATION_LOG"] = str(work / "termination.json")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = main(arguments)
    if code != 0:
        sys.exit(f"{arguments[0]} ended with {code}: {said.getvalue().splitlines()[-1]}")
    return json.loads((work / "termination.json").read_text())


def base_model(work: Path, steps: int) -> str:
    examples = write_jsonl(work / "examples.jsonl", skills.base_examples(TASKS))
    where = ["--examples", str(examples), "--output", f"file://{work}/base", "--work", str(work / "base-work")]
    step(work, ["tiny-model", "--steps", str(steps), *where])
    return f"file://{work}/base"


def course(base: str, arm: str, seed: int, ratio: float, work: Path) -> Course:
    work.mkdir()
    began, order = time.monotonic(), random.Random(seed).sample(range(TASKS), TASKS)  # noqa: S311 chance, not secrets
    result = Course([], [], [], 0.0)
    for run, kind in enumerate(order):
        config = run_json(f"file://{work}/store", base) | ARMS[arm]
        config["run"]["uid"] = f"run-{run}"
        config |= {"rehearsal": config["rehearsal"] | {"ratio": ratio}} if "rehearsal" in config else {}
        config["lora"] = {"rank": 16, "alpha": 32, "dropout": 0.0, "targets": "AllLinear"}
        config["optimization"] |= {"epochs": 10, "microBatchSize": 4, "maxSequenceLength": 192, "seed": seed}
        data = write_jsonl(work / f"task-{run}.jsonl", skills.task(kind))
        config["dataset"] = {"uri": f"file://{data}", "sha256": hashlib.sha256(data.read_bytes()).hexdigest()}
        (work / "run.json").write_text(json.dumps(config))
        given = ["--config", str(work / "run.json"), "--work", str(work / f"run-{run}")]
        step(work, ["rehearse", *given])
        adapter = step(work, ["train", *given])["adapter"]["uri"]
        scores = skills.Examiner(base, adapter).scores([*order, skills.NEVER_TAUGHT])
        result.accuracy.append([scores[kind].correct for kind in order])
        result.untaught.append(scores[skills.NEVER_TAUGHT].correct)
        result.thinking.append(statistics.mean(score.thinking for score in scores.values()))
    result.seconds = time.monotonic() - began
    return result


def spread(values: Iterable[float]) -> str:
    """Mean and standard deviation over the seeds, in per cent."""
    values = [100 * value for value in values]
    deviation = f" ± {statistics.stdev(values):.0f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.0f}{deviation}"


def table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def summary(courses: dict[str, list[Course]]) -> str:
    columns: dict[str, Callable[[Course], float]] = {
        "accuracy on all five": lambda c: c.average,
        "BWT": lambda c: c.bwt,
        "kind never taught": lambda c: c.untaught[-1],
        "thinking well-formed": lambda c: c.thinking[-1],
    }
    rows = [
        [
            arm,
            *(spread(figure(c) for c in found) for figure in columns.values()),
            f"{statistics.mean(c.seconds for c in found):.0f}",
        ]
        for arm, found in courses.items()
    ]
    return table(["after the fifth run, %", *columns, "seconds"], rows)


def matrix(found: list[Course]) -> str:
    rows = [
        [f"run {run + 1}", *(spread(c.accuracy[run][task] for c in found) for task in range(TASKS))]
        for run in range(TASKS)
    ]
    return table(["after, %", *(f"task {task + 1}" for task in range(TASKS))], rows)


def experiment() -> None:
    parser = argparse.ArgumentParser(description="Continual learning on the tiny model, with and without the methods.")
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 8, 9])
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    parser.add_argument("--ratio", type=float, default=1.0, help="rehearsal samples per sample of a task")
    parser.add_argument("--base-steps", type=int, default=BASE_STEPS)
    parser.add_argument("--plot", type=Path, help="an SVG file to write")
    options = parser.parse_args()
    courses: dict[str, list[Course]] = {arm: [] for arm in options.arms}
    with tempfile.TemporaryDirectory() as folder:
        base = base_model(Path(folder), options.base_steps)
        for seed in options.seeds:
            for arm in options.arms:
                courses[arm].append(course(base, arm, seed, options.ratio, Path(folder) / f"{arm}-{seed}"))
                done = courses[arm][-1]
                print(f"{arm} {seed}: {done.average:.2f}, BWT {done.bwt:.2f}, {done.seconds:.0f} s", file=sys.stderr)
    print(summary(courses))
    for arm, found in courses.items():
        print(f"\n**{arm}**: accuracy on each task after each run\n\n{matrix(found)}")
    if options.plot:
        lines = {arm: [[c.so_far(run) for c in found] for run in range(TASKS)] for arm, found in courses.items()}
        options.plot.write_text(plot(lines), encoding="utf-8")


if __name__ == "__main__":
    experiment()
