"""Train the demo recogniser, or turn a checkpoint into `models/demo-stt` and back.

Needs torch and transformers beside the project's own packages:

    python -m scripts.train_demo_stt train --minutes 70
    python -m scripts.train_demo_stt export

To go on from the model that is shipped:

    python -m scripts.train_demo_stt restore
    python -m scripts.train_demo_stt train --start training/restored.pt --rate 6e-4 --minutes 40
"""

import argparse
from pathlib import Path

_FOLDER = Path("training")
_MODEL = Path("models/demo-stt")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="train within a budget of wall time")
    train.add_argument("--folder", type=Path, default=_FOLDER)
    train.add_argument("--minutes", type=float, default=70)
    train.add_argument("--width", type=int, default=192)
    train.add_argument("--layers", type=int, default=4)
    train.add_argument("--seed", type=int, default=1)
    train.add_argument("--threads", type=int, default=2)
    train.add_argument("--rate", type=float, default=1.8e-3, help="highest learning rate")
    train.add_argument("--start", type=Path, help="a checkpoint to go on from")
    export = commands.add_parser("export", help="convert a checkpoint to CTranslate2 int8")
    export.add_argument("--checkpoint", type=Path, default=_FOLDER / "checkpoint.pt")
    export.add_argument("--model", type=Path, default=_MODEL)
    restore = commands.add_parser("restore", help="make a checkpoint of the shipped model")
    restore.add_argument("--checkpoint", type=Path, default=_FOLDER / "restored.pt")
    restore.add_argument("--model", type=Path, default=_MODEL)
    arguments = parser.parse_args()
    if arguments.command == "train":
        import torch

        from scripts.demo_stt.training import Trainer

        torch.set_num_threads(arguments.threads)
        Trainer(
            arguments.folder,
            minutes=arguments.minutes,
            width=arguments.width,
            layers=arguments.layers,
            seed=arguments.seed,
            rate=arguments.rate,
            start=arguments.start,
        ).run()
    elif arguments.command == "restore":
        from scripts.demo_stt.restore import restore as bring_back

        bring_back(arguments.model, arguments.checkpoint)
    else:
        from scripts.demo_stt.export import export as convert

        convert(arguments.checkpoint, arguments.model)


if __name__ == "__main__":
    main()
