"""Runs tests in a child process, on the code as it is or with one mutation made.

The parent imports the heavy third parties once and nothing of bltgen; each child is a fork that
imports bltgen anew, with the mutated module's tree in the place of its source.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.abc
import importlib.util
import io
import json
import os
import resource
import signal
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from types import CodeType
from typing import Any

__all__ = ["Run", "run_tests", "warm_up"]

MEMORY = 6 * 2**30
"""Bytes of address space above the parent's that a child may take: some mutations never stop growing."""


class Run:
    """What became of a test run: `killed` says whether a test failed, `by` which one."""

    def __init__(self, verdict: str, by: str = "", seconds: float = 0.0, record: Any = None) -> None:
        self.verdict, self.by, self.seconds, self.record = verdict, by, seconds, record

    @property
    def killed(self) -> bool:
        """A failed test, a crash and a run without end are all noticed."""
        return self.verdict != "survived"


def warm_up() -> None:
    """Import what every child would import."""
    sys.dont_write_bytecode = False
    warnings.simplefilter("ignore")
    for name in ("numpy", "torch", "regex", "hypothesis", "jsonschema", "lark", "pytest", "pydantic"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    with contextlib.suppress(ImportError):
        importlib.import_module("transformers.models.blt.modeling_blt")
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)
    assert not any(name == "bltgen" or name.startswith("bltgen.") for name in sys.modules)


class _Mutant(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds one module, with a code of its own."""

    def __init__(self, module: str, file: Path, code: CodeType) -> None:
        self.module, self.file, self.code, self.loaded = module, file, code, False

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name != self.module:
            return None
        package = [str(self.file.parent)] if self.file.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(
            name, self.file, loader=self, submodule_search_locations=package
        )

    def exec_module(self, module: Any) -> None:
        exec(self.code, module.__dict__)
        self.loaded = True


class _Reporter:
    """A pytest plugin: which test failed first, how long each took, what each read of the sources."""

    def __init__(self, report: Callable[[str], None], root: Path, covered: bool) -> None:
        self.report = report
        self.seconds: dict[str, float] = {}
        self.root, self.coverage = root, None
        if covered:
            import coverage

            self.coverage = coverage.Coverage(
                data_file=None, source=[str(root / "bltgen")], branch=False, config_file=False
            )
            self.coverage.start()
            self.coverage.switch_context("import")

    def pytest_runtest_logstart(self, nodeid: str, location: Any) -> None:
        self.report(json.dumps({"begun": nodeid}))
        if self.coverage is not None:
            self.coverage.switch_context(nodeid)

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        if report.failed:
            self.report(json.dumps({"failed": report.nodeid}))

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.report(json.dumps({"failed": f"collecting {report.nodeid}"}))

    def result(self) -> dict[str, Any]:
        lines: dict[str, dict[str, list[int]]] = {}
        if self.coverage is not None:
            self.coverage.stop()
            data = self.coverage.get_data()
            for file in data.measured_files():
                relative = str(Path(file).relative_to(self.root))
                for line, contexts in data.contexts_by_lineno(file).items():
                    for context in contexts:
                        lines.setdefault(context, {}).setdefault(relative, []).append(line)
        return {"seconds": self.seconds, "lines": lines}


def _child(
    pipe: int, root: Path, tests: Sequence[str], change: tuple[str, Path, ast.Module] | None, covered: bool
) -> None:
    with open(os.devnull, "w") as quiet:
        os.dup2(quiet.fileno(), 1)
        os.dup2(quiet.fileno(), 2)
    out = os.fdopen(pipe, "w")
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    pages = Path("/proc/self/statm")
    if pages.exists():
        used = int(pages.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    os.chdir(root)
    sys.path.insert(0, str(root))
    mutant = None
    if change is not None:
        module, file, tree = change
        mutant = _Mutant(module, file, compile(tree, str(file), "exec"))
        sys.meta_path.insert(0, mutant)

    def report(line: str) -> None:
        out.write(line + "\n")
        out.flush()

    import pytest

    reporter = _Reporter(report, root, covered)
    # Plain asserts: pytest would find the modules before `_Mutant` does, to rewrite their assertions.
    arguments = ["-q", "--assert=plain", "-p", "no:cacheprovider", "--no-header", "--tb=no", *tests]
    code = pytest.main(arguments if covered else ["-x", *arguments], plugins=[reporter])
    if mutant is not None and not mutant.loaded and code == 0:
        raise AssertionError("the tests ran without the mutation")
    report(json.dumps({"code": int(code), **reporter.result()}))
    out.close()


def run_tests(
    root: Path,
    tests: Sequence[str],
    change: tuple[str, Path, ast.Module] | None = None,
    *,
    seconds: float,
    covered: bool = False,
) -> Run:
    """Run `tests` in a fork. change: (module's name, its file, the tree to run in its place).

    covered: note the lines of bltgen that each test runs (`Run.record["lines"]`).
    """
    read, write = os.pipe()
    began = time.monotonic()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.setpgid(0, 0)
            os.close(read)
            _child(write, root, tests, change, covered)
            code = 0
        finally:
            os._exit(code)
    os.close(write)
    signal.signal(signal.SIGALRM, lambda *_: _end(child))
    signal.setitimer(signal.ITIMER_REAL, seconds)
    with os.fdopen(read) as lines:
        said = [json.loads(line) for line in lines if line.startswith("{")]
    signal.setitimer(signal.ITIMER_REAL, 0)
    _, status = os.waitpid(child, 0)
    _end(child)
    took = time.monotonic() - began
    failed = [line["failed"] for line in said if "failed" in line]
    begun = [line["begun"] for line in said if "begun" in line]
    end = next((line for line in said if "code" in line), None)
    if failed and not covered:
        return Run("killed", failed[0], took)
    if end is None:
        # No last word: out of time, or a crash.
        verdict = "timeout" if took >= seconds else f"crashed ({status})"
        return Run(verdict, begun[-1] if begun else "before any test", took)
    if end["code"] == 0 or covered:
        return Run("survived", failed[0] if failed else "", took, end)
    return Run("killed", f"pytest ended with {end['code']}", took)


def _end(group: int) -> None:
    """The child and what it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
