"""Images that benchmarks generate or collect: pictures without a digit, and figures of errors."""
