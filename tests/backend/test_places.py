"""Where the code and its users' files are in the repository; tests/distribution has the installation."""

from backend.places import CODE, HOME, IS_INSTALLED, command, installation_of, program
from tests.helpers.project import ROOT


def test_in_the_repository_everything_is_in_its_folder():
    assert not IS_INSTALLED
    assert CODE == HOME == ROOT


def test_commands_are_those_of_the_repository():
    assert program(str(ROOT / "training" / "train.py")) == "train.py"
    assert command("web/serve.py") == "python web/serve.py"
    assert (ROOT / installation_of("web").split()[-1]).is_file()
