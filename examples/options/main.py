"""The greeks of an option to second order, beside their closed forms.

    python examples/options/main.py

The first derivatives are one gradient, the second derivatives the columns of one Hessian, both of
them generated from the formula of the price alone.
"""

import math
import sys

from model import normal_cdf
from model_grad import price_grad, price_hessian

SPOT, VOLATILITY, RATE, YEARS, STRIKE = 105.0, 0.2, 0.03, 0.75, 100.0


def closed_forms():
    """The formulas of a textbook."""
    root = math.sqrt(YEARS)
    d1 = (math.log(SPOT / STRIKE) + (RATE + VOLATILITY**2 / 2) * YEARS) / (VOLATILITY * root)
    d2 = d1 - VOLATILITY * root
    density = math.exp(-d1 * d1 / 2) / math.sqrt(2 * math.pi)
    discounted = STRIKE * math.exp(-RATE * YEARS)
    return {
        "delta": normal_cdf(d1),
        "vega": SPOT * density * root,
        "rho": discounted * YEARS * normal_cdf(d2),
        "theta": -SPOT * density * VOLATILITY / (2 * root) - RATE * discounted * normal_cdf(d2),
        "gamma": density / (SPOT * VOLATILITY * root),
        "vanna": -density * d2 / VOLATILITY,
        "volga": SPOT * density * root * d1 * d2 / VOLATILITY,
    }


def main():
    at = (SPOT, VOLATILITY, RATE, YEARS, STRIKE)
    d_spot, d_volatility, d_rate, d_years = price_grad(*at)
    by_spot, by_volatility, _, _ = price_hessian(*at)
    found = {
        "delta": d_spot,
        "vega": d_volatility,
        "rho": d_rate,
        "theta": -d_years,
        "gamma": by_spot[0],
        "vanna": by_spot[1],
        "volga": by_volatility[1],
    }
    wanted = closed_forms()
    for name, value in found.items():
        print(f"{name:6} {value:12.8f}   closed form {wanted[name]:12.8f}")
    right = all(math.isclose(found[name], wanted[name], rel_tol=1e-10) for name in wanted)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
