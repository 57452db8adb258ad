"""The plot of `continual.py`, as SVG: mean accuracy on the tasks learnt so far, after each run, ± one deviation."""

import statistics

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 320, 56, 120, 20, 44
COLOURS = {"plain": "#888888", "mask": "#c46a00", "rehearsal": "#1b6ac9", "both": "#1a7f37"}
DASHES = {"plain": "", "mask": "6 4", "rehearsal": "", "both": "6 4"}


def plot(lines: dict[str, list[list[float]]]) -> str:
    """`lines`: arm → after each run → accuracy with each seed."""
    runs = len(next(iter(lines.values())))
    inner_width, inner_height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(run: int) -> float:
        return LEFT + inner_width * run / max(runs - 1, 1)

    def y(value: float) -> float:
        return TOP + inner_height * (1 - min(max(value, 0.0), 1.0))

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        "<title>Mean accuracy on the tasks learnt so far, after each run</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for tenth in range(0, 11, 2):
        level = y(tenth / 10)
        parts.append(f'<path d="M{LEFT} {level:.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{level + 4:.1f}" text-anchor="end">{tenth * 10} %</text>')
    for run in range(runs):
        parts.append(f'<text x="{x(run):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{run + 1}</text>')
    parts.append(f'<text x="{LEFT}" y="{HEIGHT - 8}">after run (one new task each)</text>')
    labels: list[float] = []
    for arm, values in lines.items():
        means = [statistics.mean(seeds) for seeds in values]
        colour, dash = COLOURS[arm], DASHES[arm]
        points = " ".join(f"{x(run):.1f},{y(mean):.1f}" for run, mean in enumerate(means))
        style = f'fill="none" stroke="{colour}" stroke-width="2"' + (f' stroke-dasharray="{dash}"' if dash else "")
        parts.append(f'<polyline points="{points}" {style}/>')
        for run, seeds in enumerate(values):
            deviation = statistics.stdev(seeds) if len(seeds) > 1 else 0.0
            low, high = y(means[run] - deviation), y(means[run] + deviation)
            parts.append(f'<path d="M{x(run):.1f} {low:.1f}V{high:.1f}" stroke="{colour}"/>')
            parts.append(f'<circle cx="{x(run):.1f}" cy="{y(means[run]):.1f}" r="3" fill="{colour}"/>')
        label = y(means[-1]) + 4
        while any(abs(label - other) < 14 for other in labels):
            label += 14 if label < HEIGHT / 2 else -14
        labels.append(label)
        parts.append(f'<text x="{WIDTH - RIGHT + 10}" y="{label:.1f}" fill="{colour}">{arm}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
