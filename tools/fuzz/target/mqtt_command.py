"""Commands that arrive over MQTT: a line each, its first letter saying which."""

from core import register_record
from core.command import Commands
from core.energy import Register
from tools.fuzz.target.oracle import sound

_NAMES = {ord("r"): "reading", ord("a"): "apply", ord("l"): "apply_lower"}
_ANSWER_MAX = 250


def run(data):
    register = Register(1000)
    register.set_reading("100")
    commands = Commands(register.set_reading)
    for line in data.split(b"\n")[:20]:
        name = _NAMES.get(line[0], "other") if line else "reading"
        before = register_record.pack(register), commands.reading
        answer = commands.run(name, line[1:])
        sound(answer)
        assert len(answer) <= _ANSWER_MAX
        if answer.startswith("ok: "):
            continue
        assert answer.startswith("error: ")
        assert "accepted" in answer or "UTF-8" in answer
        assert (register_record.pack(register), commands.reading) == before
