"""Measurements that print the figures of the design; each module runs alone or all together."""
