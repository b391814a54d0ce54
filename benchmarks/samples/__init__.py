"""Images that benchmarks make or collect: pictures that show no digit, and sheets of errors."""
