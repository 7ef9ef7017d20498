"""What the machine itself says while a model learns: processor, memory, and the card where its driver answers.

A sensor that cannot be read is left out and not asked again: watching never stands in the way of training.
"""

from collections.abc import Callable

from engine.train.memory import GB


class Gauges:
    """Reads everything there is of one device, at the moment of asking."""

    def __init__(self, device: str) -> None:
        import psutil

        self._sensors = _of_card(device) if device.startswith("cuda") else {}
        psutil.cpu_percent()  # the load is told since the call before: the first one would say 0

    def read(self) -> dict[str, float]:
        """{cpu_percent: of all cores together; ram_gb: what the machine uses, in 2**30 bytes; gpu_temperature_c, gpu_power_w,
        gpu_percent: of the card trained on}."""
        import psutil

        memory = psutil.virtual_memory()
        here = {"cpu_percent": psutil.cpu_percent(), "ram_gb": (memory.total - memory.available) / GB}
        found = {name: self._ask(name) for name in [*self._sensors]}
        return here | {name: value for name, value in found.items() if value is not None}

    def _ask(self, name: str) -> float | None:
        """One sensor; None, from now on, when there is no driver, no permission, or no such sensor: many laptops tell no power."""
        from pynvml import NVMLError

        try:
            return self._sensors[name]()
        except (NVMLError, RuntimeError, OSError, ImportError):
            del self._sensors[name]
            return None


def _of_card(device: str) -> dict[str, Callable[[], float]]:
    """NVIDIA's management library, asked through torch, which knows which of the machine's cards is meant."""
    import torch

    return {
        "gpu_temperature_c": lambda: float(torch.cuda.temperature(device)),
        "gpu_power_w": lambda: torch.cuda.power_draw(device) / 1000,
        "gpu_percent": lambda: float(torch.cuda.utilization(device)),
    }
