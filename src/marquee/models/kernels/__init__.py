"""Compiled inner loops, whose bits are the same on every CPU and with every number of threads.

None is compiled with ``fastmath``, so the compiler may neither reorder sums nor fuse a product
and a sum. What can be vectorised is: loops over independent positions, and :mod:`.lanes`.
"""
