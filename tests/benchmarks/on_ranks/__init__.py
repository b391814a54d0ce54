"""Tests of the measurements on ranks."""
