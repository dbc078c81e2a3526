"""The names that ``marquee`` gives out, imported together when the first is asked for."""

from marquee.api.explanation import Explanation
from marquee.api.fitting import fit
from marquee.api.model import Model, load
from marquee.errors import MarqueeError

__all__ = ["Explanation", "MarqueeError", "Model", "fit", "load"]
