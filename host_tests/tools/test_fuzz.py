"""The corpus of the fuzzing, played again; and that the fuzzing would find what it is there for."""

import importlib.util
import os
import sys
import types

import pytest

from tools import lock_markers
from tools.fuzz import corpus, engine, generated, targets, work
from tools.fuzz.targets import TARGETS, Target

CORPUS_MAX = 100_000
SHORT_RUNS = 2_000

# A parser with two faults: one for a word, one for length.
FAULTY = """
def run(data):
    if data[:2] == b"{[":
        raise KeyError(data[2:])
    for a in data:
        for b in data:
            pass
"""


@pytest.fixture
def faulty(monkeypatch):
    """A target that is wrong."""
    module = types.ModuleType("tools.fuzz.target.faulty")
    exec(FAULTY, module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return Target("faulty", "nothing", words=lambda: ["{["])


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_every_input_of_the_corpus_is_taken_or_refused_with_bounded_work(target):
    run = targets.load(target.name)
    inputs = corpus.read(target.name)
    assert len(inputs) > 1
    for data in inputs:
        work.run(target, run, data)


def test_every_corpus_is_some_target_s_and_all_are_small():
    files = sorted(targets.CORPUS.iterdir())
    assert [path.stem for path in files] == sorted(target.name for target in TARGETS)
    assert sum(path.stat().st_size for path in files) < CORPUS_MAX


def test_every_module_of_the_firmware_s_targets_is_listed():
    modules = {path.stem for path in (targets.CORPUS.parent / "target").glob("*.py")}
    assert modules - {"__init__", "oracle"} == {target.name for target in TARGETS}


def test_too_much_work_is_noticed(faulty):
    run = targets.load("faulty")
    assert work.run(faulty, run, b"short") < work.limit(faulty, b"short")
    with pytest.raises(work.TooMuchError):
        work.run(faulty, run, b"x" * 2_000)


def test_the_property_engine_finds_a_fault(faulty, monkeypatch, capsys):
    monkeypatch.setattr(targets, "TARGETS", (*TARGETS, faulty))
    monkeypatch.setattr(sys, "argv", ["generated", "faulty", "500", "1"])
    assert generated.main() == 1
    assert "KeyError" in capsys.readouterr().out


def test_the_property_engine_plays_a_sound_parser():
    outcome = engine.generated(targets.by_name("kwh"), 300, 1)
    assert outcome.inputs >= 300
    assert outcome.crash == ""


needs_atheris = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None,
    reason="atheris has wheels for Linux on x86-64 and Python 3.11 to 3.13 only",
)


@needs_atheris
@pytest.mark.parametrize("name", ["config", "http_head"])
def test_the_guided_engine_finds_its_way_into_a_parser(name, tmp_path):
    outcome = engine.guided(targets.by_name(name), tmp_path, SHORT_RUNS, 1)
    assert outcome.crash == ""
    assert outcome.inputs == SHORT_RUNS
    assert outcome.edges > 50


@needs_atheris
def test_the_guided_engine_finds_a_fault(tmp_path, monkeypatch):
    # In another process, so it has to be found by its name.
    folder = tmp_path / "sitecustomize"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "import sys, types\n"
        "module = types.ModuleType('tools.fuzz.target.faulty')\n"
        f"exec({FAULTY!r}, module.__dict__)\n"
        "sys.modules[module.__name__] = module\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    outcome = engine.guided(
        Target("faulty", "nothing", words=lambda: ["{["]), tmp_path / "work", 200_000, 1
    )
    assert "KeyError" in outcome.crash
    assert outcome.culprit is not None and outcome.culprit.startswith(b"{[")


def test_a_corpus_keeps_the_shortest_and_reads_back(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus, "CORPUS", tmp_path)
    inputs = [b"\xff\n'\"", b"", b"long" * 500, b"x"]
    assert corpus.keep("any", inputs) == 3
    assert corpus.read("any") == [b"", b"x", b"\xff\n'\""]
    assert corpus.keep("any", [bytes([n, m]) * 50 for n in range(20) for m in range(20)]) < 100
    assert corpus.path("any").stat().st_size <= corpus.BYTES_MAX


def test_markers_come_back_into_the_lock():
    lock = "a==1 \\\n    --hash=x\nb==2 \\\n    --hash=y\n"
    assert lock_markers.with_markers(lock, ["a==1", "b==2; sys_platform == 'linux'"]) == (
        "a==1 \\\n    --hash=x\nb==2 ; sys_platform == 'linux' \\\n    --hash=y\n"
    )
    with pytest.raises(ValueError, match=r"c==3"):
        lock_markers.with_markers(lock, ["c==3; sys_platform == 'linux'"])
