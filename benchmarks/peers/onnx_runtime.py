"""ONNX Runtime: our weights in a graph of Gemm and Relu, run by a default session."""

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from benchmarks.peers.peer import Peer, Weights
from benchmarks.race.setting import INPUTS

OPSET, IR_VERSION = 17, 9  # old enough for every ONNX Runtime of the last years


class OnnxRuntime(Peer):
    """An `InferenceSession` on the CPU; it predicts and cannot train."""

    def set_weights(self, weights: Weights) -> None:
        """Create the graph and a session."""
        graph = exported(weights).SerializeToString()
        self.session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the output of the graph's ArgMax."""
        return self.session.run(None, {"x": X})[0]

    def threads(self) -> str:
        """Return the setting, in which 0 lets the session choose: a thread a core."""
        return f"ONNX Runtime {self.session.get_session_options().intra_op_num_threads} (0: one per core)"


def exported(weights: Weights) -> onnx.ModelProto:
    """Return the network as ONNX: Gemm and Relu for every hidden layer, Gemm, ArgMax."""
    nodes, constants, x = [], [], "x"
    for place, (W, b) in enumerate(weights):
        names = f"W{place}", f"b{place}"
        constants += [numpy_helper.from_array(np.ascontiguousarray(a), n) for a, n in zip((W, b), names, strict=True)]
        nodes.append(helper.make_node("Gemm", [x, *names], [f"z{place}"]))
        x = f"z{place}"
        if place < len(weights) - 1:
            nodes.append(helper.make_node("Relu", [x], [f"y{place}"]))
            x = f"y{place}"
    nodes.append(helper.make_node("ArgMax", [x], ["classes"], axis=1, keepdims=0))
    graph = helper.make_graph(
        nodes, "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", INPUTS])],
        [helper.make_tensor_value_info("classes", TensorProto.INT64, ["n"])],
        constants,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(model)
    return model
