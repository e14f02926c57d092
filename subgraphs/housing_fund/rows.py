"""Rows of the housing fund: accounts of payers and former payers, six months of deposits."""

from random import Random
from typing import Any

from subgraphs.housing_fund.models import AccountStatus
from subgraphs.world.generation import World
from subgraphs.world.values import Livelihood, Person, Rows

MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06")

# What is left of all deposits, with and without a mortgage to pay off.
_LEFT_WITH_MORTGAGE, _LEFT = 0.3, 0.85
_STATUS_BY_KIND = {"PAUSED": AccountStatus.SEALED, "RETIRED": AccountStatus.CLOSED}
# Share of the retired who had an account; it was paid out and closed when they retired.
_PAID_OUT_SHARE = 0.2


def rows(world: World) -> Rows:
    """All rows by table."""
    random = Random(f"{world.seed}/housing_fund")  # noqa: S311  data, no secrets
    mortgagors = {
        ownership.owner.id_number
        for unit in world.properties
        if unit.is_mortgaged
        for ownership in unit.owners
        if isinstance(ownership.owner, Person)
    }
    accounts: list[dict[str, Any]] = []
    deposits: list[dict[str, Any]] = []
    for livelihood in world.livelihoods:
        is_paid_out = livelihood.kind == "RETIRED" and random.random() < _PAID_OUT_SHARE
        if not livelihood.fund_rate and not is_paid_out:
            continue
        person = livelihood.person
        has_mortgage = person.id_number in mortgagors and not is_paid_out and random.random() < 0.8
        # Whole yuan.
        monthly = round(livelihood.contribution_base * livelihood.fund_rate / 100) * 100
        left = _LEFT_WITH_MORTGAGE if has_mortgage else _LEFT
        account = {
            "account_number": f"HF{livelihood.serial:08d}",
            "id_number": person.id_number,
            "status": str(_status(livelihood)),
            "balance": round(monthly * livelihood.months_paid * left),
            "monthly_deposit": monthly,
            "opened_on": livelihood.since,
            "has_mortgage": has_mortgage,
            "region_code": person.place.region_code,
        }
        accounts.append(account)
        if account["status"] == AccountStatus.NORMAL:
            deposits += _deposit(account, livelihood)
    return {"housing_fund_account": accounts, "deposit": deposits}


def _status(livelihood: Livelihood) -> AccountStatus:
    return _STATUS_BY_KIND.get(livelihood.kind, AccountStatus.NORMAL)


def _deposit(account: dict[str, Any], livelihood: Livelihood) -> list[dict[str, Any]]:
    return [
        {
            "deposit_id": f"{account['account_number']}-{month}",
            "account_number": account["account_number"],
            "month": month,
            "amount": account["monthly_deposit"],
            "paid_by_credit_code": livelihood.employer and livelihood.employer.credit_code,
        }
        for month in MONTHS
        if month > f"{livelihood.since:%Y-%m}"
    ]
