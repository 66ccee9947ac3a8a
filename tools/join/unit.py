"""One module: what it imports from the others, and its text, in which that can be replaced."""

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from tools.shorten.module import Module
from tools.shorten.reach import identifiers

from .scope import Scopes

_LIBRARIES = "lib/"
Statement = ast.Import | ast.ImportFrom


def dotted(file: str) -> str:
    """Return the name under which a file is imported."""
    name = file.removeprefix(_LIBRARIES).removesuffix(".py").replace("/", ".")
    return name.removesuffix(".__init__")


@dataclass(frozen=True)
class Imported:
    """One name that a statement imports.

    Attributes:
        bound: the name that it gets.
        module: where it is from, such as ``core.journal``.
        name: what of it; None for the module itself.
        ours: whether that is one of the modules given.
    """

    bound: str
    module: str
    name: str | None
    ours: bool


class Unit(Module):
    """One file.

    Args:
        file: its name on the board.
        text: its content.
        modules: dotted names of all that run together.
    """

    def __init__(self, file: str, text: str, modules: Collection[str]) -> None:
        super().__init__(file, text)
        self.dotted = dotted(file)
        self.leaf = self.dotted.rpartition(".")[2]
        self.lines = text.splitlines(keepends=True)
        self.scopes = Scopes(self.tree)
        self.identifiers = identifiers(self.tree)
        self._modules = modules
        self.top = [node for node in self.tree.body if isinstance(node, Statement)]
        top = {id(node) for node in self.top}
        self.within = [
            node
            for node in ast.walk(self.tree)
            if isinstance(node, Statement) and id(node) not in top
        ]
        # name -> what it is, for names that nothing but an import at the top binds
        self.imports = {
            one.bound: one
            for node in self.top
            for one in self.imported(node)
            if one.bound not in self.scopes.stored
        }
        self._parents = {
            id(child): node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)
        }

    def imported(self, node: Statement) -> Iterator[Imported]:
        """Return what a statement imports.

        Raises:
            ValueError: it does so in a way that cannot be followed.
        """
        for alias in node.names:
            if isinstance(node, ast.Import):
                ours = alias.name in self._modules
                if ours and "." in alias.name and not alias.asname:
                    raise self.error(node, "imports a package; accepted: from … import …")
                bound = alias.asname or alias.name.split(".")[0]
                yield Imported(bound, alias.name, None, ours)
                continue
            module = node.module or ""
            if node.level or alias.name == "*":
                raise self.error(node, "accepted: from package.module import name")
            bound = alias.asname or alias.name
            within = f"{module}.{alias.name}"
            if within in self._modules:
                yield Imported(bound, within, None, True)
            else:
                yield Imported(bound, module, alias.name, module in self._modules)

    def attribute(self, use: ast.AST) -> ast.Attribute:
        """Return ``module.name``, of which a name is the first half.

        Raises:
            ValueError: the module is used in another way.
        """
        parent = self._parents[id(use)]
        if isinstance(parent, ast.Attribute) and isinstance(parent.ctx, ast.Load):
            return parent
        raise self.error(use, "a module is used other than as module.name")

    def error(self, node: ast.AST, problem: str) -> ValueError:
        """Return an error that says where."""
        line = getattr(node, "lineno", 0)
        return ValueError(f"{self.name}:{line}: {problem}: {ast.unparse(node)}")
