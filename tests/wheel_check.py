"""Build the wheel, install it into an empty environment outside the checkout, and run the main job there.

Run by `make test`; not collected by pytest because it installs packages.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
PROGRAM = f"""
import bltgen, json, pathlib
assert "site-packages" in bltgen.__file__, bltgen.__file__
model = bltgen.load()
out = model.generate("Ada Lovelace is 36.\\n", bltgen.json_schema({SCHEMA!r}), max_bytes=80, temperature=0)
assert (pathlib.Path(bltgen.__file__).parent / "py.typed").is_file()
assert bltgen.grammar_file("json").accepts(b'[1]')
print(json.dumps(out.value))
"""


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT, cwd=folder)
        (wheel,) = folder.glob("*.whl")
        venv.create(folder / "env", with_pip=True)
        python = folder / "env" / "bin" / "python"
        constraints = ROOT / ".ci" / "constraints.txt"
        run(python, "-m", "pip", "install", "--quiet", "-c", constraints, wheel, cwd=folder)
        value = json.loads(run(python, "-c", PROGRAM, cwd=folder))
        assert set(value) == {"name", "age"}, value
        listed = run(
            folder / "env" / "bin" / "bltgen", "sample", "--regex", "[a-c]{3}", "-n", "1", cwd=folder
        )
        assert len(listed.strip()) == 3, listed
        print(f"wheel of {wheel.stat().st_size / 1e6:.1f} MB works in an empty environment: {value}")


if __name__ == "__main__":
    main()
