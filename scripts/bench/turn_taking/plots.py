"""The pictures of the turn-taking benchmark."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts.bench.turn_taking.figures import Figures
from scripts.bench.turn_taking.runner import TurnRun

_OURS, _TIMER = "#1b6ca8", "#999999"


def plot(
    folder: Path,
    *,
    runs: Sequence[TurnRun],
    ours: Mapping[str, Figures],
    timer: Mapping[str, Figures],
) -> list[Path]:
    """Draws `turns-cutoffs.png` and `turns-latency.png` into `folder`; gives their paths.

    `ours` and `timer` hold the figures of each setting of either policy, by a short label.
    """
    # Only those who draw need matplotlib.
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "turns-cutoffs.png", folder / "turns-latency.png"]
    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for name, points, colour, label_y in (
        ("Yeoboseyo", ours, _OURS, -12),
        ("silence timer", timer, _TIMER, 5),
    ):
        delays = [figures["end_of_turn_ms_p50"] for figures in points.values()]
        rates = [100 * figures["false_cutoff_rate"] for figures in points.values()]
        axes.plot(delays, rates, "o-", color=colour, label=name)
        for label, x, y in zip(points, delays, rates, strict=True):
            axes.annotate(
                label, (x, y), textcoords="offset points", xytext=(5, label_y), fontsize=8
            )
    axes.set_xlabel("median delay from end of speech to end of turn, ms")
    axes.set_ylabel("turns cut off, %")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(paths[0], dpi=150)
    plt.close(figure)

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for name, times, colour in (
        ("end of turn", [run.end_of_turn_s for run in runs], _OURS),
        ("first audio of the reply", [run.first_audio_s for run in runs], "#d1495b"),
    ):
        axes.hist(
            [time * 1000 for time in times if time is not None],
            bins=[50.0 * step for step in range(51)],
            alpha=0.6,
            color=colour,
            label=name,
        )
    axes.set_xlabel("delay after the end of speech, ms")
    axes.set_ylabel("turns")
    axes.legend()
    figure.savefig(paths[1], dpi=150)
    plt.close(figure)
    return paths
