"""The package's folders and modules with their line counts; run as a script, it prints them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "src" / "pokitdok_session"
LAYERS = ("transport", "oauth2", "api", "pokitdok")
CORE = ("transport", "oauth2")


def line_count(path: Path) -> int:
    """Return the number of lines of a module, or of all modules of a folder."""
    files = [path] if path.is_file() else path.rglob("*.py")
    return sum(len(file.read_text("utf-8").splitlines()) for file in files)


def modules(*folders: str) -> list[Path]:
    """Return the modules of these folders of the package."""
    return sorted(path for folder in folders for path in (PACKAGE / folder).rglob("*.py"))


def tree(folder: Path, depth: int = 0) -> Iterator[str]:
    """Yield one line per folder and module."""
    entries = (path for path in folder.iterdir() if path.is_dir() or path.suffix == ".py")
    for path in sorted(entries, key=lambda path: (path.is_dir(), path.name)):
        if path.name != "__pycache__":
            slash = "/" if path.is_dir() else ""
            yield f"{line_count(path):7,}  {'  ' * depth}{path.name}{slash}"
            if path.is_dir():
                yield from tree(path, depth + 1)


if __name__ == "__main__":
    print("\n".join(tree(PACKAGE)))
    print(f"{sum(map(line_count, modules(*CORE))):7,}  lines of the core: {' + '.join(CORE)}")
