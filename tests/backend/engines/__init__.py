"""Tests of the engines that run tasks at the same time."""
