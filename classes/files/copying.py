"""Copies and pickles of networks: their complete state without the buffers, whose views a pickle would separate."""

from typing import Any

from classes.files.model_file import AnyNetwork, build_network, contents_of
from classes.network import Network

DEVICES = {"numpy": "cpu", "cupy": "gpu"}


def state_of(network: Network) -> dict[str, Any]:
    """Return the state of a network: the contents of its model file, the optimizer and both random generators."""
    backend = network.backend
    return {
        "contents": contents_of(network),
        "device": DEVICES.get(backend.name, "cpu"),
        "optimizer": network.optimizer.packed(backend.to_host),
        "shuffles": network._shuffles.bit_generator.state,
        "noise": backend.generator_state(network._noise),
    }


def network_of(network_class: type[AnyNetwork], state: dict[str, Any]) -> AnyNetwork:
    """Return the network with a state that `state_of` returned."""
    network = build_network(network_class, state["contents"], "in a pickle", device=state["device"])
    network.optimizer.unpack(state["optimizer"], network.backend.from_host)
    network._shuffles.bit_generator.state = state["shuffles"]
    network.backend.set_generator_state(network._noise, state["noise"])
    return network
