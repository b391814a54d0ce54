"""How one gets a trained network: configuration, presets, the way from data to a model file, comparisons."""
