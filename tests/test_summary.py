"""The summary counts what is there."""

from classes import NeuralNetwork


def test_layers_shapes_and_counts_by_hand():
    network = NeuralNetwork(784, (256, 128, 128), 10, dropout=(0.2, 0.0, 0.0))
    # 784 256 + 256 = 200,960;  256 128 + 128 = 32,896;  128 128 + 128 = 16,512;  128 10 + 10 = 1,290
    assert [line.split() for line in network.summary().splitlines()] == [
        ["Layer", "Output", "Parameters"],
        ["input", "784", "0"],
        ["dense", "256", "relu", "he_normal", "256", "200,960"],
        ["dropout", "0.2", "256", "0"],
        ["dense", "128", "relu", "he_normal", "128", "32,896"],
        ["dense", "128", "relu", "he_normal", "128", "16,512"],
        ["dense", "10", "identity", "xavier_uniform", "10", "1,290"],
        ["total", "251,658"],
    ]
    assert network.parameter_count == 251_658


def test_columns_are_aligned():
    assert NeuralNetwork(784, (32,), 10).summary() == "\n".join(
        [
            "Layer                             Output  Parameters",
            "input                                784           0",
            "dense 32 relu he_normal               32      25,120",
            "dense 10 identity xavier_uniform      10         330",
            "total                                         25,450",
        ]
    )


def test_more_than_ten_layers_are_counted_apart():
    lines = NeuralNetwork(2, (3,) * 11, 4).summary().splitlines()
    assert [line.split()[-1] for line in lines[2:-1]] == ["9", *["12"] * 10, "16"]
