"""A WeightedFallback's attributes.

Refuses weights that name no child, one twice, or are none, an unknown policy, and a temperature so
low that a softmax over learned weights would leave the range of doubles. Where the policy is
another, the temperature means nothing: editors write down defaults.
"""

import math
from typing import NoReturn

from astraweave.behavior.flat.odds import MOST_APART
from astraweave.behavior.groot.document import Document
from astraweave.behavior.groot.grammar import title
from astraweave.behavior.groot.xml_reader import Element
from astraweave.behavior.nodes import Node
from astraweave.model.actions import nearest
from astraweave.model.weights import MAX_WEIGHT as MAX_FACTOR
from astraweave.model.weights import MIN_WEIGHT as MIN_FACTOR

MAX_WEIGHT = 1e6
POLICIES = ("roulette", "softmax", "sorted", "ranked")


def weighted(document: Document, element: Element, path: str) -> dict[str, object]:
    """Fields of the node: keys, weights, policy and temperature.

    A weight is 1 where neither the child's `_weight` nor the node's `weights` gives one; of the
    two the latter counts.

    Raises:
        TreeError: as the module says.
    """
    return _Weighted(document, element, path).fields()


def check_guards(document: Document, element: Element, children: tuple[Node, ...]) -> None:
    """Every guard is asked before a child is chosen, so that none may change anything.

    Raises:
        TreeError: the `_skipIf` of a child assigns to an entry.
    """
    for below, child in zip(element.children, children, strict=True):
        if child.hooks.skip_if is not None and child.hooks.skip_if.writes:
            what = "the _skipIf of a WeightedFallback's child must not assign"
            got, fix = child.hooks.skip_if.text, "assign in a <Script>, or in _onSuccess"
            raise document.error(below, what, child.path, got, fix)


class _Weighted:
    def __init__(self, document: Document, element: Element, path: str) -> None:
        self.document, self.element, self.path = document, element, path
        self.keys = tuple(title(child) for child in element.children)

    def refuse(self, what: str, got: str, fix: str) -> NoReturn:
        raise self.document.error(self.element, what, self.path, got, fix)

    def fields(self) -> dict[str, object]:
        keys, given = self.keys, self.element.attributes
        if len(set(keys)) < len(keys):
            twice = next(key for key in keys if keys.count(key) > 1)
            what = "two children of one name: their weights could not be told apart"
            self.refuse(what, twice, "give one another name")
        policy = given.get("policy") or "roulette"
        if policy not in POLICIES:
            self.refuse("unknown policy", policy, nearest(policy, POLICIES))
        weights = self.weights(given.get("weights", ""))
        temperature = self.temperature(given.get("temperature"))
        if policy == "softmax":
            self.check_apart(weights, temperature)
        return {
            "keys": keys,
            "weights": tuple(weights[key] for key in keys),
            "policy": policy,
            "temperature": temperature if policy == "softmax" else 1.0,
        }

    def check_apart(self, weights: dict[str, float], temperature: float) -> None:
        """Whatever is learned, each child must keep a chance that a double can hold."""
        apart = MAX_FACTOR * max(weights.values()) - MIN_FACTOR * min(weights.values())
        if apart > MOST_APART * temperature:
            least = apart / MOST_APART
            what = f"temperature is too low for these weights: it must be at least {least:.4g}"
            self.refuse(what, f"{temperature:g}", "raise it, or take the policy sorted")

    def weights(self, text: str) -> dict[str, float]:
        weights = dict.fromkeys(self.keys, 1.0)
        for child, key in zip(self.element.children, self.keys, strict=True):
            if "_weight" in child.attributes:
                weights[key] = self.weight(key, child.attributes["_weight"])
        named: set[str] = set()
        for part in filter(str.strip, text.split(";")):
            name, colon, number = part.strip().rpartition(":")
            if not colon or name.strip() not in weights:
                fix = nearest(name.strip(), self.keys) if colon else 'write weights="child:0.7;…"'
                self.refuse("weights must name a child each", part.strip(), fix)
            if name.strip() in named:
                self.refuse("weights name a child twice", name.strip(), "keep one of the two")
            named.add(name.strip())
            weights[name.strip()] = self.weight(name.strip(), number)
        return weights

    def weight(self, key: str, text: str) -> float:
        number = _number(text)
        if not 0.0 < number <= MAX_WEIGHT:
            what = f"weight of {key!r} must be above 0 and at most {MAX_WEIGHT:g}"
            self.refuse(what, text.strip(), "to switch a child off, remove it or skip it")
        return number

    def temperature(self, text: str | None) -> float:
        if text is None:
            return 1.0
        number = _number(text)
        if not 0.0 < number < math.inf:
            self.refuse("temperature must be above 0 and finite", text.strip(), "1 is usual")
        return number


def _number(text: str) -> float:
    """NaN for what is no number."""
    try:
        return float(text)
    except ValueError:
        return math.nan
