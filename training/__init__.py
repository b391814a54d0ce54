"""Making a trained network: configuration, presets, the training workflow, comparisons."""
