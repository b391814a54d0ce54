"""Two hosts on one machine: network namespaces that are joined by a link of a given rate.

MPICH's mpiexec says which commands would start the ranks on the hosts, and these are started in the namespaces: what
ssh does on a cluster. The messages go over TCP, never through shared memory, and their bytes are counted on the link.
Needs Linux, root and iproute2.
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from backend.errors import InputError

NAMES = ("nnd-host-0", "nnd-host-1")
ADDRESSES = ("10.77.0.1", "10.77.0.2")
DEVICES = ("nnd0", "nnd1")
BURST = "256kb"  # of the token bucket that limits the rate
# UCX, the transport of MPICH's package, would find that both hosts are one machine.
OVER_TCP = {"UCX_TLS": "tcp,self", "MPIR_CVAR_NOLOCAL": "1"}
_PATIENCE = 10.0  # seconds until mpiexec has said what to start


def why_no_hosts() -> str:
    """Return why namespaces cannot be made here, or an empty string."""
    if os.name != "posix" or os.geteuid() != 0 or shutil.which("ip") is None or shutil.which("tc") is None:
        return "network namespaces need Linux, root, and the commands ip and tc"
    made = subprocess.run(["ip", "netns", "add", "nnd-probe"], capture_output=True, text=True, check=False)
    if made.returncode:
        return made.stderr.strip() or "network namespaces cannot be made"
    subprocess.run(["ip", "netns", "delete", "nnd-probe"], check=False)
    return ""


@contextmanager
def two_hosts(rate: str = "") -> Iterator[None]:
    """Return a context with two namespaces and a link; `rate` is such as "1gbit", or empty for no limit.

    Raises
    ------
    InputError
        If the system refuses a part of it.
    """
    try:
        for name in NAMES:
            _ip("netns", "add", name)
        _ip("link", "add", DEVICES[0], "type", "veth", "peer", "name", DEVICES[1])
        for name, device, address in zip(NAMES, DEVICES, ADDRESSES, strict=True):
            _ip("link", "set", device, "netns", name)
            _ip("-n", name, "addr", "add", f"{address}/24", "dev", device)
            _ip("-n", name, "link", "set", device, "up")
            _ip("-n", name, "link", "set", "lo", "up")
            if rate:
                shape = ["root", "tbf", "rate", rate, "burst", BURST, "latency", "50ms"]
                _run(["tc", "-n", name, "qdisc", "add", "dev", device, *shape])
        yield
    finally:
        for name in NAMES:
            with suppress(InputError):
                _ip("netns", "delete", name)


def run_on_hosts(mpiexec: Path, command: Sequence[str], environment: dict[str, str]) -> tuple[str, int]:
    """Run a command with one rank on each of the two hosts; return what it printed, and the bytes that one has sent.

    Raises
    ------
    InputError
        If it fails.
    """
    start = [
        *_within(NAMES[0]), str(mpiexec), "-launcher", "manual", "-iface", DEVICES[0], "-hosts", ",".join(ADDRESSES),
        "-n", "2", "-ppn", "1", *command,
    ]  # fmt: skip
    environment = environment | OVER_TCP
    sent = _sent_bytes()
    launcher = subprocess.Popen(start, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert launcher.stdout is not None
    proxies, deadline = [], time.monotonic() + _PATIENCE
    for line in launcher.stdout:
        if line.startswith("HYDRA_LAUNCH: "):
            words = line.removeprefix("HYDRA_LAUNCH: ").split()
            proxies.append(subprocess.Popen([*_within(NAMES[len(proxies)]), *words], env=environment))
        if line.startswith("HYDRA_LAUNCH_END") or time.monotonic() > deadline:
            break
    out, err = launcher.communicate(timeout=300)
    for proxy in proxies:
        proxy.wait(timeout=10)
    if launcher.returncode:
        raise InputError("ranks on two hosts", expected="status 0", found=err.strip()[-500:], advice="Try one host.")
    return out, _sent_bytes() - sent


def _sent_bytes() -> int:
    """Return the number of bytes that the first host has sent over the link."""
    words = ["ip", "-n", NAMES[0], "-j", "-s", "link", "show", "dev", DEVICES[0]]
    (found,) = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    return int(found["stats64"]["tx"]["bytes"])


def _within(name: str) -> list[str]:
    """Return the words that run a command in a namespace."""
    return ["ip", "netns", "exec", name]


def _ip(*words: str) -> None:
    """Run the command ip."""
    _run(["ip", *words])


def _run(words: list[str]) -> None:
    """Run a command; its message becomes an InputError."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        found, advice = done.stderr.strip(), "Leave the hosts out: --parts scaling,model."
        raise InputError(" ".join(words), expected="status 0", found=found, advice=advice)
