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

#: requests reads the whole environment on each call, so that its size is part of the cost.
VARIABLES = 35

_NAMED = {
    "PATH": os.environ.get("PATH", os.defpath),
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
}


def environment(home: Path = HERE, more: int = 0) -> dict[str, str]:
    """Give 35 variables, and as many more as asked: no proxy, no bundle, no ``~/.netrc``."""
    fixed = {**_NAMED, "HOME": str(home)}
    fill = VARIABLES + more - len(fixed)
    return fixed | {f"BENCHMARK_VARIABLE_{number:03}": "x" * 40 for number in range(fill)}


def scrub() -> None:
    """Make this process's own environment the fixed one."""
    os.environ.clear()
    os.environ.update(environment())


class Server:
    """`server.py` in a process of its own, as long as the block runs."""

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
        port = self._say()
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
        """Give what was counted since the last time: handshakes, tokens, requests, refused."""
        assert self._process.stdin
        print("count", file=self._process.stdin, flush=True)
        counted = json.loads(self._say())
        return {
            name: counted.get(name, 0) for name in ("handshakes", "tokens", "requests", "refused")
        }

    def _say(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()


def bundle(folder: str, authority_file: str) -> str:
    """Write a bundle of certifi's authorities and one more: what a public host costs to verify."""
    import certifi

    path = Path(folder, "bundle.pem")
    path.write_bytes(Path(certifi.where()).read_bytes() + Path(authority_file).read_bytes())
    return str(path)


def callgrind() -> str:
    """Give the path of valgrind, or end with an explanation."""
    path = shutil.which("valgrind")
    if path is None:
        raise SystemExit("valgrind is not installed: instructions cannot be counted here")
    return path


def instructions(command: Sequence[str], *, more: int = 0, netrc: str = "") -> list[int]:
    """Run a command under callgrind; give the instructions between each two of its marks."""
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
        # One file for what came before the first mark, then one for each mark.
        parts = sorted(counted.parent.glob("counted.*"), key=lambda part: int(part.suffix[1:]))
        return [_total(part) for part in parts[1:]]


def _total(part: Path) -> int:
    found = re.search(r"^totals: (\d+)", part.read_text(), re.MULTILINE)
    assert found
    return int(found[1])


class Child:
    """A measurement in a process of its own: `answer` gives what it printed, as JSON.

    The script is run again with ``--child`` and what is asked, so that a peer can be measured by
    another interpreter, and no peer meets what another left behind.
    """

    def __init__(self, python: str, script: str, **asked: Any) -> None:
        self._process = subprocess.Popen(
            [python, script, "--child", json.dumps(asked)],
            env=environment(),
            stdout=subprocess.PIPE,
            text=True,
        )

    def answer(self) -> Any:
        said, _ = self._process.communicate()
        if self._process.returncode:
            raise SystemExit(f"a measurement ended with status {self._process.returncode}")
        return json.loads(said)


def python_version(python: str) -> str:
    """Give 3.11 for an interpreter."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run([python, "-c", code], capture_output=True, text=True).stdout.strip()


def by_version(pythons: Iterable[str]) -> dict[str, dict[str, str]]:
    """Give, for each version of Python, the peers that can run and the interpreter of each."""
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
    """Give a parser with ``--python``; as a child, measure what was asked, and end."""
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(measures(**json.loads(sys.argv[2]))))
        sys.exit()
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--python",
        nargs="+",
        default=[sys.executable],
        help="interpreters of one version; a peer is run by the first that has it",
    )
    return parser


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows under their columns; the first is text, the others stand to the right."""
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
    """Give the median, and nan for nothing."""
    measured = list(values)
    return statistics.median(measured) if measured else float("nan")


def versions(*packages: str) -> str:
    """Say which versions are measured."""
    said = [f"Python {sys.version.split()[0]}"]
    for package in packages:
        try:
            said.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(said)
