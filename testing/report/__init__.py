"""The report on a tested model: its sections, and their forms in a terminal, HTML, Markdown and JSON."""

from testing.report.writer import write_figures, write_report

__all__ = ["write_figures", "write_report"]
