"""Tests, mirroring the modules. A package, so that no folder here can hide a module of the standard library."""
