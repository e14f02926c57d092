"""Which labels of progressive overrides a request has switched on."""

import pytest

from federation.gateway.config import InvalidConfig, load_config
from federation.gateway.override_labels import active_labels

LABELS = ("beta", "percent(0)", "percent(100)", "percent(25)", "percent(60.5)")
REQUESTS = 4_000


def share(label: str, shares: dict[str, float]) -> float:
    hits = sum(label in active_labels(LABELS, shares, f"r{at}") for at in range(REQUESTS))
    return hits / REQUESTS * 100


@pytest.mark.parametrize(
    ("label", "expected"),
    [("percent(0)", 0), ("percent(100)", 100), ("percent(25)", 25), ("percent(60.5)", 60.5)],
)
def test_percent_labels_are_on_for_their_share_of_the_requests(label: str, expected: float) -> None:
    assert share(label, {}) == pytest.approx(expected, abs=3)


def test_settings_give_shares_to_other_labels_and_overrule_percent() -> None:
    assert share("beta", {}) == 0
    assert share("beta", {"beta": 40}) == pytest.approx(40, abs=3)
    assert share("percent(25)", {"percent(25)": 0}) == 0
    assert share("percent(25)", {"percent(25)": 100}) == 100


def test_a_request_has_the_same_labels_however_often_it_is_asked() -> None:
    assert len({active_labels(LABELS, {"beta": 50}, "one") for _ in range(3)}) == 1


def test_a_label_with_a_larger_share_is_on_wherever_one_with_a_smaller_share_is() -> None:
    combinations = {active_labels(LABELS, {"beta": 50}, f"r{at}") for at in range(REQUESTS)}

    assert sorted(map(len, combinations)) == [1, 2, 3, 4]


def test_a_share_beyond_all_requests_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="from 0 to 100"):
        load_config(None, {}, {"overrides": {"shares": {"beta": 101}}})


def test_shares_can_come_from_the_environment() -> None:
    config = load_config(None, {"DATONG_OVERRIDES_SHARES": "beta=12.5,percent(25)=0"})

    assert config.overrides.shares == {"beta": 12.5, "percent(25)": 0.0}
