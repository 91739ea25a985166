"""Every value of every variable that a CPU has is used, what was not heard is told, and crashes are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.machines import (
    ATEN,
    AVX2,
    AVX512,
    ONEDNN,
    OPENBLAS,
    Setting,
    chosen,
    marked,
    not_heard,
    run,
    settings,
)

OLD = {"pni", "sse4_1", "sse4_2"}
CPUS = {
    "old": (OLD, ["SSE42"]),
    "AVX2": (OLD | {"avx"} | AVX2, ["AVX2"]),
    "AVX-512": (
        OLD | {"avx", "avx512_vnni", "avx512_bf16"} | AVX2 | AVX512,
        ["X86_V3", "X86_V4", "AVX512_ICL"],
    ),
    "AMX": (
        OLD
        | {"avx", "avx_vnni", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_bf16"}
        | AVX2
        | AVX512,
        ["X86_V3", "X86_V4", "AVX512_ICL", "AVX512_SPR"],
    ),
    "not x86": (set(), ["ASIMDHP"]),
    "unknown": (set(), []),
}


@pytest.mark.parametrize("cpu", CPUS)
def test_every_value_that_the_cpu_has_is_used(cpu: str) -> None:
    """And no other; in few processes."""
    flags, simd = CPUS[cpu]
    found = settings(flags, {"openblas"}, simd)
    assert len(found) == len({one.name for one in found}) <= 9
    assert {one.variables["OMP_NUM_THREADS"] for one in found} == {"1", "2"}
    for variable, table in (
        ("ATEN_CPU_CAPABILITY", ATEN),
        ("ONEDNN_MAX_CPU_ISA", ONEDNN),
        ("OPENBLAS_CORETYPE", OPENBLAS),
    ):
        has = {name for name, (needs, _) in table.items() if needs <= flags} if flags else set()
        assert {one.variables[variable] for one in found if variable in one.variables} == has
    off = {one.variables.get("NPY_DISABLE_CPU_FEATURES", "") for one in found}
    assert off == {" ".join(simd[kept:]) for kept in range(len(simd) + 1)}
    assert ({"amx_tile"} <= flags) == any(one.expected.get("onednn") == "AMX" for one in found)


def test_another_blas_is_not_asked_for_kernels_of_openblas() -> None:
    """Such as Accelerate, or MKL from conda."""
    flags, simd = CPUS["AVX2"]
    assert not any("OPENBLAS_CORETYPE" in one.variables for one in settings(flags, {"mkl"}, simd))


def test_a_setting_that_was_not_heard_is_told() -> None:
    """By what the libraries say in this very process."""
    report = chosen()
    assert report["aten"] in {"DEFAULT", "AVX2", "AVX512"} or not report["onednn"]
    assert not_heard(Setting({}, {"threads": report["threads"], "aten": report["aten"]}), report) == []
    (told,) = not_heard(Setting({}, {"aten": "NO SUCH", "threads": report["threads"]}), report)
    assert told == f"aten: 'NO SUCH' was asked for, {report['aten']!r} chosen"


def test_a_run_names_what_crashed_and_what_was_not_heard(tmp_path: Path) -> None:
    """One process with both."""
    file = tmp_path / "test_it.py"
    file.write_text("import os\ndef test_fine():\n    pass\ndef test_bad():\n    os.abort()\n")
    setting = Setting({"OMP_NUM_THREADS": "1"}, {"threads": 99})
    well, text = run(setting, [str(file), "--rootdir", str(tmp_path)])
    assert not well
    assert "test_it.py::test_bad" in text.splitlines()[-1]
    assert "threads: 99 was asked for, 1 chosen" in text
    well, text = run(Setting({"OMP_NUM_THREADS": "1"}, {"threads": 1}), [f"{file}::test_fine"])
    assert (well, text[:2]) == (True, "ok")


def test_int8_twins_and_tolerances_are_among_the_tests() -> None:
    """Each file that is named must be there, with tests that bear the mark."""
    names = {Path(file).name for file in marked()}
    assert {"test_int8_kernel.py", "test_dtypes.py", "test_session.py", "test_tolerance.py"} <= names
