"""Import one of CPython's own test modules with its generator and coroutine functions decorated."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

NAME = "tracked_by_ldtrack"
"""What the decorator is called inside the changed module; a leading underscore pair would be mangled in classes."""

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Decorate(ast.NodeTransformer):
    """Put the decorator closest to each function that makes a generator, an async generator or a coroutine."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Decorate generator functions only."""
        self.generic_visit(node)
        if any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in own_nodes(node)):
            node.decorator_list.append(ast.copy_location(ast.Name(NAME, ast.Load()), node))
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        """Decorate coroutine and async generator functions."""
        self.generic_visit(node)
        node.decorator_list.append(ast.copy_location(ast.Name(NAME, ast.Load()), node))
        return node


def own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function's body that are not inside another function's."""
    for node in ast.iter_child_nodes(function):
        yield node
        if not isinstance(node, FUNCTIONS):
            yield from own_nodes(node)


def import_decorated(name: str, decorator: Callable[[Any], Any]) -> ModuleType:
    """Import a module under its own name, with its functions decorated."""
    spec = importlib.util.find_spec(name)
    assert spec
    assert spec.loader
    assert spec.origin
    module = importlib.util.module_from_spec(spec)
    tree = Decorate().visit(ast.parse(spec.loader.get_source(name), spec.origin))
    setattr(module, NAME, decorator)
    sys.modules[name] = module
    exec(compile(ast.fix_missing_locations(tree), spec.origin, "exec"), module.__dict__)
    return module
