"""What only GPUs need: CUDA graphs, fused kernels, matrix products by cuBLAS, and why there is no GPU."""
