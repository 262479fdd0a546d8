"""Their warnings fail a test, and their own tests are at hand."""

import importlib
import warnings

import pytest


@pytest.fixture(scope="session")
def zoo_tests():
    """PettingZoo's own tests; importing them warns of a game of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("pettingzoo.test")


@pytest.fixture(autouse=True)
def their_warnings(monkeypatch):
    """Gymnasium's checker warns through its logger: here that fails the test."""

    def refuse(message, *_):
        pytest.fail(f"Gymnasium warns: {message}")

    monkeypatch.setattr(importlib.import_module("gymnasium").logger, "warn", refuse)
