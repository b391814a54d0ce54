"""PyTorch: the ``nn.Sequential`` of a network, its state dict, and files of them; PyTorch itself is not needed."""
