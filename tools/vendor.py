"""Copy the packages that the board holds in lib/ out of the Python environment.

    python tools/vendor.py build/lib

The pinned packages are made for many uses; a board has little room and this one. So the copy
leaves out the modules, and of the rest the functions, classes and imports, that nothing here
calls. What is left out is named below. A name that a newer version of a package has not is an
error, so that the list is looked through then.

A module that only one other needs goes into that one, where its whole numbers need no name on the
board. Nothing else is changed.
"""

import ast
import importlib.metadata
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

# The firmware serves a page and events. Of the MQTT client only the protocol: sockets, clock and
# configuration are the firmware's own.
PACKAGES = {
    "microdot": ("__init__", "microdot"),
    "chumicro_mqtt": ("__init__", "client"),
}
# Here it makes a package and offers what nobody asks it for.
EMPTY = ("chumicro_mqtt/__init__",)
# module -> the one that goes into it.
MERGED = {"chumicro_mqtt/client": "chumicro_mqtt/_wire"}

# module -> names that are left out: definitions, "Class.method", or what is imported.
LEFT_OUT = {
    "microdot/__init__": "abort redirect send_file URLPattern AsyncBytesIO iscoroutine",
    "microdot/microdot": (
        "io re time urlencode AsyncBytesIO abort redirect send_file "
        "NoCaseDict.__delitem__ NoCaseDict.update MultiDict.getlist "
        "Request.stream Request.json Request.form Request.files Request.after_request "
        "Response.types_map Response.default_send_file_max_age "
        "Response.set_cookie Response.delete_cookie Response.send_file "
        "URLPattern HTTPException.__repr__ "
        "Microdot.route Microdot.get Microdot.post Microdot.put Microdot.patch Microdot.delete "
        "Microdot.query Microdot.mount Microdot.abort Microdot.before_request "
        "Microdot.errorhandler Microdot.find_route Microdot.default_options_handler "
        "Microdot.after_request Microdot.after_error_request "
        "Microdot.start_server Microdot.run Microdot.shutdown"
    ),
    "chumicro_mqtt/_wire": "topic_matches encode_unsubscribe",
    "chumicro_mqtt/client": (
        "InboundPublish.__repr__ _InboundWait _INBOUND_WAIT _IO_READ _IO_WRITE default_client_id "
        "_MAX_INBOUND_QUEUE_SIZE encode_unsubscribe MQTTClient.from_config MQTTClient.hold "
        "MQTTClient.set_will MQTTClient.unsubscribe MQTTClient.next_message MQTTClient.check "
        "MQTTClient._inbound_stream_ended MQTTClient.io_socket MQTTClient.io_interest "
        "MQTTClient.io_error MQTTClient.next_deadline"
    ),
}


def without(source: str, names: list[str]) -> str:
    """Return a module's source without what defines or imports the names.

    Raises:
        ValueError: the module has one of them not.
    """
    missing = set(names)
    cuts: list[tuple[int, int, str]] = []

    def cut(node: ast.stmt, replacement: str = "") -> None:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        assert node.end_lineno is not None
        cuts.append((first - 1, node.end_lineno, replacement))

    def visit(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            found = [prefix + name for name in _defined(node)]
            gone = [name for name in found if name in names]
            missing.difference_update(gone)
            if gone and len(gone) == len(found):
                cut(node)
            elif gone and isinstance(node, ast.Import | ast.ImportFrom):
                node.names = [alias for alias in node.names if alias.name not in names]
                cut(node, ast.unparse(node) + "\n")
            elif isinstance(node, ast.ClassDef):
                visit(node.body, f"{prefix}{node.name}.")

    visit(ast.parse(source).body, "")
    if missing:
        raise ValueError(f"not there to be left out: {', '.join(sorted(missing))}")
    lines = source.splitlines(keepends=True)
    for first, end, replacement in reversed(cuts):
        lines[first:end] = [replacement] if replacement else []
    return "".join(lines)


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []


def merged(inner: str, inner_name: str, outer: str) -> str:
    """Return a module's source with what it imports from another in it.

    Args:
        inner: source of the other.
        inner_name: under which it is imported.
        outer: source of the one.

    Raises:
        ValueError: both have something of one name.
    """
    both = _bound(inner) & _bound(outer)
    if both:
        raise ValueError(f"in both: {', '.join(sorted(both))}")
    lines = outer.splitlines(keepends=True)
    for node in reversed(ast.parse(outer).body):
        if isinstance(node, ast.ImportFrom) and node.module == inner_name:
            assert node.end_lineno is not None
            del lines[node.lineno - 1 : node.end_lineno]
    text = f"{inner}\n{''.join(lines)}"
    for name in _whole_numbers(inner):
        text = re.sub(rf"\b{name}\b", f"_{name}", text)
    return text


def _bound(source: str) -> set[str]:
    return {
        name
        for node in ast.parse(source).body
        if not isinstance(node, ast.Import | ast.ImportFrom)
        for name in _defined(node)
    }


def _whole_numbers(source: str) -> Iterator[str]:
    """Return the public names that are declared constant."""
    for node in ast.parse(source).body:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
            continue
        if ast.unparse(node.value.func) == "const":
            yield from (name for name in _defined(node) if not name.startswith("_"))


def main(target: Path) -> None:
    """Fill `target` with the packages and nothing else."""
    shutil.rmtree(target, ignore_errors=True)
    for package, modules in PACKAGES.items():
        distribution = importlib.metadata.distribution(package.replace("_", "-"))
        (target / package).mkdir(parents=True)
        for module in modules:
            name = f"{package}/{module}"
            text = "" if name in EMPTY else _left(distribution, name)
            if name in MERGED:
                inner = MERGED[name]
                text = merged(_left(distribution, inner), inner.replace("/", "."), text)
            (target / f"{name}.py").write_text(text, encoding="utf-8")


def _left(distribution: importlib.metadata.Distribution, name: str) -> str:
    source = Path(str(distribution.locate_file(f"{name}.py"))).read_text(encoding="utf-8")
    return without(source, LEFT_OUT.get(name, "").split())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
