"""Networks from ONNX graphs, in the forms in which other programs write them."""

import numpy as np
import pytest

from backend import InputError
from tests.training.exchange.networks import PIXELS, SETTINGS, difference, trained
from training.exchange.description import Hints
from training.exchange.onnx_format import write_onnx
from training.exchange.onnx_reader import read_onnx

onnx = pytest.importorskip("onnx")
helper = onnx.helper
FLOAT = onnx.TensorProto.FLOAT
RNG = np.random.default_rng(0)
W1, B1, W2 = (RNG.normal(size=shape).astype("float32") for shape in ((8 * 13 * 13, 5), (5,), (5, 3)))
FILTERS = RNG.normal(size=(8, 1, 3, 3)).astype("float32")


def node(operator, inputs, output, **attributes):
    return helper.make_node(operator, inputs.split(), [output], **attributes)


def written(path, nodes, shape=("N", 784), **constants):
    """Write a graph from ``x`` to ``y``."""
    initializers = [onnx.numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()]
    inputs = [helper.make_tensor_value_info("x", FLOAT, shape)]
    outputs = [helper.make_tensor_value_info("y", FLOAT, None)]
    graph = helper.make_graph(nodes, "g", inputs, outputs, initializers)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9), path)
    return path


@pytest.mark.parametrize("name", SETTINGS)
def test_an_exported_network_comes_back(name, tmp_path):
    network = trained(name)
    found = read_onnx(write_onnx(network, tmp_path / "m.onnx"), Hints())
    assert difference(found, network) < 1e-6
    assert (found.class_names, found.input_scaling) == (network.class_names, network.input_scaling)


def convolution(pooled_first):
    """Return a graph as PyTorch exports it: channels first, transposed weights, log-probabilities."""
    middle = [("MaxPool", {"kernel_shape": [2, 2], "strides": [2, 2]}), ("Relu", {})]
    names, nodes = ["c", "p", "r"], []
    for place, (operator, attributes) in enumerate(middle if pooled_first else middle[::-1]):
        nodes.append(node(operator, names[place], names[place + 1], **attributes))
    return [
        node("Reshape", "x image", "i"), node("Conv", "i f", "c", kernel_shape=[3, 3]), *nodes,
        node("Shape", "r", "shape"), node("Gather", "shape zero", "n"), node("Concat", "n rest", "target", axis=0),
        node("Reshape", "r target", "flat"), node("Identity", "w1", "w1again"),
        node("Gemm", "flat w1again b1", "h", transB=1), node("Dropout", "h", "d"), node("Sigmoid", "d", "s"),
        node("Mul", "d s", "e"), node("MatMul", "e w2", "z"), node("Add", "z b2", "l"), node("LogSoftmax", "l", "y"),
    ]  # fmt: skip


@pytest.mark.parametrize("pooled_first", [True, False])
def test_a_graph_as_pytorch_exports_it(pooled_first, tmp_path):
    ort = pytest.importorskip("onnxruntime")
    path = written(
        tmp_path / "m.onnx", convolution(pooled_first), image=np.array([-1, 1, 28, 28]), f=FILTERS, w1=W1.T, b1=B1,
        w2=W2, b2=np.ones(3, "float32"), zero=np.array([0]), rest=np.array([-1]),
    )  # fmt: skip
    network = read_onnx(path, Hints(class_names=["a", "b", "c"]))
    (logs,) = ort.InferenceSession(str(path)).run(None, {"x": PIXELS.astype("float32") / 255})
    np.testing.assert_allclose(network.predict_proba(PIXELS), np.exp(logs), atol=1e-5)
    assert [layer.kind for layer in network.stack.layers][:3] == ["reshape", "conv2d", "max_pool2d"]


def test_images_as_input_and_a_global_average(tmp_path):
    nodes = [
        node("Conv", "x f", "c", kernel_shape=[3, 3], auto_pad="SAME_UPPER", strides=[2, 2]), node("Relu", "c", "r"),
        node("ReduceMean", "r axes", "g", keepdims=0), node("Gemm", "g w", "y"),
    ]  # fmt: skip
    path = written(
        tmp_path / "m.onnx", nodes, ("N", 1, 28, 28), f=FILTERS, axes=np.array([2, 3]), w=np.eye(8, 3, dtype="float32")
    )
    network = read_onnx(path, Hints())
    assert network.summary().count("global_average_pool") == 1
    assert network.stack.layers[1].padding == "same"
    assert network.input_size == 784


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([node("Erf", "x", "y")], "Erf"),
        ([node("MatMul", "x w", "a"), node("MatMul", "x w", "y")], "operator MatMul: expected a among its inputs"),
        ([node("MatMul", "x w", "a"), node("Relu", "a", "b"), node("Tanh", "b", "y")], "tanh after relu"),
        ([node("Relu", "x", "y")], "relu after the input"),
        ([node("MatMul", "x w", "a"), node("Elu", "a", "y", alpha=0.5)], "alpha"),
        ([node("Gemm", "x w", "y", alpha=2.0)], "alpha"),
        ([node("MatMul", "x w", "a"), node("Add", "a two", "y")], "several"),
        ([node("Mul", "x half", "a"), node("MatMul", "a w", "y")], "scaling of the input"),
        ([node("Transpose", "x", "y", perm=[1, 0])], "Transpose"),
        ([node("Conv", "x f", "y", kernel_shape=[3, 3])], "convolution|images"),
    ],
)
def test_what_no_layer_represents_is_named(nodes, message, tmp_path):
    constants = {
        "w": np.eye(784, 3, dtype="float32"),
        "two": np.ones(2, "float32"),
        "half": np.float32(0.5),
        "f": FILTERS,
    }
    with pytest.raises(InputError, match=message):
        read_onnx(written(tmp_path / "m.onnx", nodes, **constants), Hints())


def test_a_damaged_file_is_refused(tmp_path):
    (tmp_path / "m.onnx").write_bytes(b"no graph")
    with pytest.raises(InputError, match=r"m\.onnx"):
        read_onnx(tmp_path / "m.onnx", Hints())
