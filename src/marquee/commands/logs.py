"""What a command that runs for long logs."""

import logging


def log_to_stderr() -> None:
    """Log to standard error, without kafka-python: it logs each try, and as errors what heals."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
