"""The data set that is always available: scikit-learn's 1,797 digits, converted to MNIST's geometry."""

import hashlib

import numpy as np

from initializers.dataset import Dataset
from initializers.geometry import to_mnist_geometry
from initializers.splits import stratified_split

TEST_FRACTION = 0.2
# Fixed, so that results on the embedded digits are comparable; the user's seed affects only later steps.
_SPLIT_SEED = 0


def embedded_digits() -> Dataset:
    """Return real handwritten digits without a download: 1,438 to train with and 359 for the test.

    The images are 8 x 8 pixels, 0 to 16, from 43 people, and ship with scikit-learn; they become 28 x 28 and
    0 to 255 as `initializers.geometry.to_mnist_geometry` describes. The split is stratified, and always the same one.

    Returns
    -------
    Dataset
        Named "embedded digits", so that every result states it, since these digits are
        fewer and blurrier than MNIST's.

    References
    ----------
    E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits" (1998), UCI Machine Learning
    Repository, doi:10.24432/C50P49.
    """
    from sklearn.datasets import load_digits

    pictures, labels = load_digits(return_X_y=True)
    X = np.stack([to_mnist_geometry(picture.reshape(8, 8)).ravel() for picture in pictures])
    y = labels.astype(np.uint8)
    train, test = stratified_split(y, TEST_FRACTION, _SPLIT_SEED)
    return Dataset(
        name="embedded digits",
        X_train=X[train],
        y_train=y[train],
        X_test=X[test],
        y_test=y[test],
        source="scikit-learn's digits",
        fingerprint=hashlib.sha256(X.tobytes() + y.tobytes()).hexdigest(),
    )
