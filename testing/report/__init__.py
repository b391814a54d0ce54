"""The report on an evaluation: its sections, in the terminal, HTML, Markdown and JSON."""

from testing.report.writer import write_figures, write_report

__all__ = ["write_figures", "write_report"]
