"""The figures of docs/performance.md, each beside its limit and the plain way of the same run."""
