"""What the comparison job computes, from rounds to a verdict."""

import pytest

from benchmarks.gateways.figures import Round, Row, cpu_ratios, grown, pooled


def row(gateway: str, connections: int, *cpu_ms: float) -> Row:
    rounds = tuple(Round(1000 / cpu, cpu, 2 * cpu, cpu) for cpu in cpu_ms)
    return Row(gateway, connections, rounds, 87_000, 6, 4, 90.0)


def test_the_best_of_each_figure_counts_whichever_round_had_it() -> None:
    rounds = (Round(100, 9.0, 30.0, 1.5), Round(120, 8.0, 40.0, 1.2), Round(90, 11.0, 25.0, 1.4))

    best = Row("Datong", 50, rounds, 87_000, 6, 4, 90.0).best

    assert best == Round(120, 8.0, 25.0, 1.2)


def test_a_ratio_is_that_of_the_best_rounds_for_each_number_of_connections() -> None:
    rows = [
        row("prototype", 1, 0.5, 0.9),
        row("Datong", 1, 2.0, 1.0),
        row("prototype", 50, 0.4),
        row("Datong", 50, 1.0),
        row("Datong", 500, 1.0),
    ]

    assert cpu_ratios(rows, "Datong", "prototype") == {1: 2.0, 50: 2.5}


@pytest.mark.parametrize(
    ("stored", "measured", "growth"),
    [
        pytest.param({1: 2.0}, {1: 2.0}, {}, id="unchanged"),
        pytest.param({1: 2.0}, {1: 1.0}, {}, id="faster"),
        pytest.param({1: 2.0}, {1: 2.19}, {}, id="within a tenth"),
        pytest.param({1: 2.0}, {1: 2.21}, {1: 0.105}, id="above a tenth"),
        pytest.param({1: 2.0, 50: 2.0}, {1: 1.0, 50: 3.0}, {50: 0.5}, id="one of two"),
        pytest.param({1: 2.0}, {50: 9.0}, {}, id="nothing to compare"),
    ],
)
def test_only_growth_by_more_than_a_tenth_is_told(
    stored: dict[int, float], measured: dict[int, float], growth: dict[int, float]
) -> None:
    assert grown(stored, measured) == pytest.approx(growth)


def test_a_second_measurement_adds_its_rounds_to_the_first() -> None:
    first = [row("prototype", 50, 0.5), row("Datong", 50, 2.0)]
    second = [row("prototype", 50, 0.6), row("Datong", 50, 1.0)]

    rows = pooled(first, second)

    assert cpu_ratios(rows, "Datong", "prototype") == {50: 2.0}
    assert pooled([], second) == second
