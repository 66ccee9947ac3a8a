"""Which names in a module's text mean one of the module's own, and which something local."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tools.shorten.module import Function

_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_Inner = Function | ast.Lambda | ast.ClassDef | _Comprehension
# Where a name stands that belongs to the module.
Use = ast.Name | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Global


@dataclass
class _Scope:
    bound: set[str]
    declared: set[str] = field(default_factory=set)
    is_class: bool = False


class Scopes:
    """The names of one module.

    Args:
        tree: of its text.

    Attributes:
        uses: name -> where it stands and means the module's own, or a builtin.
        bound: names that the module binds, imports among them.
        stored: name -> how often it is bound, imports aside.
        local: names that are bound somewhere within.
        ambiguous: names that a class binds and reads in its own body, where they may be either.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.uses: dict[str, list[Use]] = defaultdict(list)
        self.stored: dict[str, int] = defaultdict(int)
        self.local: set[str] = set()
        self.ambiguous: set[str] = set()
        self.bound = set(_bound(tree.body))
        for statement in tree.body:
            self._visit(statement, [])
        self.bound |= set(self.stored)

    def _visit(self, node: ast.AST, scopes: list[_Scope]) -> None:
        if isinstance(node, ast.Name):
            self._name(node, scopes)
        elif isinstance(node, ast.Global):
            for name in node.names:
                self.uses[name].append(node)
        elif isinstance(node, _Inner):
            self._enter(node, scopes)
        else:
            self._visit_all(ast.iter_child_nodes(node), scopes)

    def _visit_all(self, nodes: Iterable[ast.AST | None], scopes: list[_Scope]) -> None:
        for node in nodes:
            if node is not None:
                self._visit(node, scopes)

    def _name(self, node: ast.Name, scopes: list[_Scope]) -> None:
        if _is_local(node.id, scopes):
            if scopes[-1].is_class and isinstance(node.ctx, ast.Load):
                self.ambiguous.add(node.id)
            return
        self.uses[node.id].append(node)
        if not isinstance(node.ctx, ast.Load):
            self.stored[node.id] += 1

    def _enter(self, node: ast.AST, scopes: list[_Scope]) -> None:
        if isinstance(node, _Comprehension):
            first, *others = node.generators
            self._visit(first.iter, scopes)
            targets = [one.target for one in node.generators]
            inner = _Scope({name for target in targets for name in _stores(target)})
            parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
            nodes = [*targets, *first.ifs, *others, *parts]
        elif isinstance(node, ast.ClassDef):
            self._define(node, scopes)
            self._visit_all([*node.decorator_list, *node.bases, *node.keywords], scopes)
            inner = _Scope(set(_bound(node.body)), _declared(node.body), True)
            nodes = list(node.body)
        else:
            assert isinstance(node, Function | ast.Lambda)
            nodes = self._function(node, scopes)
            inner = _Scope(
                {one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg)}
                | set(_bound(nodes)),
                _declared(nodes),
            )
        inner.bound -= inner.declared
        self.local |= inner.bound
        self._visit_all(nodes, [*scopes, inner])

    def _function(self, node: Function | ast.Lambda, scopes: list[_Scope]) -> list[ast.AST]:
        """Look at what of a function belongs to where it is defined; return the rest."""
        arguments = node.args
        self._visit_all([*arguments.defaults, *arguments.kw_defaults], scopes)
        if isinstance(node, ast.Lambda):
            return [node.body]
        self._define(node, scopes)
        annotated = [one for one in ast.walk(arguments) if isinstance(one, ast.arg)]
        self._visit_all([*node.decorator_list, node.returns], scopes)
        self._visit_all([one.annotation for one in annotated], scopes)
        return list(node.body)

    def _define(self, node: Function | ast.ClassDef, scopes: list[_Scope]) -> None:
        if not _is_local(node.name, scopes):
            self.uses[node.name].append(node)
            self.stored[node.name] += 1


def _is_local(name: str, scopes: Sequence[_Scope]) -> bool:
    for depth, scope in enumerate(reversed(scopes)):
        if name in scope.declared:
            return False
        if name in scope.bound and not (scope.is_class and depth):
            return True
    return False


def _stores(node: ast.AST) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load):
            yield one.id


def _declared(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that a scope says are the module's."""
    found: set[str] = set()
    for node in _own(nodes):
        if isinstance(node, ast.Global):
            found.update(node.names)
    return found


def _bound(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Return the names that statements bind in the scope that they stand in."""
    outer: set[str] = set()
    for node in _own(nodes):
        if isinstance(node, ast.Nonlocal):
            outer.update(node.names)
    for node in _own(nodes):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            if node.id not in outer:
                yield node.id
        elif isinstance(node, Function | ast.ClassDef | ast.ExceptHandler):
            if node.name:
                yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name.split(".")[0]
        elif isinstance(node, _Comprehension):
            # What is bound by the way in there is bound out here.
            for one in ast.walk(node):
                if isinstance(one, ast.NamedExpr):
                    yield one.target.id


def _own(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Return the nodes, but none that is in a scope within; a scope itself is one of them."""
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _Inner):
            waiting.extend(ast.iter_child_nodes(node))
