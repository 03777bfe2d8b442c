"""What the benchmarks share: a fixed environment, a server, counts of instructions, tables."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Any

HERE = Path(__file__).resolve().parent

#: requests reads the whole environment on each call, so its size is part of the cost.
VARIABLES = 35

_NAMED = {
    "PATH": os.environ.get("PATH", os.defpath),
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
}


def environment(home: Path = HERE, more: int = 0) -> dict[str, str]:
    """Return 35 variables and ``more``, with no proxy, no bundle and no ``~/.netrc``."""
    fixed = {**_NAMED, "HOME": str(home)}
    fill = VARIABLES + more - len(fixed)
    return fixed | {f"BENCHMARK_VARIABLE_{number:03}": "x" * 40 for number in range(fill)}


def scrub() -> None:
    """Replace the environment of this process by the fixed one."""
    os.environ.clear()
    os.environ.update(environment())


class Server:
    """Context manager that runs `server.py` in a process of its own."""

    def __init__(self, *, python: str = sys.executable, **options: float) -> None:
        self._command = [python, str(HERE / "server.py")]
        for name, value in options.items():
            self._command += [f"--{name.replace('_', '-')}", str(value)]

    def __enter__(self) -> Server:
        self._folder = tempfile.TemporaryDirectory()
        self.authority_file = str(Path(self._folder.name, "authority.pem"))
        self._process = subprocess.Popen(
            [*self._command, "--authority-file", self.authority_file],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        port = self._read_line()
        if not port:
            raise SystemExit(f"the server did not start: {sys.executable} needs the group bench")
        self.url = f"https://127.0.0.1:{port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None
    ) -> None:
        self._process.communicate()
        self._folder.cleanup()

    def counts(self) -> dict[str, int]:
        """Return the counts since the last call: handshakes, tokens, requests, refused."""
        assert self._process.stdin
        print("count", file=self._process.stdin, flush=True)
        counted = json.loads(self._read_line())
        return {
            name: counted.get(name, 0) for name in ("handshakes", "tokens", "requests", "refused")
        }

    def _read_line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()


def bundle(folder: str, authority_file: str) -> str:
    """Write certifi's bundle with one authority more, so that verifying costs what it costs for a
    public host; return its path.
    """
    import certifi

    path = Path(folder, "bundle.pem")
    path.write_bytes(Path(certifi.where()).read_bytes() + Path(authority_file).read_bytes())
    return str(path)


def callgrind() -> str:
    """Return the path of valgrind, or exit with an explanation."""
    path = shutil.which("valgrind")
    if path is None:
        raise SystemExit("valgrind is not installed: instructions cannot be counted here")
    return path


def instructions(command: Sequence[str], *, more: int = 0, netrc: str = "") -> list[int]:
    """Run a command under callgrind and return the instructions between its marks."""
    with tempfile.TemporaryDirectory() as folder:
        home = HERE
        if netrc:
            home = Path(folder)
            Path(folder, ".netrc").write_text(netrc)
        counted = Path(folder, "counted")
        counter = [callgrind(), "--tool=callgrind", "--dump-before=getppid"]
        ended = subprocess.run(
            [*counter, f"--callgrind-out-file={counted}", *command],
            env=environment(home, more),
            capture_output=True,
            text=True,
        )
        if ended.returncode:
            raise SystemExit(f"{' '.join(command)}\n{ended.stderr}")
        # The first file is for what came before the first mark.
        parts = sorted(counted.parent.glob("counted.*"), key=lambda part: int(part.suffix[1:]))
        return [_total(part) for part in parts[1:]]


def _total(part: Path) -> int:
    found = re.search(r"^totals: (\d+)", part.read_text(), re.MULTILINE)
    assert found
    return int(found[1])


class Child:
    """A measurement in a process of its own; `result` returns the JSON that it printed.

    The script runs again with ``--child`` and the options, so that a peer can be measured on
    another interpreter, and no peer sees the leftovers of another.
    """

    def __init__(self, python: str, script: str, **options: Any) -> None:
        self._process = subprocess.Popen(
            [python, script, "--child", json.dumps(options)],
            env=environment(),
            stdout=subprocess.PIPE,
            text=True,
        )

    def result(self) -> Any:
        output, _ = self._process.communicate()
        if self._process.returncode:
            raise SystemExit(f"a measurement ended with status {self._process.returncode}")
        return json.loads(output)


def python_version(python: str) -> str:
    """Return the version of an interpreter, such as 3.11."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run([python, "-c", code], capture_output=True, text=True).stdout.strip()


def by_version(pythons: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the peers of each version of Python, with the interpreter of each."""
    found: dict[str, dict[str, str]] = {}
    for python in pythons:
        installed = subprocess.run(
            [python, str(HERE / "client.py"), "--installed"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.splitlines()
        peers = found.setdefault(python_version(python), {})
        for peer in installed:
            peers.setdefault(peer, python)
    return found


def arguments(description: str | None, measures: Callable[..., Any]) -> argparse.ArgumentParser:
    """Return a parser with ``--python``; in a child, measure, print the result and exit."""
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(measures(**json.loads(sys.argv[2]))))
        sys.exit()
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--python",
        nargs="+",
        default=[sys.executable],
        help="interpreters; a peer runs on the first that has it",
    )
    return parser


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows under their columns; the first column is text, the others are aligned right."""
    lines = [list(map(str, row)) for row in [columns, *rows]]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    print(f"\n{title}")
    for line in lines:
        first, *others = (
            cell.ljust(width) if not place else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        print("  ".join([first, *others]).rstrip(), flush=True)


def median(values: Iterable[float]) -> float:
    """Return the median, or nan if there are no values."""
    measured = list(values)
    return statistics.median(measured) if measured else float("nan")


def versions(*packages: str) -> str:
    """Return the versions of Python and of these packages as text."""
    output = [f"Python {sys.version.split()[0]}"]
    for package in packages:
        try:
            output.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(output)
