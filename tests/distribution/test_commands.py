"""The command ``nnd``, as it works without an installation."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from distribution.commands import COMMANDS, SHELLS, completion, main, version


def test_without_a_command_the_commands_are_listed(capsys):
    assert main([]) == 2
    out = capsys.readouterr().out
    assert all(f"  {name} " in out and command.help in out for name, command in COMMANDS.items())


def test_an_unknown_command_is_an_error(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["fly"])
    assert stopped.value.code == 2
    assert "invalid choice: 'fly'" in capsys.readouterr().err


def test_the_version_is_printed(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert (stopped.value.code, capsys.readouterr().out.strip()) == (0, version())


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "menu"])
def test_every_command_passes_its_flags_to_its_script(name, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["nnd"])
    with pytest.raises(SystemExit) as stopped:
        main([name, "--help"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: {name}.py")  # "nnd train" where it is installed


def test_the_menu_is_a_command(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["nnd"])
    with Path(os.devnull).open(encoding="utf-8") as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        assert main(["menu"]) == 0
    assert "7  Exit" in capsys.readouterr().out


@pytest.mark.parametrize("shell", SHELLS)
def test_completions_name_commands_and_flags(shell):
    pytest.importorskip("shtab")
    script = completion(shell)
    assert all(name in script for name in COMMANDS)
    assert "learning-rate" in script
    assert "cnn-accurate" in script


def test_bash_completes_a_preset(tmp_path):
    pytest.importorskip("shtab")
    if not shutil.which("bash"):
        pytest.skip("bash is not installed")
    script = tmp_path / "nnd.sh"
    script.write_text(completion("bash"), encoding="utf-8")
    asked = f"""
        source {script}
        COMP_WORDS=(nnd train --preset cnn) COMP_CWORD=3 COMP_LINE="nnd train --preset cnn" COMP_POINT=22
        _shtab_nnd nnd cnn --preset
        echo "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["cnn", "cnn-accurate"], done.stderr


def test_completion_without_its_package_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["--print-completion", "bash"]) == 1
    assert "pip install shtab" in capsys.readouterr().err
