"""The function is a coroutine."""


async def f(x: float) -> float:  # error: S2S017 async
    return x * x
