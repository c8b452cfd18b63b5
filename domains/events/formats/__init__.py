"""The rows of each file format, as they stand, before anything is judged."""

from .readers import ABSENT, READERS, activitynet, bids, comma_separated, dcase, rttm

__all__ = ["ABSENT", "READERS", "activitynet", "bids", "comma_separated", "dcase", "rttm"]
