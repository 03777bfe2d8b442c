"""The architecture: which module imports which, what the root exports, rules for every module."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import pokitdok_session
from pokitdok_session.pokitdok.resources import Resources
from support.subprocesses import PROCESS_TIMEOUT

ROOT = Path(pokitdok_session.__file__).parent
PACKAGE = "pokitdok_session"

#: The public names of the package root, besides `__version__`.
EXPORTS = [
    "APIError",
    "APISession",
    "ClientCredentialsSession",
    "FileTokenStore",
    "Outcome",
    "PokitDokSession",
    "PrivateKeyJWT",
    "RedisPace",
    "RedisTokenStore",
    "Reply",
    "Resource",
    "TokenError",
    "TokenStore",
    "Verdict",
    "verdict_on",
]

#: Run-time dependencies; urllib3 comes with requests.
DEPENDENCIES = {"requests", "requests_oauthlib", "oauthlib", "urllib3"}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join((PACKAGE, *(parts[:-1] if parts[-1] == "__init__" else parts)))


MODULES = {name_of(path): path for path in sorted(ROOT.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in MODULES.items()}


def is_sandbox(name: str) -> bool:
    return name.startswith(f"{PACKAGE}.sandbox")


CLIENT = [name for name in MODULES if not is_sandbox(name)]


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def statements(node: ast.AST, *, inside_functions: bool, for_types: bool) -> Iterator[ast.AST]:
    """Yield the statements that run on import; with those in functions, all that can run."""
    for child in ast.iter_child_nodes(node):
        if is_type_checking(child) and not for_types:
            continue
        yield child
        if inside_functions or not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from statements(child, inside_functions=inside_functions, for_types=for_types)


def imports(name: str, *, inside_functions: bool = True, for_types: bool = False) -> set[str]:
    """Return the full names of the modules that a module imports."""
    found: set[str] = set()
    is_package = MODULES[name].name == "__init__.py"
    kinds = {"inside_functions": inside_functions, "for_types": for_types}
    for node in statements(TREES[name], **kinds):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = name.split(".")
                parts = parts[: len(parts) - node.level + is_package]
                base = ".".join([*parts, *filter(None, [node.module])])
            inner = {f"{base}.{alias.name}" for alias in node.names} & MODULES.keys()
            found |= inner or {base}
    return found


def within(name: str, **how: bool) -> set[str]:
    return imports(name, **how) & MODULES.keys()


def layer(name: str) -> str:
    """Return the folder of a module, or the module itself if it is not in a folder."""
    return name.removeprefix(PACKAGE).removeprefix(".").partition(".")[0]


#: What a layer may import besides itself. `errors` re-exports: only the root uses it.
BELOW = {
    "transport": set[str](),
    "oauth2": {"transport"},
    "api": {"transport", "oauth2"},
    "pokitdok": {"transport", "oauth2", "api"},
    "errors": {"transport", "oauth2", "api", "pokitdok"},
    "types": {"oauth2", "pokitdok"},
}


def test_imports_of_known_modules_are_found() -> None:
    assert f"{PACKAGE}.oauth2.session" in within(f"{PACKAGE}.api.settings")
    assert f"{PACKAGE}.oauth2.errors" in within(f"{PACKAGE}.errors")
    assert "filelock" in imports(f"{PACKAGE}.oauth2.stores.file")
    assert "filelock" not in imports(f"{PACKAGE}.oauth2.stores.file", inside_functions=False)
    assert {*BELOW, "sandbox", "cli", "__main__", ""} == {layer(name) for name in MODULES}


@pytest.mark.parametrize("folder", BELOW)
def test_layer_imports_only_lower_layers(folder: str) -> None:
    for name in MODULES:
        if layer(name) == folder:
            used = {layer(module) for module in within(name, for_types=True)} - {folder}
            assert used <= BELOW[folder], name


def test_lower_layers_do_not_name_the_platform() -> None:
    naming = {name for name in CLIENT if "pokitdok.com" in MODULES[name].read_text("utf-8")}
    assert {layer(name) for name in naming} == {"pokitdok"}


def test_resource_imports_only_the_api_layer_and_types() -> None:
    resources = f"{PACKAGE}.pokitdok.resources"
    families = [name for name in CLIENT if name.startswith(f"{resources}.")]
    assert len(families) > 10
    allowed = tuple(f"{PACKAGE}.{name}" for name in ("api.", "pokitdok.types", "pokitdok.x12"))
    for family in families:
        for module in within(family, for_types=True):
            assert module.startswith(allowed), family


def test_sandbox_only_its_session_module_imports_the_client() -> None:
    # `Sandbox.session()` imports that module when it is called.
    session = f"{PACKAGE}.sandbox.session"
    for name in filter(is_sandbox, MODULES):
        outside = {module for module in within(name) if not is_sandbox(module)}
        assert (outside != set()) == (name == session), name
        assert session not in within(name, inside_functions=False), name


def test_sandbox_is_imported_only_by_the_command() -> None:
    importing = {name for name in CLIENT if any(map(is_sandbox, within(name)))}
    assert {layer(name) for name in importing} == {"cli"}


@pytest.mark.parametrize("for_types", [False, True])
def test_imports_have_no_cycle(for_types: bool) -> None:
    how = {"inside_functions": False, "for_types": for_types}
    graph = {name: within(name, **how) - {PACKAGE} for name in MODULES}
    assert len(list(TopologicalSorter(graph).static_order())) >= len(graph) - 1


def test_client_imports_only_declared_dependencies() -> None:
    for name in CLIENT:
        roots = {module.partition(".")[0] for module in imports(name, inside_functions=False)}
        foreign = roots - set(sys.stdlib_module_names) - {PACKAGE}
        assert foreign <= DEPENDENCIES, name


def test_package_import_loads_no_extra_and_starts_no_thread() -> None:
    code = (
        "import os, sys, threading\n"
        "before = dict(os.environ)\n"
        "from pokitdok_session import *\n"
        "assert dict(os.environ) == before\n"
        "assert threading.active_count() == 1\n"
        "extras = {'redis', 'filelock', 'starlette', 'uvicorn', 'trustme', 'asyncio'}\n"
        "extras |= {'jwt', 'cryptography'}\n"
        "extras |= {name for name in sys.modules if name.startswith('pokitdok_session.sandbox')}\n"
        "print(sorted(extras & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=PROCESS_TIMEOUT,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


# The package root


def test_root_exports_exactly_the_public_names() -> None:
    assert pokitdok_session.__all__ == EXPORTS
    namespace: dict[str, object] = {}
    exec("from pokitdok_session import *", namespace)
    assert sorted(namespace.keys() - {"__builtins__"}) == EXPORTS
    public = {name for name in vars(pokitdok_session) if not name.startswith("_")}
    modules = {name.split(".")[1] for name in MODULES if "." in name}
    assert public - modules == {*EXPORTS, "TYPE_CHECKING", "import_module"}
    assert set(EXPORTS) <= set(dir(pokitdok_session))


def test_root_module_has_only_imports_and_names() -> None:
    kinds = (ast.ImportFrom, ast.Assign, ast.Expr, ast.If)
    assert all(isinstance(node, kinds) for node in TREES[PACKAGE].body)
    choices = [node for node in TREES[PACKAGE].body if isinstance(node, ast.If)]
    at_run_time = [node.name for choice in choices for node in choice.orelse]  # type: ignore[attr-defined]
    assert at_run_time == ["__getattr__", "__dir__"]


def test_generic_session_does_not_load_the_api() -> None:
    code = (
        "import sys\n"
        "from pokitdok_session import ClientCredentialsSession\n"
        "ClientCredentialsSession('id', 'secret', 'https://id.example/token')\n"
        "late = 'api', 'pokitdok', 'transport.multipart', 'oauth2.stores'\n"
        "print([name for name in late if f'pokitdok_session.{name}' in sys.modules])\n"
        "from pokitdok_session import PokitDokSession\n"
        "print('pokitdok_session.pokitdok.resources' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=PROCESS_TIMEOUT,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("[]\nTrue\n", "")


def test_unknown_name_of_the_root_raises_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'pokitdok_session' has no attribute 'Repli'"):
        pokitdok_session.Repli  # type: ignore[attr-defined]  # noqa: B018


def test_version_is_defined_once() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", pokitdok_session.__version__)
    assert "__version__" not in "".join(
        path.read_text("utf-8") for name, path in MODULES.items() if name != PACKAGE
    )


def test_package_has_a_type_marker() -> None:
    assert (ROOT / "py.typed").exists()


# Every module


def test_public_names_of_modules_are_unique() -> None:
    names = Counter(
        node.name
        for name in CLIENT
        if layer(name) != "cli"  # each command has its `main` and its `arguments`
        for node in TREES[name].body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
    )
    twice = {name for name, count in names.items() if count > 1}
    assert twice == set()


def test_session_methods_are_defined_once() -> None:
    defined = Counter(
        name
        for parent in pokitdok_session.PokitDokSession.__mro__
        if parent.__module__.startswith(f"{PACKAGE}.pokitdok.resources") and parent is not Resources
        for name in vars(parent)
        if not name.startswith("_") and name != "call"
    )
    assert {name for name, count in defined.items() if count > 1} == set()
    own = {name for name in vars(pokitdok_session.PokitDokSession) if not name.startswith("_")}
    assert own & defined.keys() == set()


@pytest.mark.parametrize("name", CLIENT)
def test_module_docstring_begins_with_a_sentence(name: str) -> None:
    text = ast.get_docstring(TREES[name])
    assert text
    first = text.splitlines()[0]
    assert first.endswith((".", ":", "?", "`"))


def test_environment_variables_of_oauthlib_are_not_used() -> None:
    naming = {name for name in CLIENT if "OAUTHLIB_" in MODULES[name].read_text("utf-8")}
    (origins,) = naming  # an error text says there that the variable is ignored
    assert origins == f"{PACKAGE}.oauth2.origins"
    assert "os" not in imports(origins)


def test_parent_class_is_called_by_super() -> None:
    direct = re.compile(r"(?:requests\.Session|OAuth2Session)\.(?:request|send|__init__)\(")
    for name in CLIENT:
        assert not direct.search(MODULES[name].read_text("utf-8")), name


def test_session_constructors_have_explicit_parameters() -> None:
    for kind in (
        pokitdok_session.PokitDokSession,
        pokitdok_session.ClientCredentialsSession,
    ):
        kinds = {each.kind for each in inspect.signature(kind).parameters.values()}
        assert inspect.Parameter.VAR_KEYWORD not in kinds
        assert inspect.Parameter.VAR_POSITIONAL not in kinds
