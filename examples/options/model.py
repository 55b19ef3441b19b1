"""The price of a European call option, after Black and Scholes."""

import math


def normal_cdf(x):
    return 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))


def price(
    spot: float, volatility: float, rate: float, years: float, strike: float = 100.0
) -> float:
    """What the right to buy a share at the strike price is worth today."""
    spread = volatility * math.sqrt(years)
    d1 = (math.log(spot / strike) + (rate + 0.5 * volatility**2) * years) / spread
    d2 = d1 - spread
    return spot * normal_cdf(d1) - strike * math.exp(-rate * years) * normal_cdf(d2)
