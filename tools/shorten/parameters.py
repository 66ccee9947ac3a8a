"""Shorter names for parameters that nothing passes by keyword.

Byte code holds the names of parameters, for calls by keyword; those of other local variables it
does not hold.
"""

import ast
from collections.abc import Iterator, Sequence

from .module import Function, Module
from .reach import Reach, identifiers

_Callable = Function | ast.Lambda
_COMPREHENSION = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def shorten(module: Module, reach: Reach, pool: Sequence[str]) -> None:
    """Rename the positional parameters of all functions of a module.

    Args:
        module: the one.
        reach: what may be passed by keyword.
        pool: names that nothing else in the module has.
    """
    for node in ast.walk(module.tree):
        # Outer functions come before the inner ones.
        if isinstance(node, _Callable):
            _shorten(module, node, reach, pool)


def _shorten(module: Module, function: ast.AST, reach: Reach, pool: Sequence[str]) -> None:
    assert isinstance(function, _Callable)
    body = function.body if isinstance(function.body, list) else [function.body]
    kept = _kept(body)
    for parameter in [*function.args.posonlyargs, *function.args.args]:
        if parameter.arg in reach.keywords or parameter.arg in kept:
            continue
        used = {
            argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)
        }
        for statement in body:
            used |= identifiers(statement, attributes=False)
        new = next(name for name in pool if name not in used)
        old = parameter.arg
        module.rename(parameter, new)
        for statement in body:
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and node.id == old:
                    module.rename(node, new)


def _kept(body: Sequence[ast.AST]) -> set[str]:
    """Return the names that are more in a function's body than one local variable's."""
    kept: set[str] = set()
    for node in (node for statement in body for node in ast.walk(statement)):
        if isinstance(node, _Callable | ast.ClassDef | _COMPREHENSION):
            kept.update(_bound(node))
        if isinstance(node, ast.Global | ast.Nonlocal):
            kept.update(node.names)
        elif isinstance(node, ast.ExceptHandler | Function | ast.ClassDef):
            kept.add(node.name or "")
        elif isinstance(node, ast.alias):
            kept.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.JoinedStr):
            # Before Python 3.12 their positions are not known.
            kept.update(identifiers(node))
        elif isinstance(node, ast.NamedExpr):
            kept.add(node.target.id)
    return kept


def _bound(scope: ast.AST) -> Iterator[str]:
    for node in ast.walk(scope):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
