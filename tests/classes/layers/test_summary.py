"""The summary of a network."""

from classes import NeuralNetwork


def test_layers_shapes_and_counts_by_hand():
    network = NeuralNetwork(784, (256, 128, 128), 10, dropout=(0.2, 0.0, 0.0))
    # 784 256 + 256 = 200,960;  256 128 + 128 = 32,896;  128 128 + 128 = 16,512;  128 10 + 10 = 1,290
    assert [line.split() for line in network.summary().splitlines()] == [
        ["Layer", "Output", "Parameters", "Memory", "(kB)", "Multiply-adds"],
        ["input", "784"],
        ["dense", "256", "relu", "he_normal", "256", "200,960", "803.8", "200,704"],
        ["dropout", "0.2", "256", "0", "0.0", "0"],
        ["dense", "128", "relu", "he_normal", "128", "32,896", "131.6", "32,768"],
        ["dense", "128", "relu", "he_normal", "128", "16,512", "66.0", "16,384"],
        ["dense", "10", "identity", "xavier_uniform", "10", "1,290", "5.2", "1,280"],
        ["total", "251,658", "1,006.6", "251,136"],
    ]
    assert network.parameter_count == 251_658


def test_columns_are_aligned():
    assert NeuralNetwork(784, (32,), 10).summary() == "\n".join(
        [
            "Layer                             Output  Parameters  Memory (kB)  Multiply-adds",
            "input                                784",
            "dense 32 relu he_normal               32      25,120        100.5         25,088",
            "dense 10 identity xavier_uniform      10         330          1.3            320",
            "total                                         25,450        101.8         25,408",
        ]
    )


def test_more_than_ten_layers_are_counted_apart():
    lines = NeuralNetwork(2, (3,) * 11, 4).summary().splitlines()
    assert [line.split()[-3] for line in lines[2:-1]] == ["9", *["12"] * 10, "16"]


def test_double_precision_takes_twice_the_memory():
    (single, double) = (NeuralNetwork(784, (32,), 10, dtype=dtype).summary() for dtype in ("float32", "float64"))
    assert " 101.8 " in single.splitlines()[-1]
    assert " 203.6 " in double.splitlines()[-1]
