import errno
import os
import subprocess
import sys

import pytest

from backend.errors import InputError
from interface.prompts import EndOfInput
from interface.script import run_script
from tests.helpers.terminal import ROOT, Recorded, Terminal, environment

SCRIPT = """
import sys
from interface.script import run_script
def main(console):
{body}
sys.exit(run_script(main))
"""


@pytest.fixture(autouse=True)
def _unbounded(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)


def script(body):
    return SCRIPT.format(body="".join(f"    {line}\n" for line in body.splitlines()))


def raising(error):
    def main(console):
        raise error

    return main


def ended(error):
    console = Recorded()
    return run_script(raising(error), console), console.out, console.err


@pytest.mark.parametrize(("returned", "code"), [(None, 0), (0, 0), (3, 3)])
def test_a_good_end_has_its_own_code(returned, code):
    assert run_script(lambda console: returned, Recorded()) == code


def test_what_a_user_can_mend_is_one_line():
    error = InputError("--epochs", expected="1 or more", found="0", advice="Take 5.")
    assert ended(error) == (1, "", "Error: --epochs: expected 1 or more, found 0. Take 5.\n")


@pytest.mark.parametrize("code", [errno.EACCES, errno.ENOSPC, errno.ENOENT, errno.EISDIR, errno.EEXIST, errno.EROFS])
def test_the_system_s_refusals_name_the_file_and_what_to_do(code):
    status, out, err = ended(OSError(code, os.strerror(code), "model/x.pkl"))
    assert (status, out) == (1, "")
    assert err.startswith(f"Error: model/x.pkl: {os.strerror(code)}. ")
    assert err.count("\n") == 1
    assert err.endswith(".\n")


def test_refusals_without_a_name_are_reported_too():
    status, _, err = ended(OSError(errno.ENOSPC, "No space left on device"))
    assert (status, err.split(".")[0]) == (1, "Error: No space left on device")


@pytest.mark.parametrize(
    "error", [ValueError("x"), OSError(errno.EBADF, "x"), OSError("x"), KeyError("x"), SystemExit(2)]
)
def test_defects_and_exits_pass_through(error):
    with pytest.raises(type(error)):
        run_script(raising(error), Recorded())


def test_the_input_s_end_and_ctrl_c_are_tidy():
    assert ended(EndOfInput()) == (0, "The input has ended.\n", "")
    assert ended(KeyboardInterrupt()) == (130, "Stopped.\n", "")


def test_a_reader_that_has_gone_ends_in_silence():
    body = "console.say('first')\nfor n in range(100000): console.say(n)"
    command = [sys.executable, "-c", script(body)]
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipe, cwd=ROOT, env=environment(), text=True) as process:
        assert process.stdout.readline() == "first\n"
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


def test_help_for_a_reader_that_has_gone_ends_in_silence():
    body = "import argparse, os\nos.read(0, 1)\nargparse.ArgumentParser(prog='x').parse_args(['--help'])"
    command = [sys.executable, "-c", script(body)]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, **pipes, cwd=ROOT, env=environment(), text=True) as process:
        process.stdout.close()
        process.stdin.write("x")
        process.stdin.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_a_full_disk_behind_standard_output_is_described():
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-c", script("console.say('x')")],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment(),
        )
    assert done.stderr.startswith("Error: No space left on device.")
    assert "Traceback" not in done.stderr


def test_ctrl_c_in_a_terminal_leaves_one_word():
    terminal = Terminal("-c", script("import signal\nconsole.say('ready')\nsignal.pause()"))
    terminal.wait_for("ready")
    terminal.send("\x03")
    assert terminal.end() == 130
    assert terminal.lines == ["ready", "Stopped."]
