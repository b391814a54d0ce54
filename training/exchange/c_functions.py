"""The functions of a network in C99: one for each kind of layer and activation; ``NAME`` stands for its name.

Images lie in memory as (H, W, C), the channels of a pixel next to each other.
"""

FUNCTIONS = {
    "dense": """\
/* y = x W + b */
static inline void NAME(const float *x, float *y, const float *W, const float *b, int inputs, int units)
{
    int i, o;
    for (o = 0; o < units; o++) y[o] = b[o];
    for (i = 0; i < inputs; i++)
        for (o = 0; o < units; o++) y[o] += x[i] * W[i * units + o];
}
""",
    "conv": """\
/* Convolution of an image (H, W, C) with filters (K, L, C, O); pixels outside the image count as 0. */
static inline void NAME(const float *x, float *y, const float *f, const float *b, int H, int W, int C, int height,
                        int width, int O, int K, int L, int down, int right, int top, int left)
{
    int i, j, k, l, c, o;
    for (i = 0; i < height; i++)
        for (j = 0; j < width; j++, y += O) {
            for (o = 0; o < O; o++) y[o] = b[o];
            for (k = 0; k < K; k++)
                for (l = 0; l < L; l++) {
                    const int h = i * down + k - top, w = j * right + l - left;
                    if (h < 0 || h >= H || w < 0 || w >= W) continue;
                    for (c = 0; c < C; c++)
                        for (o = 0; o < O; o++) y[o] += x[(h * W + w) * C + c] * f[((k * L + l) * C + c) * O + o];
                }
        }
}
""",
    "scale": """\
/* y = factor x + offset, for each channel: batch normalisation */
static inline void NAME(const float *x, float *y, const float *factor, const float *offset, int n, int C)
{
    int i;
    for (i = 0; i < n; i++) y[i] = x[i] * factor[i % C] + offset[i % C];
}
""",
    "max_pool": """\
/* The largest number of each window */
static inline void NAME(const float *x, float *y, int W, int C, int height, int width, int K, int L,
                        int down, int right)
{
    int i, j, k, l, c;
    for (i = 0; i < height; i++)
        for (j = 0; j < width; j++)
            for (c = 0; c < C; c++, y++) {
                *y = x[(i * down * W + j * right) * C + c];
                for (k = 0; k < K; k++)
                    for (l = 0; l < L; l++) *y = fmaxf(*y, x[((i * down + k) * W + j * right + l) * C + c]);
            }
}
""",
    "average_pool": """\
/* The average of each window */
static inline void NAME(const float *x, float *y, int W, int C, int height, int width, int K, int L,
                        int down, int right)
{
    int i, j, k, l, c;
    for (i = 0; i < height; i++)
        for (j = 0; j < width; j++)
            for (c = 0; c < C; c++, y++) {
                *y = 0.0f;
                for (k = 0; k < K; k++)
                    for (l = 0; l < L; l++) *y += x[((i * down + k) * W + j * right + l) * C + c];
                *y /= (float)(K * L);
            }
}
""",
}

_ACTIVATION = """\
static inline void NAME(float *x, int n)
{
    int i;
    for (i = 0; i < n; i++) x[i] = FORMULA;
}
"""
ACTIVATIONS = {
    "relu": "x[i] > 0.0f ? x[i] : 0.0f",
    "leaky_relu": "x[i] > 0.0f ? x[i] : 0.01f * x[i]",
    "elu": "x[i] > 0.0f ? x[i] : expf(x[i]) - 1.0f",
    "gelu": "0.5f * x[i] * (1.0f + tanhf(0.797884561f * (x[i] + 0.044715f * x[i] * x[i] * x[i])))",  # sqrt(2 / pi)
    "silu": "x[i] / (1.0f + expf(-x[i]))",
    "sigmoid": "1.0f / (1.0f + expf(-x[i]))",
    "tanh": "tanhf(x[i])",
}
FUNCTIONS |= {name: _ACTIVATION.replace("FORMULA", formula) for name, formula in ACTIVATIONS.items()}
