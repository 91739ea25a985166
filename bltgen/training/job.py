"""A training job as people say it: the options of `bltgen train`, which are the keys of its file, too.

A file (TOML) may hold every one of them, and the shape of the model in tables:

    data = ["letters/", "names.jsonl"]
    run = "runs/mine"
    bytes = 5e6

    [model.latent]
    layers = 6

Paths are relative to where the command is run. What is given on the command line goes before what the file
says, and what neither says has a default, which may depend on whether the job begins from a trained model.

>>> job = Job.of({"data": ["letters/"], "run": "runs/mine", "learning_rate": 1e-3})
>>> job.window, job.learning_rate, job.validation
(None, 0.001, 0.05)
>>> Job.of({"data": ["letters/"], "run": "runs/mine", "lerning_rate": 1e-3})
Traceback (most recent call last):
ValueError: there is no setting 'lerning_rate'; did you mean 'learning_rate'?
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib import import_module
from pathlib import Path
from typing import Any

from bltgen.arguments import one_of, shown
from bltgen.errors import did_you_mean
from bltgen.training.model_shape import SIZES, shaped

__all__ = ["Job", "Setting", "checked", "read_settings"]


@dataclass(frozen=True)
class Setting:
    """What a setting is, for the command line and for checks.

    `kind`: int, float, bool, str, a tuple of choices, or "texts", "share or paths", "table".
    """

    group: str
    help: str
    kind: Any
    metavar: str = "N"
    least: float | None = None


def _about(
    group: str, help: str, kind: Any, metavar: str = "N", least: float | None = None
) -> dict[str, Setting]:
    return {"setting": Setting(group, help, kind, metavar, least)}


DOCUMENTS = ("auto", "files", "lines", "records")
PRECISIONS = ("float32", "bfloat16")

DATA, MODEL, PACE, LOOKS, MACHINE = (
    "the data",
    "the model",
    "how long and how fast",
    "what is looked at",
    "the machine",
)


@dataclass(frozen=True)
class Job:
    """Everything that `bltgen train` may be told; None: as the text of the setting says."""

    data: tuple[str, ...] = field(
        default=(), metadata=_about(DATA, "files and folders", "texts", "FILE|FOLDER")
    )
    run: str = field(
        default="", metadata=_about(DATA, "the folder of the run: checkpoints, log, model", str, "FOLDER")
    )

    documents: str = field(
        default="auto",
        metadata=_about(DATA, "what a document is (auto: a line of .jsonl files, else a file)", DOCUMENTS),
    )
    window: int | None = field(
        default=None,
        metadata=_about(
            DATA, "bytes of a document at the most (512; of records: what the longest needs)", int, "N", 1
        ),
    )
    validation: Any = field(
        default=0.05,
        metadata=_about(
            DATA,
            "the share of the documents that is not trained on, or files (0.05)",
            "share or paths",
            "X|FILE",
        ),
    )
    validation_bytes: int = field(
        default=50000, metadata=_about(DATA, "read at each validation (50000)", int, "N", 1)
    )
    prompt_weight: float = field(
        default=0.1, metadata=_about(DATA, "of a byte of a prompt or text in the loss (0.1)", float, "X", 0)
    )
    syntax_weight: float = field(
        default=1.0, metadata=_about(DATA, "of a byte of JSON syntax in an answer (1)", float, "X", 0)
    )
    answer_weight: float = field(
        default=1.0, metadata=_about(DATA, "of any other byte of an answer (1)", float, "X", 0)
    )
    grounded_weight: float = field(
        default=0.0,
        metadata=_about(
            DATA, "of the choice among bytes of the prompt, for strings copied from it (0)", float, "X", 0
        ),
    )

    size: str = field(
        default="small",
        metadata=_about(MODEL, "small (the default) or tiny; tables of [model] change it", tuple(SIZES)),
    )
    model: Mapping[str, Any] = field(default_factory=dict, metadata=_about(MODEL, "", "table"))
    init: str | None = field(
        default=None,
        metadata=_about(
            MODEL, "begin from a checkpoint: a folder of any layout, a run, or `embedded`", str, "PATH"
        ),
    )
    entropy_model: str | None = field(
        default=None,
        metadata=_about(MODEL, "of a released checkpoint of --init that has it elsewhere", str, "PATH"),
    )
    low_rank: int | None = field(
        default=None,
        metadata=_about(
            MODEL, "with --init: train matrices of this rank beside frozen weights (LoRA)", int, "N", 1
        ),
    )
    low_rank_scale: float = field(
        default=2.0, metadata=_about(MODEL, "their products are multiplied by it (2)", float, "X")
    )
    patch_bytes: float | None = field(
        default=None,
        metadata=_about(
            MODEL,
            "on average; the threshold is set from the data for it (4.5; with --init: it stays)",
            float,
            "X",
            1,
        ),
    )

    bytes: int | None = field(
        default=None,
        metadata=_about(PACE, "read by the transformer (20e6; with --init: ten times the data)", int, "N", 1),
    )
    entropy_bytes: int | None = field(
        default=None,
        metadata=_about(
            PACE, "read by the entropy model (a quarter of --bytes; with --init: 0, it stays)", int, "N", 0
        ),
    )
    step_bytes: int | None = field(
        default=None, metadata=_about(PACE, "of a step (12000; with --init: 4000)", int, "N", 1)
    )
    learning_rate: float | None = field(
        default=None, metadata=_about(PACE, "2e-3; with --init: 5e-4; with --low-rank: 1e-3", float, "X", 0)
    )
    embedding_learning_rate: float | None = field(
        default=None, metadata=_about(PACE, "of embeddings, heads, norms (as --learning-rate)", float, "X", 0)
    )
    weight_decay: float = field(default=0.02, metadata=_about(PACE, "0.02", float, "X", 0))
    warmup_steps: int | None = field(default=None, metadata=_about(PACE, "50; with --init: 10", int, "N", 0))
    decay: float | None = field(
        default=None,
        metadata=_about(
            PACE,
            "the share of the bytes over which the rate falls to 0 (0.25; with --init: 0.5)",
            float,
            "X",
            0,
        ),
    )
    clip: float = field(
        default=1.0, metadata=_about(PACE, "the norm that a gradient is cut to (1)", float, "X")
    )
    patience: int | None = field(
        default=None,
        metadata=_about(PACE, "stop after so many validations without a better one (never)", int, "N", 1),
    )
    seed: int = field(default=1, metadata=_about(PACE, "1", int, "N", 0))
    precision: str = field(default="float32", metadata=_about(PACE, "default: float32", PRECISIONS))

    validate_bytes: int | None = field(
        default=None,
        metadata=_about(
            LOOKS, "validate and sample each time so many were read (a twentieth of --bytes)", int, "N", 1
        ),
    )
    sample_prompts: tuple[str, ...] | None = field(
        default=None,
        metadata=_about(
            LOOKS, "show what follows this; may be repeated (a prompt held out, or no text)", "texts", "TEXT"
        ),
    )
    sample_bytes: int = field(
        default=100, metadata=_about(LOOKS, "of a sample; 0: none are written (100)", int, "N", 0)
    )
    report_steps: int | None = field(
        default=None,
        metadata=_about(LOOKS, "from a line of the log to the next (25; with --init: 5)", int, "N", 1),
    )
    checkpoint_seconds: float = field(
        default=20.0, metadata=_about(LOOKS, "from a checkpoint to the next (20)", float, "X", 0)
    )
    tensorboard: bool = field(
        default=False, metadata=_about(LOOKS, "log for it, too (extra `tensorboard`)", bool)
    )
    picture: bool = field(
        default=False, metadata=_about(LOOKS, "draw the losses in RUN/loss.png (extra `plot`)", bool)
    )

    device: str = field(default="cpu", metadata=_about(MACHINE, "cpu, cuda, ... (default: cpu)", str, "NAME"))
    threads: int | None = field(
        default=None, metadata=_about(MACHINE, "CPU threads (default: torch's own)", int, "N", 1)
    )

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Job:
        """The job with these settings. Raises ValueError that names the one that is unknown or wrong."""
        job = cls(**checked(given))
        if not job.data:
            raise ValueError("no data to train on is given: files or folders are needed")
        if not job.run:
            raise ValueError("no folder for the run is given: --run FOLDER")
        if job.low_rank is not None and job.init is None:
            raise ValueError("low_rank needs init: it trains beside the weights of a trained model")
        if job.init is not None and (job.model or "size" in given):
            raise ValueError(
                f"{'model' if job.model else 'size'} and init: the shape is that of the checkpoint"
            )
        return job

    @classmethod
    def settings(cls) -> dict[str, Setting]:
        """By name."""
        return {one.name: one.metadata["setting"] for one in fields(cls)}


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings, each in its type. Raises ValueError that names the one that is unknown or wrong."""
    settings = Job.settings()
    for name in given:
        if name not in settings:
            raise ValueError(f"there is no setting {name!r}{did_you_mean(name, settings)}")
    shaped("tiny", _checked("model", given.get("model", {}), settings["model"]))
    return {name: _checked(name, value, settings[name]) for name, value in given.items()}


