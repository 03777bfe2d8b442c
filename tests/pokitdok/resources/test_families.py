"""The rules of the folder ``resources``: one family per file, only methods, unique names."""

from __future__ import annotations

import ast
import importlib
import inspect
import typing
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from requests_oauthlib import OAuth2Session

from pokitdok_session import ClientCredentialsSession, PokitDokSession
from pokitdok_session.pokitdok import resources
from pokitdok_session.pokitdok.resources import Resources
from support.families import FAMILIES, public_methods

FOLDER = Path(resources.__file__).parent
FILES = sorted(set(FOLDER.glob("*.py")) - {FOLDER / "__init__.py"})
TREES = {path.stem: ast.parse(path.read_text()) for path in FILES}
METHODS = [
    (family, name, method)
    for family in FAMILIES.values()
    for name, method in public_methods(family).items()
]

#: Modules of the standard library that a signature or a warning may need.
PLAIN = {"__future__", "collections.abc", "datetime", "decimal", "typing", "warnings"}

#: What a family takes from `Resource` and `X12Resource`.
INHERITED = {"call", "query", "item_path", "expand_path", "open_upload", "_post_transaction"}


def test_resources_has_every_family_in_order() -> None:
    assert list(FAMILIES) == sorted(FAMILIES)
    modules = {family.__module__.rpartition(".")[2] for family in FAMILIES.values()}
    assert modules == set(TREES), "add the family to Resources in pokitdok/resources/__init__.py"
    assert set(vars(Resources)) <= {"__module__", "__doc__", "__abstractmethods__", "_abc_impl"} | {
        "__firstlineno__",
        "__static_attributes__",
        "__annotations__",
    }


def test_method_names_are_unique() -> None:
    counted = Counter(name for _, name, _ in METHODS)
    assert [name for name, count in counted.items() if count > 1] == []


def test_method_names_do_not_shadow_those_of_a_session() -> None:
    parents = [
        requests.Session(),
        OAuth2Session("client"),
        ClientCredentialsSession("client", "secret", "https://auth.example/token"),
    ]
    taken = {name for parent in parents for name in dir(parent)}
    taken |= set(vars(PokitDokSession)) | set(vars(PokitDokSession("client", "secret")))
    assert taken & {name for _, name, _ in METHODS} == set()


@pytest.mark.parametrize("module", TREES)
def test_family_defines_only_public_functions(module: str) -> None:
    (family,) = (node for node in TREES[module].body if isinstance(node, ast.ClassDef))
    (base,) = map(ast.unparse, family.bases)
    assert base in ("Resource", "X12Resource")
    assert {type(node) for node in family.body} == {ast.FunctionDef}
    assert not [node for node in family.body if getattr(node, "name", "_").startswith("_")]


@pytest.mark.parametrize("module", TREES)
def test_family_keeps_no_state_and_uses_only_resource(module: str) -> None:
    (family,) = (node for node in TREES[module].body if isinstance(node, ast.ClassDef))
    own = {node.name for node in family.body if isinstance(node, ast.FunctionDef)}
    uses = [
        node
        for node in ast.walk(family)
        if isinstance(node, ast.Attribute)
        if isinstance(node.value, ast.Name) and node.value.id == "self"
    ]
    assert {node.attr for node in uses} <= {*INHERITED, *own}
    assert all(isinstance(node.ctx, ast.Load) for node in uses)


@pytest.mark.parametrize("module", TREES)
def test_family_imports_no_sibling(module: str) -> None:
    imported = {
        "." * node.level + (node.module or "")
        for node in ast.walk(TREES[module])
        if isinstance(node, ast.ImportFrom)
    } | {
        alias.name
        for node in ast.walk(TREES[module])
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert imported <= PLAIN | {"...api.reply", "...api.resource", "..types", "..x12"}


@pytest.mark.parametrize(
    ("family", "name", "method"), METHODS, ids=[name for _, name, _ in METHODS]
)
def test_method_is_typed_and_has_a_docstring_of_at_most_six_lines(
    family: type, name: str, method: Callable[..., Any]
) -> None:
    signature = inspect.signature(method)
    parameters = list(signature.parameters.values())[1:]
    assert signature.return_annotation.startswith("Reply[")
    assert all(parameter.annotation is not parameter.empty for parameter in parameters)
    assert 1 <= len((method.__doc__ or "").strip().splitlines()) <= 6


def test_families_are_short() -> None:
    lines = {path.name: len(path.read_text().splitlines()) for path in FOLDER.glob("*.py")}
    assert sum(lines.values()) < 1700  # with a timeout and every documented parameter
    assert max(lines.values()) <= 160


def test_resources_without_call_cannot_be_built() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Resources()  # type: ignore[abstract]


def test_types_can_be_evaluated_although_families_do_not_import_them() -> None:
    bodies = importlib.import_module("pokitdok_session.pokitdok.types")
    kinds = [kind for kind in vars(bodies).values() if isinstance(kind, type)]
    assert len(kinds) > 40
    for kind in kinds:
        assert typing.get_type_hints(kind)
