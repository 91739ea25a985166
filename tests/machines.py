"""The tests whose outcome may depend on the CPU, as it would be on other CPUs: `make machines`.

Torch, oneDNN, OpenBLAS and NumPy each choose their code by the CPU that they find, and each has a variable
that hides a part of it. Every value that this CPU has of every variable is used at least once, and one thread
and two; the values of different variables are put together by turns. In each process the libraries themselves
are asked what they chose: a setting that was not heard is a failure. Run by `make machines`; pytest loads
this file as a plugin in those processes. Where nothing is known of a CPU only the threads are varied.

    python tests/machines.py [--list] [name of a setting ...]
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import shlex
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from tests import crashes  # noqa: E402

REPORT = "BLTGEN_MACHINE_REPORT"
AVX2 = {"avx2", "fma"}
AVX512 = {"avx512f", "avx512bw", "avx512dq", "avx512vl"}

# Value of a variable: flags of the CPU that it needs, and what its library then says of itself.
ATEN = {"default": (set(), "DEFAULT"), "avx2": (AVX2, "AVX2"), "avx512": (AVX512 | AVX2, "AVX512")}
ONEDNN = {
    "SSE41": ({"sse4_1"}, "SSE4.1"),
    "AVX": ({"avx"}, "AVX"),
    "AVX2": (AVX2, "AVX2"),
    "AVX2_VNNI": (AVX2 | {"avx_vnni"}, "AVX2 with"),
    "AVX512_CORE": (AVX512, "AVX-512 with AVX512BW"),
    "AVX512_CORE_VNNI": (AVX512 | {"avx512_vnni"}, "AVX-512 with Intel DL Boost"),
    "AVX512_CORE_BF16": (AVX512 | {"avx512_bf16"}, "bfloat16"),
    "AVX512_CORE_FP16": (AVX512 | {"avx512_bf16", "avx512_fp16"}, "float16"),
    "AVX512_CORE_AMX": (AVX512 | {"avx512_fp16", "amx_tile", "amx_bf16"}, "AMX"),
}
OPENBLAS = {  # a build may lack a kernel and take the nearest below
    "Prescott": ({"pni"}, "Prescott|Katmai|Generic"),
    "Nehalem": ({"sse4_2"}, "Nehalem"),
    "Sandybridge": ({"avx"}, "Sandybridge"),
    "Haswell": (AVX2, "Haswell"),
    "Zen": (AVX2, "Zen|Haswell"),
    "SkylakeX": (AVX512 | AVX2, "SkylakeX"),
    "Cooperlake": (AVX512 | {"avx512_bf16"}, "Cooperlake|SkylakeX"),
    "Sapphirerapids": (AVX512 | {"avx512_bf16", "amx_tile"}, "Sapphirerapids|Cooperlake|SkylakeX"),
}


@dataclass(frozen=True)
class Setting:
    """Variables of one process, and what the libraries must say of themselves under them."""

    variables: dict[str, str]
    expected: dict[str, Any]

    @property
    def name(self) -> str:
        """The variables as a shell takes them."""
        return " ".join(f"{key}={shlex.quote(value)}" for key, value in self.variables.items())


def cpu_flags() -> set[str]:
    """Flags as Linux names them; none where there are none to be read, or the CPU is of another kind."""
    try:
        found = re.search(r"^flags\s*:(.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    except OSError:
        return set()
    return set(found[1].split()) if found else set()


def settings(flags: set[str], blas: set[str], simd: list[str]) -> list[Setting]:
    """Of a CPU with these flags, where NumPy has these BLAS libraries and vector instructions."""
    columns: list[list[tuple[dict[str, str], dict[str, Any]]]] = [
        [
            ({"OMP_NUM_THREADS": str(count), "OPENBLAS_NUM_THREADS": str(count)}, {"threads": count})
            for count in (1, 2, 1)  # two cores are busy with two processes: more are seldom worth it
        ]
    ]
    tables = [("ATEN_CPU_CAPABILITY", "aten", ATEN), ("ONEDNN_MAX_CPU_ISA", "onednn", ONEDNN)]
    if blas == {"openblas"}:
        tables.append(("OPENBLAS_CORETYPE", "openblas", OPENBLAS))
    for variable, library, table in tables if flags else []:
        columns.append(
            [({variable: name}, {library: says}) for name, (needs, says) in table.items() if needs <= flags]
        )
    if simd:
        columns.append(
            [
                ({"NPY_DISABLE_CPU_FEATURES": " ".join(simd[kept:])}, {"numpy": simd[:kept]})
                for kept in range(len(simd) + 1)
            ]
        )
    found = []
    for row in range(max(map(len, columns))):
        variables: dict[str, str] = {}
        expected: dict[str, Any] = {}
        for at, column in enumerate(columns):
            # Shifted after each round, so that not always the same values meet.
            named, says = column[(row + at * (row // len(column))) % len(column)]
            variables.update(named)
            expected.update(says)
        found.append(Setting(variables, expected))
    return list({one.name: one for one in found}.values())


def here() -> list[Setting]:
    """Of this machine."""
    report = chosen()
    return settings(cpu_flags(), set(report["blas"]), report["numpy"])


def chosen() -> dict[str, Any]:
    """What the libraries say of themselves in this process."""
    import numpy as np
    import threadpoolctl
    import torch

    np.ones((64, 64)) @ np.ones((64, 64))
    libraries = [one for one in threadpoolctl.threadpool_info() if one["user_api"] == "blas"]
    return {
        "aten": torch.backends.cpu.get_cpu_capability(),
        "onednn": _onednn_isa(),
        "blas": sorted({one["internal_api"] for one in libraries}),
        "openblas": " ".join(one.get("architecture") or "" for one in libraries),
        "numpy": np.show_config(mode="dicts")["SIMD Extensions"].get("found", []),
        "threads": torch.get_num_threads(),
    }


def _onednn_isa() -> str:
    """It says so to the standard output, once a process, when it first runs with its messages on."""
    import torch

    if not torch.backends.mkldnn.is_available():
        return ""
    with tempfile.TemporaryFile() as file:
        sys.stdout.flush()
        kept = os.dup(1)
        os.dup2(file.fileno(), 1)
        try:
            with torch.backends.mkldnn.verbose(torch.backends.mkldnn.VERBOSE_ON):
                torch.ones(64, 64).to_mkldnn().relu().to_dense()
        finally:
            os.dup2(kept, 1)
            os.close(kept)
        file.seek(0)
        found = re.search(rb"cpu,isa:(.*)", file.read())
    return found[1].decode() if found else ""


def not_heard(setting: Setting, report: dict[str, Any]) -> list[str]:
    """Libraries that chose something else than the setting asks for."""
    return [
        f"{library}: {says!r} was asked for, {report[library]!r} chosen"
        for library, says in setting.expected.items()
        if (not re.search(says, report[library]) if isinstance(says, str) else says != report[library])
    ]


def pytest_configure() -> None:
    """The plugin's part: before any test, in a process whose variables are a setting's."""
    if path := os.environ.get(REPORT):
        Path(path).write_text(json.dumps(chosen()))


def run(setting: Setting, arguments: Iterable[str]) -> tuple[bool, str]:
    """Whether all is well, and a line that says so; else with pytest's output."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, io.StringIO() as shown:
        report, log = Path(folder) / "report", Path(folder) / "log"
        # Threads that wait for a core sleep: with two processes on two cores they would wait for long.
        environment = {**os.environ, "OMP_WAIT_POLICY": "passive", **setting.variables, REPORT: str(report)}
        with log.open("w+") as output:
            plugins = ["-p", "tests.machines", "-p", "no:cacheprovider", "-q", "-x"]
            code, crashed = crashes.run([*plugins, *arguments], environment, output)
        text = log.read_text(errors="replace")
        wrong = not_heard(setting, json.loads(report.read_text())) if report.exists() else ["no report"]
        if crashed:
            wrong.append(f"CRASHED (exit code {code}) in {crashed}")
        elif code:
            wrong.append(f"pytest: exit code {code}")
        closing = text.strip().rsplit("\n", 1)[-1]
        print(f"{'FAILED' if wrong else 'ok':7}{time.monotonic() - begun:4.0f} s  {setting.name}", file=shown)
        print(f"              {'; '.join(wrong) or closing}", file=shown)
        return not wrong, (text if wrong else "") + shown.getvalue()


def marked() -> list[str]:
    """The files that have such tests: others are not even imported."""
    files = sorted((ROOT / "tests" / "model").glob("test_*.py"))
    return [str(file) for file in files if "mark.arithmetic" in file.read_text()]


def main() -> int:
    """Run them, two at a time."""
    parser = argparse.ArgumentParser(description="Run the tests that may depend on the CPU as on other CPUs.")
    parser.add_argument("--list", action="store_true", help="print the settings alone")
    parser.add_argument("only", nargs="*", help="settings that contain one of these words")
    options = parser.parse_args()
    chosen_settings = [one for one in here() if not options.only or any(w in one.name for w in options.only)]
    if options.list:
        print("\n".join(one.name for one in chosen_settings))
        return 0
    good = 0
    arguments = ["-m", "arithmetic", *marked()]
    with ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        for well, text in pool.map(lambda one: run(one, arguments), chosen_settings):
            print(text, end="", flush=True)
            good += well
    print(f"machines: {good} passed, {len(chosen_settings) - good} failed")
    return int(good < len(chosen_settings) or not good)


if __name__ == "__main__":
    sys.exit(main())