def _checked(name: str, value: Any, setting: Setting) -> Any:
    """The value in the type of the setting. Raises ValueError."""
    kind = setting.kind
    if kind in (int, float):
        if isinstance(value, float) and kind is int and value.is_integer():
            value = int(value)
        good = isinstance(value, (int, kind)) and not isinstance(value, bool)
        least = setting.least
        if not good or not abs(value) < float("inf") or (least is not None and value < least):
            needed = "an integer" if kind is int else "a number"
            at_least = "" if least is None else f" of {least:g} or more"
            raise ValueError(f"{name}={shown(value)}: {needed}{at_least} is needed")
        return value
    if kind is bool:
        if not isinstance(value, bool):
            raise ValueError(f"{name}={shown(value)}: true or false is needed")
    elif isinstance(kind, tuple):
        one_of(name, value, kind)
    elif kind == "texts":
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) for one in value):
            raise ValueError(f"{name}={shown(value)}: a list of texts is needed")
        value = tuple(value)
    elif kind == "table":
        if not isinstance(value, Mapping):
            raise ValueError(f"{name}={shown(value)}: a table is needed")
    elif kind == "share or paths":
        return _share(name, value)
    elif not isinstance(value, str):
        raise ValueError(f"{name}={shown(value)}: a text is needed")
    return value


def _share(name: str, value: Any) -> float | tuple[str, ...]:
    """A share of the data, or files."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return (value,)
    if isinstance(value, (list, tuple)) and value and all(isinstance(one, str) for one in value):
        return tuple(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1:
        raise ValueError(f"{name}={shown(value)}: a share in [0, 1) is needed, or files")
    return float(value)


def read_settings(path: str | Path) -> dict[str, Any]:
    """The settings in a TOML file. Raises OSError, and ValueError with the file and what is wrong in it."""
    try:
        toml = import_module("tomllib")
    except ModuleNotFoundError:  # Python 3.10
        toml = import_module("tomli")
    data = Path(path).read_bytes()
    try:
        return checked(toml.loads(data.decode("utf-8")))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 at byte {error.start}") from None
    except toml.TOMLDecodeError as error:
        raise ValueError(f"{path}: not TOML ({error})") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
