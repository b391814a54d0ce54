"""Layers of images: convolution and pooling, and the geometry of their windows."""
