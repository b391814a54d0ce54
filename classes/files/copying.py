"""Networks in pickles and copies: all that they are, without buffers and views, which a pickle would tear apart."""

from typing import Any

from classes.files.model_file import AnyNetwork, build_network, contents_of
from classes.network import Network

DEVICES = {"numpy": "cpu", "cupy": "gpu"}


def state_of(network: Network) -> dict[str, Any]:
    """Return all that a network is: what its model file says, the optimizer's state, and both random generators."""
    backend = network.backend
    return {
        "contents": contents_of(network),
        "device": DEVICES.get(backend.name, "cpu"),
        "optimizer": network.optimizer.packed(backend.to_host),
        "shuffles": network._shuffles.bit_generator.state,
        "noise": backend.generator_state(network._noise),
    }


def network_of(network_class: type[AnyNetwork], state: dict[str, Any]) -> AnyNetwork:
    """Return the network that `state_of` described, ready to predict and to go on learning."""
    network = build_network(network_class, state["contents"], "in a pickle", device=state["device"])
    network.optimizer.unpack(state["optimizer"], network.backend.from_host)
    network._shuffles.bit_generator.state = state["shuffles"]
    network.backend.set_generator_state(network._noise, state["noise"])
    return network
