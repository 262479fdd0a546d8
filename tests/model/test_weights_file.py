"""Weights in a file: a mapping, wrapped or not, and nothing else."""

import json
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.errors import WeightsError
from astraweave.model.weights import WeightSet
from astraweave.model.weights_file import load_weights

FACTORS = {"help": 1.25, "rest": 1}


@pytest.mark.parametrize(
    "told", [FACTORS, {"weights": FACTORS}, {"weights": FACTORS, "version": 3}]
)
def test_a_mapping_is_read_wrapped_or_not(tmp_path, told):
    (tmp_path / "w.json").write_text(json.dumps(told))
    assert load_weights(tmp_path / "w.json") == FACTORS


def test_a_weight_set_as_the_program_prints_it_is_read(tmp_path):
    told = WeightSet(version=4, weights={"help": 1.5}, parent=3, reason="help +25%")
    (tmp_path / "w.json").write_bytes(msgspec.json.encode(told))
    assert load_weights(tmp_path / "w.json") == {"help": 1.5}


def test_a_tactic_may_be_called_weights(tmp_path):
    (tmp_path / "w.json").write_text('{"weights": 2.0}')
    assert load_weights(tmp_path / "w.json") == {"weights": 2.0}


@given(st.binary(max_size=100))
def test_any_bytes_are_weights_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("weights") / "w.json"
    path.write_bytes(data)
    with suppress(WeightsError):
        assert all(isinstance(value, float) for value in load_weights(path).values())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"weights": {"a": 1}, "wieghts": 1}', "unknown key `$.wieghts`; did you mean 'weights'?"),
        ('{"a": null}', "the weight of 'a' must be a number, got None"),
        ('{"a": [1]}', "the weight of 'a' must be a number, got [1]"),
        ('{"weights": {"a": true}}', "the weight of 'a' must be a number, got True"),
        ('{"a": 1, "b": 1, "a": 1}', "w.json: 'a' stands there 2 times; keep one"),
        ('{"weights": {"a": 1, "\\u0061": 2}}', "'a' stands there 2 times"),
        ('{"weights": {"a": 1}, "weights": {"b": 2}}', "'weights' stands there 2 times"),
        ('{"a": -Infinity}', "a finite number, got -Infinity"),
    ],
)
def test_anything_else_is_refused_with_the_next_step(tmp_path, text, said):
    (tmp_path / "w.json").write_text(text)
    with pytest.raises(WeightsError) as caught:
        load_weights(tmp_path / "w.json")
    assert said in str(caught.value)
