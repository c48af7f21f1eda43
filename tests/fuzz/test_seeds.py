"""Each seed of the fuzzer passes, and each input that was once a fault; so does what is near them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.fuzz.targets import SEEDS, Target, targets

TARGETS = [target for target in targets() if not target.needs_leaves]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_what_the_target_checks_holds_for_each_seed(target: Target) -> None:
    seeds = sorted(target.seeds.iterdir())
    assert seeds
    for seed in seeds:
        target.function()(seed.read_bytes())


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_what_the_target_checks_holds_for_seeds_that_were_changed_at_random(target: Target) -> None:
    chance = random.Random(7)
    seeds = [seed.read_bytes() for seed in sorted(target.seeds.iterdir())]
    for _ in range(200):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(data) + 1)
            data[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
        target.function()(bytes(data))


def test_every_folder_of_seeds_belongs_to_a_target() -> None:
    assert {*SEEDS.iterdir()} == {target.seeds for target in targets()}


def test_an_empty_input_passes_every_target() -> None:
    for target in TARGETS:
        for data in (b"", b"\n", b"\n" * 5, b"\x00", b"\xff" * 10):
            target.function()(data)


def test_seeds_are_small_and_have_names_that_say_what_they_are() -> None:
    assert [path for path in SEEDS.rglob("*") if len(path.name) == 40] == []  # what libFuzzer calls an input
    assert [path for path in Path(SEEDS).rglob("*") if path.is_file() and path.stat().st_size > 20_000] == []
